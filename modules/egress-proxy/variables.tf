locals {
  # A host or a domain, optional ports, and what the proxy's lines may have after them.
  allowlist_entry = "^(?:\\*?\\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?::[0-9]+(?:,[0-9]+)*)?(?:/tcp)?(?:@[0-9./,]+)?(?: until [0-9]{4}-[0-9]{2}-[0-9]{2})?$"
}

variable "cf_org_name" {
  type        = string
  description = "Name of the organization"
}

variable "cf_egress_space" {
  type = object({
    id   = string
    name = string
  })
  description = "The proxy's space, whose security groups must open the internet (public_networks_egress)"
}

variable "name" {
  type        = string
  description = "Name of the proxy's application"
}

variable "route_host" {
  type        = string
  default     = null
  description = "Host name of the proxy below apps.internal (default: the last 63 characters of ORG-SPACE-NAME)"
}

variable "client_configuration" {
  type = map(object({
    allowlist = optional(set(string), [])
    denylist  = optional(set(string), [])
    ports     = optional(set(number), [443])
  }))
  description = <<-EOT
    What each client may reach, by the client's name. An entry is `api.example.gov`, `*.example.org` (the domain and all names
    below it) or either with ports of its own, `api.example.gov:443,8443`; one without takes the client's `ports`. With
    ` until 2026-12-31` at its end it is refused by itself from the day after on (UTC). An entry of
    `denylist` wins over every entry of `allowlist`; `all` in it refuses everything.
  EOT

  validation {
    condition     = length(var.client_configuration) == 1 || var.authentication
    error_message = "without authentication the proxy can't tell its clients apart: write one entry in client_configuration, or set authentication = true"
  }

  validation {
    condition = length(distinct([
      for name in keys(var.client_configuration) : replace(lower(name), "/[^a-z0-9]+/", "-")
    ])) == length(var.client_configuration)
    error_message = "two names in client_configuration differ in capitals or punctuation only, and would share one password: rename one of ${join(", ", keys(var.client_configuration))}"
  }

  validation {
    condition = alltrue([
      for name in keys(var.client_configuration) : can(regex("^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?$", name))
    ])
    error_message = "the name of a client has up to 63 letters, digits, dots, hyphens and underscores, and begins and ends with a letter or digit: rename one of ${join(", ", keys(var.client_configuration))}"
  }

  validation {
    condition = alltrue(flatten([
      for client in values(var.client_configuration) : [
        for entry in client.allowlist :
        can(regex(local.allowlist_entry, entry))
      ]
    ]))
    error_message = "an entry of an allowlist is a host name or a domain with all below it, as in api.example.gov, *.example.org or api.example.gov:443; addresses and all are never allowed. Not an entry: ${join(", ", flatten([for client in values(var.client_configuration) : [for entry in client.allowlist : entry if !can(regex(local.allowlist_entry, entry))]]))}"
  }

  validation {
    condition = alltrue(flatten([
      for client in values(var.client_configuration) : [
        for entry in client.allowlist : can(timeadd("${regex(" until (.*)$", entry)[0]}T00:00:00Z", "0s")) if strcontains(entry, " until ")
      ]
    ]))
    error_message = "until in an entry of an allowlist has a day behind it that is not in the calendar: write it like until 2026-12-31"
  }

  validation {
    condition = alltrue(flatten([
      for client in values(var.client_configuration) : [
        for entry in client.denylist :
        can(regex("^(?:all|(?:\\*?\\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?::[0-9]+(?:,[0-9]+)*)?)$", entry))
      ]
    ]))
    error_message = "an entry of a denylist is all, a host name or a domain with all below it, as in raw.example.org or *.example.org; addresses that are not public are refused without being listed"
  }

  validation {
    condition = alltrue(flatten([
      for client in values(var.client_configuration) : [for port in client.ports : port >= 1 && port <= 65535]
    ]))
    error_message = "ports in client_configuration are numbers from 1 to 65535"
  }
}

variable "proxy_image" {
  type        = string
  default     = null
  description = "The image of the proxy (folder squid of this repository), preferably with its digest; set this or proxy_zip"

  validation {
    condition     = (var.proxy_image == null) != (var.proxy_zip == null)
    error_message = "set exactly one source of the proxy, which has no default because no registry publishes its image: set proxy_image to the reference of the image that you have built, or proxy_zip to a ZIP of this repository's folder squid"
  }
}

variable "proxy_image_credentials" {
  type = object({
    username = string
    password = string
  })
  default     = null
  sensitive   = true
  description = "Credentials for a private registry"
}

variable "proxy_zip" {
  type        = string
  default     = null
  description = "Path of a ZIP of this repository's folder squid, pushed with the apt buildpack, for platforms without Docker"
}

variable "apt_buildpack" {
  type        = string
  default     = "https://github.com/cloudfoundry/apt-buildpack"
  description = "The apt buildpack of a proxy that comes as a ZIP: a name that `cf buildpacks` shows, or a repository"
}

variable "seed" {
  type        = string
  default     = null
  sensitive   = true
  description = "At least 32 random characters (openssl rand -hex 32) from which the passwords are derived (default: one is generated and kept in the state)"

  validation {
    condition     = var.seed == null ? true : length(var.seed) >= 32 && length(distinct(split("", var.seed))) >= 10
    error_message = "the seed has fewer than 32 characters, or fewer than 10 different ones: generate one with openssl rand -hex 32"
  }
}

variable "credential_version" {
  type        = string
  default     = "1"
  description = "Change it to give every client a new password"

  validation {
    condition     = can(regex("^[a-z0-9]{1,20}$", var.credential_version))
    error_message = "credential_version has up to 20 lowercase letters and digits, as in 2"
  }
}

variable "previous_credential_version" {
  type        = string
  default     = null
  description = "A version that stays valid until all clients have the new password"

  validation {
    condition     = var.previous_credential_version == null ? true : can(regex("^[a-z0-9]{1,20}$", var.previous_credential_version))
    error_message = "previous_credential_version has up to 20 lowercase letters and digits, as in 1"
  }
}

variable "authentication" {
  type        = bool
  default     = true
  description = "Whether clients need a password; without it, there is only one client"
}

variable "drain" {
  type        = string
  default     = null
  sensitive   = true
  description = "Where the platform sends the proxy's log: syslog-tls://HOST:PORT or https://HOST/PATH (default: it only keeps the latest lines). Setting it on a deployed proxy replaces the proxy"

  validation {
    condition     = var.drain == null ? true : can(regex("^(?:syslog-tls|https)://[^\\s/@:]+(?::\\d+)?(?:[/?]\\S*)?$", var.drain))
    error_message = "drain is not an address that a log can be sent to: write syslog-tls://HOST:PORT or https://HOST/PATH"
  }
}

variable "metrics" {
  type        = bool
  default     = false
  description = "Whether the proxy serves Prometheus metrics at /metrics on port 9301, which only a network policy opens; this uses 2 MiB of memory"
}

variable "enable_ssh" {
  type        = bool
  default     = false
  description = "Whether developers may open a shell in the proxy"
}

variable "egress_memory" {
  type        = string
  default     = "128M"
  description = "Memory of an instance, with its unit; determines how many connections fit"
}

variable "instances" {
  type        = number
  default     = 2
  description = "Number of instances; two, so that clients still have a proxy if one crashes"
}
