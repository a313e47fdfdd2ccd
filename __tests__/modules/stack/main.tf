# A proxy by the module, and two clients that it tells apart.
terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}

provider "cloudfoundry" {}

variable "proxy_image" {
  type    = string
  default = "registry.example/egress-proxy:1"
}

variable "clients" {
  type = map(string)
  default = {
    web   = "registry.example/web:1"
    batch = "registry.example/batch:1"
  }
}

data "cloudfoundry_org" "org" {
  name = "egress-demo"
}

data "cloudfoundry_security_group" "public" {
  name = "public_networks_egress"
}

resource "cloudfoundry_space" "all" {
  for_each  = toset(["closed", "way-out"])
  name      = each.key
  org       = data.cloudfoundry_org.org.id
  allow_ssh = false
}

resource "cloudfoundry_space_role" "manager" {
  for_each = cloudfoundry_space.all
  username = "deployer"
  space    = each.value.id
  type     = "space_manager"
}

resource "cloudfoundry_space_role" "developer" {
  for_each = cloudfoundry_space.all
  username = "deployer"
  space    = each.value.id
  type     = "space_developer"
}

resource "cloudfoundry_security_group_space_bindings" "way_out" {
  security_group = data.cloudfoundry_security_group.public.id
  running_spaces = [cloudfoundry_space.all["way-out"].id]
  depends_on     = [cloudfoundry_space_role.manager]
}

module "egress" {
  source = "../../../modules/egress-proxy"

  cf_org_name     = data.cloudfoundry_org.org.name
  cf_egress_space = { id = cloudfoundry_space.all["way-out"].id, name = cloudfoundry_space.all["way-out"].name }
  name            = "proxy"
  proxy_image     = var.proxy_image
  egress_memory   = "64M"
  instances       = 1

  client_configuration = {
    web   = { allowlist = ["www.example.org"], ports = [80, 443] }
    batch = { allowlist = ["*.example.net", "www.example.com:80"], denylist = ["raw.example.net"], ports = [80] }
  }

  depends_on = [cloudfoundry_security_group_space_bindings.way_out, cloudfoundry_space_role.developer]
}

resource "cloudfoundry_app" "client" {
  for_each          = var.clients
  name              = each.key
  org_name          = data.cloudfoundry_org.org.name
  space_name        = cloudfoundry_space.all["closed"].name
  docker_image      = each.value
  memory            = "64M"
  health_check_type = "process"
  command           = "sleep 600"
  no_route          = true
  enable_ssh        = false
  environment       = { PROXY = module.egress.http_proxy[each.key] }
  depends_on        = [cloudfoundry_space_role.developer]
}

resource "cloudfoundry_network_policy" "to_proxy" {
  for_each = cloudfoundry_app.client
  policies = [{
    source_app      = each.value.id
    destination_app = module.egress.app_id
    port            = tostring(module.egress.http_port)
    protocol        = "tcp"
  }]
}
