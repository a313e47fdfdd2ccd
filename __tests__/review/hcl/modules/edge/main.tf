terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
variable "from" { type = object({ id = string }) }
variable "to" { type = object({ app = object({ id = string }) }) }
variable "port" { type = string }
resource "cloudfoundry_network_policy" "this" {
  policies = [{ source_app = var.from.id, destination_app = var.to.app.id, port = var.port, protocol = "tcp" }]
}
