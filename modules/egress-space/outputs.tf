# Everything in the space is created after roles and groups, and destroyed before them.
output "space" {
  description = "The space's id and name, for the input cf_egress_space of modules/egress-proxy"
  value       = { id = cloudfoundry_space.space.id, name = cloudfoundry_space.space.name }
  depends_on  = [cloudfoundry_space_role.role, cloudfoundry_security_group_space_bindings.binding]
}

output "space_id" {
  description = "The space's id"
  value       = cloudfoundry_space.space.id
  depends_on  = [cloudfoundry_space_role.role, cloudfoundry_security_group_space_bindings.binding]
}

output "space_name" {
  description = "The space's name"
  value       = cloudfoundry_space.space.name
  depends_on  = [cloudfoundry_space_role.role, cloudfoundry_security_group_space_bindings.binding]
}
