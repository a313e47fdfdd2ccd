# With the modules: a closed space and an open one, a proxy, and two clients that it distinguishes.
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

module "closed" {
  source = "../../../modules/egress-space"

  cf_org_name   = "egress-demo"
  cf_space_name = "closed"
  deployers     = ["deployer"]
}

module "way_out" {
  source = "../../../modules/egress-space"

  cf_org_name          = "egress-demo"
  cf_space_name        = "way-out"
  deployers            = ["deployer"]
  security_group_names = ["public_networks_egress"]
}

module "egress" {
  source = "../../../modules/egress-proxy"

  cf_org_name     = "egress-demo"
  cf_egress_space = module.way_out.space
  name            = "proxy"
  proxy_image     = var.proxy_image
  egress_memory   = "64M"
  instances       = 1

  client_configuration = {
    web   = { allowlist = ["www.example.org"], ports = [80, 443] }
    batch = { allowlist = ["*.example.net", "www.example.com:80"], denylist = ["raw.example.net"], ports = [80] }
  }
}

resource "cloudfoundry_app" "client" {
  for_each          = var.clients
  name              = each.key
  org_name          = "egress-demo"
  space_name        = module.closed.space_name
  docker_image      = each.value
  memory            = "64M"
  health_check_type = "process"
  command           = "sleep 600"
  no_route          = true
  enable_ssh        = false
  environment       = { PROXY = module.egress.http_proxy[each.key] }
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
