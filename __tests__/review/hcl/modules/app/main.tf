terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
variable "name" { type = string }
variable "org" { type = string }
variable "space" { type = string }
variable "memory" { type = string }
variable "route" { type = object({ domain = string, host = string, space = string }) }
resource "cloudfoundry_app" "this" {
  name         = var.name
  org_name     = var.org
  space_name   = var.space
  docker_image = "registry.example/web:1"
  memory       = var.memory
}
resource "cloudfoundry_route" "this" {
  count        = 1
  space        = var.route.space
  domain       = var.route.domain
  host         = var.route.host
  destinations = [{ app_id = cloudfoundry_app.this.id }]
}
output "id" { value = cloudfoundry_app.this.id }
output "name" { value = cloudfoundry_app.this.name }
