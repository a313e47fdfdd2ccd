terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
variable "org" { type = string }
variable "name" { type = string }
resource "cloudfoundry_space" "this" {
  name = var.name
  org  = var.org
}
resource "cloudfoundry_space_role" "this" {
  for_each = toset(["space_manager", "space_developer"])
  username = "deployer"
  space    = cloudfoundry_space.this.id
  type     = each.key
}
output "id" { value = cloudfoundry_space.this.id }
output "name" {
  value      = cloudfoundry_space.this.name
  depends_on = [cloudfoundry_space_role.this]
}
