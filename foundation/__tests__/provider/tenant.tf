# All that a tenant can have, as the deployer: who is OrgManager gives himself the roles in the spaces that he makes.
terraform {
  required_providers { cloudfoundry = { source = "cloudfoundry/cloudfoundry" } }
}
provider "cloudfoundry" {}

# What is changed in the second round.
variable "purpose" { default = "demo" }
variable "allow" { default = "www.example.com:443" }
variable "secret" { default = "one" }
variable "sharing" { default = ["public"] }
variable "port" { default = "3128" }
variable "instances" { default = 20 }
variable "size" { default = 1 }

locals {
  spaces = { public = "public-egress", restricted = "restricted", reports = "reports" }
  roles  = { for pair in setproduct(keys(local.spaces), ["space_manager", "space_developer"]) : join("-", pair) => pair }
}

data "cloudfoundry_org" "org" { name = "egress-demo" }
data "cloudfoundry_orgs" "all" {}
data "cloudfoundry_org_quota" "default" { name = "default" }
data "cloudfoundry_org_quotas" "all" { org = data.cloudfoundry_org.org.id }
data "cloudfoundry_domain" "internal" { name = "apps.internal" }
data "cloudfoundry_domain" "apps" { name = "apps.localhost" }
data "cloudfoundry_security_group" "public" { name = "public_networks_egress" }
data "cloudfoundry_security_group" "trusted" { name = "trusted_local_networks_egress" }
data "cloudfoundry_security_groups" "all" {}
data "cloudfoundry_user" "deployer" { name = "deployer" }
data "cloudfoundry_stack" "stack" { name = "cflinuxfs4" }
data "cloudfoundry_stacks" "all" {}
data "cloudfoundry_buildpacks" "node" { name = "nodejs_buildpack" }
data "cloudfoundry_isolation_segments" "none" {}
data "cloudfoundry_service_brokers" "own" {}
data "cloudfoundry_service_plan" "bucket" {
  name                  = "basic-sandbox"
  service_offering_name = "s3"
}
data "cloudfoundry_service_plans" "buckets" { service_offering_name = "s3" }

resource "cloudfoundry_org_role" "auditor" {
  type = "organization_auditor"
  user = data.cloudfoundry_user.deployer.users[0].id
  org  = data.cloudfoundry_org.org.id
}
data "cloudfoundry_org_role" "auditor" { id = cloudfoundry_org_role.auditor.id }
data "cloudfoundry_org_roles" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_org_role.auditor]
}
data "cloudfoundry_users" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_org_role.auditor]
}

resource "cloudfoundry_space" "space" {
  for_each = local.spaces
  name     = each.value
  org      = data.cloudfoundry_org.org.id
  labels   = { purpose = var.purpose }
}
data "cloudfoundry_space" "restricted" {
  name       = cloudfoundry_space.space["restricted"].name
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_space.space]
}
data "cloudfoundry_spaces" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_space.space]
}
resource "cloudfoundry_space_role" "role" {
  for_each = local.roles
  type     = each.value[1]
  user     = data.cloudfoundry_user.deployer.users[0].id
  space    = cloudfoundry_space.space[each.value[0]].id
}
data "cloudfoundry_space_role" "developer" { id = cloudfoundry_space_role.role["public-space_developer"].id }
data "cloudfoundry_space_roles" "all" {
  space      = cloudfoundry_space.space["public"].id
  depends_on = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_space_quota" "small" {
  name                     = "small"
  org                      = data.cloudfoundry_org.org.id
  spaces                   = [cloudfoundry_space.space["restricted"].id]
  allow_paid_service_plans = true
  total_memory             = 4096
  instance_memory          = 1024
  total_app_instances      = var.instances
  total_app_tasks          = 5
  total_app_log_rate_limit = 65536
  total_routes             = 10
  total_services           = 5
  total_service_keys       = 5
}
data "cloudfoundry_space_quota" "small" {
  name       = cloudfoundry_space_quota.small.name
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_space_quota.small]
}
data "cloudfoundry_space_quotas" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_space_quota.small]
}

