# Nobody chooses a password: it is derived from a seed, the proxy, the client's name and a version, as in the
# constructs, and stays marked as sensitive. The proxy gets only hashes.

# A seed for stacks that pass none. Of the resources that engines can keep, a plan always shows this one as sensitive.
resource "cloudfoundry_service_instance" "seed" {
  count = var.authentication && var.seed == null ? 1 : 0

  name        = "${var.name}-seed"
  type        = "user-provided"
  space       = var.cf_egress_space.id
  credentials = jsonencode({ seed = "${uuid()}${uuid()}" })

  lifecycle {
    ignore_changes = [credentials]
  }
}

locals {
  seed     = var.seed != null ? var.seed : try(jsondecode(cloudfoundry_service_instance.seed[0].credentials).seed, "")
  versions = distinct(compact([var.previous_credential_version, var.credential_version]))
  identity = [var.cf_org_name, var.cf_egress_space.name, var.name]

  # The two keys of a nested hash, as in HMAC, which the engines don't have.
  inner_key = sha256(jsonencode(concat(["inner", local.seed], local.identity)))
  outer_key = sha256(jsonencode(concat(["outer", local.seed], local.identity)))

  users = var.authentication ? merge([
    for name, client in local.clients : { for version in local.versions : "${client.user}.${version}" => name }
  ]...) : {}
  passwords = {
    for user, name in local.users :
    user => sensitive(sha256("${local.outer_key}${sha256("${local.inner_key}${user}")}"))
  }
}

# Bcrypt uses another salt each time, so the first hash is kept; a new password gets a new hash.
resource "terraform_data" "hash" {
  for_each = local.users

  input            = { hash = bcrypt(local.passwords[each.key], 5) }
  triggers_replace = { password = substr(sha256("fingerprint:${local.passwords[each.key]}"), 0, 16) }

  lifecycle {
    ignore_changes = [input]
  }
}
