# What only an operator of the platform has, as the admin.
terraform {
  required_providers { cloudfoundry = { source = "cloudfoundry/cloudfoundry" } }
}
provider "cloudfoundry" {}

# What is changed in the second round.
variable "purpose" { default = "demo" }
variable "memory" { default = 4096 }
variable "visibility" { default = "admin" }
variable "groups" { default = ["cloud_controller.read"] }

resource "cloudfoundry_org" "agency" {
  name   = "agency"
  labels = { purpose = var.purpose }
}
resource "cloudfoundry_org" "bureau" {
  name      = "bureau"
  suspended = var.purpose != "demo"
}
resource "cloudfoundry_domain" "shared" {
  name        = "agency.example"
  org         = cloudfoundry_org.agency.id
  shared_orgs = [cloudfoundry_org.bureau.id]
  labels      = { purpose = var.purpose }
}
resource "cloudfoundry_org_quota" "small" {
  name                     = "small"
  allow_paid_service_plans = true
  total_memory             = var.memory
}
resource "cloudfoundry_space" "closed" {
  name = "closed"
  org  = cloudfoundry_org.agency.id
}
resource "cloudfoundry_security_group" "own" {
  name           = "own"
  running_spaces = [cloudfoundry_space.closed.id]
  rules = [{
    protocol    = "tcp"
    destination = "203.0.113.0/24"
    ports       = "443"
    description = var.purpose
  }]
}
resource "cloudfoundry_isolation_segment" "apart" {
  name   = "apart"
  labels = { purpose = var.purpose }
}
resource "cloudfoundry_isolation_segment_entitlement" "apart" {
  segment = cloudfoundry_isolation_segment.apart.id
  orgs    = concat([cloudfoundry_org.agency.id], var.purpose == "demo" ? [] : [cloudfoundry_org.bureau.id])
}
data "cloudfoundry_isolation_segment" "apart" {
  name       = cloudfoundry_isolation_segment.apart.name
  depends_on = [cloudfoundry_isolation_segment.apart]
}
data "cloudfoundry_isolation_segment_entitlement" "apart" {
  segment    = cloudfoundry_isolation_segment.apart.id
  depends_on = [cloudfoundry_isolation_segment_entitlement.apart]
}
data "cloudfoundry_service_plan" "hidden" {
  name                  = "basic-public"
  service_offering_name = "s3"
}
resource "cloudfoundry_service_plan_visibility" "hidden" {
  service_plan = data.cloudfoundry_service_plan.hidden.id
  type         = var.visibility
}
resource "cloudfoundry_user" "person" {
  username = "person@agency.gov"
  email    = "person@agency.gov"
  password = "not-a-secret"
  labels   = { purpose = var.purpose }
}
resource "cloudfoundry_user_groups" "person" {
  user   = cloudfoundry_user.person.id
  origin = "uaa"
  groups = var.groups
}
resource "cloudfoundry_user_cf" "visitor" {
  username = "visitor@agency.gov"
  origin   = "sso"
  labels   = { purpose = var.purpose }
}
resource "cloudfoundry_service_broker" "everybody" {
  name     = "everybody"
  url      = "http://broker.apps.localhost"
  username = "broker"
  password = "pass:word-of-the-broker"
  labels   = { purpose = var.purpose }
}
data "cloudfoundry_service_broker" "buckets" { name = "s3-broker" }
data "cloudfoundry_service_brokers" "all" {}