resource "cloudfoundry_security_group_space_bindings" "public" {
  security_group = data.cloudfoundry_security_group.public.id
  running_spaces = [cloudfoundry_space.space["public"].id]
  staging_spaces = var.purpose == "demo" ? null : [cloudfoundry_space.space["public"].id]
  depends_on     = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_security_group_space_bindings" "trusted" {
  security_group = data.cloudfoundry_security_group.trusted.id
  running_spaces = [cloudfoundry_space.space["restricted"].id]
  depends_on     = [cloudfoundry_space_role.role]
}

resource "cloudfoundry_service_instance" "own" {
  name        = "own-bucket"
  type        = "user-provided"
  space       = cloudfoundry_space.space["restricted"].id
  credentials = jsonencode({ secret_access_key = var.secret })
  depends_on  = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_service_instance" "brokered" {
  name         = "brokered-bucket"
  type         = "managed"
  space        = cloudfoundry_space.space["restricted"].id
  service_plan = data.cloudfoundry_service_plan.bucket.id
  tags         = [var.purpose]
  depends_on   = [cloudfoundry_space_role.role]
}
data "cloudfoundry_service_instance" "brokered" {
  name       = cloudfoundry_service_instance.brokered.name
  space      = cloudfoundry_space.space["restricted"].id
  depends_on = [cloudfoundry_service_instance.brokered]
}
data "cloudfoundry_service_instances" "all" {
  space      = cloudfoundry_space.space["restricted"].id
  depends_on = [cloudfoundry_service_instance.own, cloudfoundry_service_instance.brokered]
}
resource "cloudfoundry_service_instance_sharing" "brokered" {
  service_instance = cloudfoundry_service_instance.brokered.id
  spaces           = [for name in var.sharing : cloudfoundry_space.space[name].id]
}
resource "cloudfoundry_service_credential_binding" "key" {
  type             = "key"
  name             = "operator"
  service_instance = cloudfoundry_service_instance.brokered.id
  labels           = { purpose = var.purpose }
}
data "cloudfoundry_service_credential_binding" "key" {
  service_instance = cloudfoundry_service_instance.brokered.id
  name             = cloudfoundry_service_credential_binding.key.name
}
data "cloudfoundry_service_credential_binding_details" "key" {
  type             = "key"
  service_instance = cloudfoundry_service_instance.brokered.id
  name             = cloudfoundry_service_credential_binding.key.name
}
data "cloudfoundry_service_credential_bindings" "all" {
  service_instance = cloudfoundry_service_instance.brokered.id
  depends_on       = [cloudfoundry_service_credential_binding.key]
}

resource "cloudfoundry_service_broker" "own" {
  name       = "own-broker"
  url        = "http://broker.apps.localhost"
  space      = cloudfoundry_space.space["restricted"].id
  username   = "broker"
  password   = "pass:word-of-the-broker"
  labels     = { purpose = var.purpose }
  depends_on = [cloudfoundry_space_role.role]
}
data "cloudfoundry_service_broker" "own" {
  name       = cloudfoundry_service_broker.own.name
  depends_on = [cloudfoundry_service_broker.own]
}
# Nothing offers it before there is the broker.
data "cloudfoundry_service_plan" "database" {
  name                  = "small"
  service_offering_name = cloudfoundry_service_broker.own.id == "" ? "" : "databases"
}
resource "cloudfoundry_service_instance" "database" {
  name         = "database"
  type         = "managed"
  space        = cloudfoundry_space.space["restricted"].id
  service_plan = data.cloudfoundry_service_plan.database.id
  parameters   = jsonencode({ size = var.size })
}
resource "cloudfoundry_service_credential_binding" "database" {
  type             = "key"
  name             = "database"
  service_instance = cloudfoundry_service_instance.database.id
}

