terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}

provider "cloudfoundry" {}

variable "apps" {
  type = map(object({ memory = string, ssh = optional(bool, false) }))
  default = {
    web = { memory = "64M" }
    api = { memory = "64M" }
  }
}

variable "allow" {
  type    = list(string)
  default = ["www.example.com:443", ".example.org:443"]
}

locals {
  clients = { for name, app in var.apps : name => module.app[name].id }
}

data "cloudfoundry_org" "team" {
  name = "egress-demo"
}

data "cloudfoundry_domain" "apps" {
  name = "apps.localhost"
}

data "cloudfoundry_security_group" "public" {
  name = "public_networks_egress"
}

module "space" {
  source   = "./modules/space"
  for_each = toset(["closed", "way-out"])
  org      = data.cloudfoundry_org.team.id
  name     = each.key
}

resource "cloudfoundry_security_group_space_bindings" "way_out" {
  security_group = data.cloudfoundry_security_group.public.id
  running_spaces = [module.space["way-out"].id]
}

module "app" {
  source   = "./modules/app"
  for_each = var.apps
  name     = each.key
  org      = "egress-demo"
  space    = module.space["closed"].name
  memory   = each.value.memory
  route    = { domain = data.cloudfoundry_domain.apps.id, host = each.key, space = module.space["closed"].id }
}

module "proxy" {
  source = "./modules/proxy"
  org    = "egress-demo"
  space  = module.space["way-out"]
  allow  = var.allow
}

resource "cloudfoundry_network_policy" "local" {
  policies = [for name, id in local.clients : { source_app = id, destination_app = module.proxy.app.id, port = "3128", protocol = "tcp" }]
}

resource "cloudfoundry_network_policy" "direct" {
  policies = [
    { source_app = module.app["web"].id, destination_app = module.app["api"].id, port = "8080", protocol = "tcp" },
  ]
}

module "edge" {
  source = "./modules/edge"
  from   = module.app["api"]
  to     = { app = module.proxy.app }
  port   = "61443"
}
