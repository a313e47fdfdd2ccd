variable "cf_org_name" {
  type        = string
  description = "Name of the organization"
}

variable "cf_space_name" {
  type        = string
  description = "Name of the space, which this module creates"
}

variable "security_group_names" {
  type        = set(string)
  default     = []
  description = "Security groups to bind to running applications. Without one, only the foundation's global groups open anything"
}

variable "allow_ssh" {
  type        = bool
  default     = false
  description = "Whether developers may open a shell in applications"
}

variable "deployers" {
  type        = set(string)
  default     = []
  description = "Users that deploy: each becomes a manager, who may bind security groups, and a developer, who may push applications"
}

variable "managers" {
  type        = set(string)
  default     = []
  description = "Users that become only managers"
}

variable "developers" {
  type        = set(string)
  default     = []
  description = "Users that become only developers"
}
