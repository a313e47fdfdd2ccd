locals {
  # Merges both lists, so that a name in both has each role once.
  roles = merge(
    { for name in setunion(var.managers, var.deployers) : "manager ${name}" => { type = "space_manager", username = name } },
    { for name in setunion(var.developers, var.deployers) : "developer ${name}" => { type = "space_developer", username = name } },
  )
}

data "cloudfoundry_org" "org" {
  name = var.cf_org_name
}

resource "cloudfoundry_space" "space" {
  name      = var.cf_space_name
  org       = data.cloudfoundry_org.org.id
  allow_ssh = var.allow_ssh
}

resource "cloudfoundry_space_role" "role" {
  for_each = local.roles

  type     = each.value.type
  username = each.value.username
  space    = cloudfoundry_space.space.id
}

data "cloudfoundry_security_group" "group" {
  for_each = var.security_group_names

  name = each.key
}

# One resource per group and space: two that bind the same pair would break each other's destroy.
resource "cloudfoundry_security_group_space_bindings" "binding" {
  for_each = data.cloudfoundry_security_group.group

  security_group = each.value.id
  running_spaces = [cloudfoundry_space.space.id]

  # Only a manager may bind a group.
  depends_on = [cloudfoundry_space_role.role]
}
