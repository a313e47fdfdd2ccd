terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
variable "org" { type = string }
variable "space" { type = object({ name = string, id = string }) }
variable "allow" { type = list(string) }
resource "cloudfoundry_app" "this" {
  count        = 1
  name         = "proxy"
  org_name     = var.org
  space_name   = var.space.name
  docker_image = "registry.example/egress-proxy:1"
  environment  = { EGRESS_ALLOW = join("\n", var.allow) }
}
output "app" { value = { id = cloudfoundry_app.this[0].id, names = cloudfoundry_app.this[*].name } }
