# The roles and groups that the inputs request.
mock_provider "cloudfoundry" {
  mock_data "cloudfoundry_org" {
    defaults = { id = "5a2f7f0e-0000-4000-8000-000000000001" }
  }
  mock_data "cloudfoundry_security_group" {
    defaults = { id = "5a2f7f0e-0000-4000-8000-000000000002" }
  }
  mock_resource "cloudfoundry_space" {
    defaults = { id = "5a2f7f0e-0000-4000-8000-000000000003" }
  }
}

variables {
  cf_org_name   = "agency"
  cf_space_name = "closed"
}

run "a_space_that_names_no_group_is_closed" {
  assert {
    condition     = length(cloudfoundry_security_group_space_bindings.binding) == 0
    error_message = "no group may be bound without being named"
  }
  assert {
    condition     = !cloudfoundry_space.space.allow_ssh
    error_message = "SSH must be off"
  }
  assert {
    condition     = length(cloudfoundry_space_role.role) == 0
    error_message = "no role may be assigned"
  }
}

run "each_group_is_bound_to_running_applications_alone" {
  variables {
    security_group_names = ["public_networks_egress", "trusted_local_networks_egress"]
  }
  assert {
    condition     = keys(cloudfoundry_security_group_space_bindings.binding) == ["public_networks_egress", "trusted_local_networks_egress"]
    error_message = "each group must have a separate binding"
  }
  assert {
    condition = alltrue([
      for binding in values(cloudfoundry_security_group_space_bindings.binding) :
      binding.running_spaces == toset([cloudfoundry_space.space.id]) && binding.staging_spaces == null
    ])
    error_message = "the groups must apply to running applications"
  }
}

run "a_deployer_who_is_developer_as_well_has_each_role_once" {
  variables {
    deployers  = ["ci"]
    developers = ["ci", "dev"]
    managers   = ["lead"]
  }
  assert {
    condition = toset([for role in values(cloudfoundry_space_role.role) : "${role.type} ${role.username}"]) == toset([
      "space_manager ci", "space_developer ci", "space_developer dev", "space_manager lead",
    ])
    error_message = "wrong roles: ${join(", ", keys(cloudfoundry_space_role.role))}"
  }
}

run "the_output_fits_the_proxy" {
  assert {
    condition     = output.space == { id = "5a2f7f0e-0000-4000-8000-000000000003", name = "closed" }
    error_message = "the outputs must have the space's id and name"
  }
}