resource "cloudfoundry_app" "proxy" {
  name              = "proxy"
  org_name          = data.cloudfoundry_org.org.name
  space_name        = cloudfoundry_space.space["public"].name
  docker_image      = "localhost:8702/proxy@sha256:0"
  environment       = { EGRESS_ALLOW = var.allow }
  instances         = 2
  memory            = "64M"
  disk_quota        = "256M"
  enable_ssh        = false
  health_check_type = "port"
  strategy          = "rolling"
  sidecars          = [{ name = "watch", command = "watch", process_types = ["web"] }]
  depends_on        = [cloudfoundry_security_group_space_bindings.public]
}
resource "cloudfoundry_app" "web" {
  name             = "web"
  org_name         = data.cloudfoundry_org.org.name
  space_name       = cloudfoundry_space.space["restricted"].name
  path             = "app.zip"
  source_code_hash = filebase64sha256("app.zip")
  buildpacks       = ["nodejs_buildpack"]
  stack            = data.cloudfoundry_stack.stack.name
  environment      = { EGRESS_PROXY_URI = "http://egress-proxy.apps.internal:3128", ALLOW = var.allow }
  service_bindings = [
    { service_instance = cloudfoundry_service_instance.own.name },
    { service_instance = cloudfoundry_service_instance.brokered.name },
  ]
  instances                       = 1
  memory                          = "256M"
  disk_quota                      = "512M"
  log_rate_limit_per_second       = "16K"
  enable_ssh                      = false
  health_check_type               = "http"
  health_check_http_endpoint      = "/healthz"
  health_check_invocation_timeout = 5
  timeout                         = 50
  strategy                        = "rolling"
  depends_on                      = [cloudfoundry_security_group_space_bindings.trusted]
}
data "cloudfoundry_app" "web" {
  name       = cloudfoundry_app.web.name
  org_name   = data.cloudfoundry_org.org.name
  space_name = cloudfoundry_space.space["restricted"].name
}
data "cloudfoundry_apps" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_app.proxy, cloudfoundry_app.web]
}

resource "cloudfoundry_domain" "own" {
  name   = "egress-demo.example.gov"
  org    = data.cloudfoundry_org.org.id
  labels = { purpose = var.purpose }
}
data "cloudfoundry_domains" "all" {
  org        = data.cloudfoundry_org.org.id
  depends_on = [cloudfoundry_domain.own]
}
resource "cloudfoundry_route" "proxy" {
  space        = cloudfoundry_space.space["public"].id
  domain       = data.cloudfoundry_domain.internal.id
  host         = "egress-proxy"
  destinations = [{ app_id = cloudfoundry_app.proxy.id }]
}
resource "cloudfoundry_route" "web" {
  space        = cloudfoundry_space.space["restricted"].id
  domain       = data.cloudfoundry_domain.apps.id
  host         = "web"
  labels       = { purpose = var.purpose }
  destinations = [{ app_id = cloudfoundry_app.web.id }]
}
resource "cloudfoundry_route" "own" {
  space      = cloudfoundry_space.space["restricted"].id
  domain     = cloudfoundry_domain.own.id
  depends_on = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_service_instance" "guard" {
  name              = "guard"
  type              = "user-provided"
  space             = cloudfoundry_space.space["restricted"].id
  route_service_url = "https://guard.apps.localhost"
  depends_on        = [cloudfoundry_space_role.role]
}
resource "cloudfoundry_service_route_binding" "guard" {
  service_instance = cloudfoundry_service_instance.guard.id
  route            = cloudfoundry_route.web.id
  labels           = { purpose = var.purpose }
}
data "cloudfoundry_service_route_binding" "guard" { id = cloudfoundry_service_route_binding.guard.id }
data "cloudfoundry_service_route_bindings" "all" {
  route      = cloudfoundry_route.web.id
  depends_on = [cloudfoundry_service_route_binding.guard]
}
data "cloudfoundry_route" "web" {
  domain     = data.cloudfoundry_domain.apps.id
  host       = "web"
  depends_on = [cloudfoundry_route.web]
}
data "cloudfoundry_routes" "all" {
  domain     = data.cloudfoundry_domain.internal.id
  depends_on = [cloudfoundry_route.proxy]
}

resource "cloudfoundry_network_policy" "edge" {
  policies = [{
    source_app      = cloudfoundry_app.web.id
    destination_app = cloudfoundry_app.proxy.id
    protocol        = "tcp"
    port            = var.port
  }]
  depends_on = [cloudfoundry_space_role.role]
}
