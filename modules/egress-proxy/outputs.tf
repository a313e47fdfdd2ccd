locals {
  domain = "${local.host}.apps.internal"

  # Without authentication, a client has an address and no credentials.
  access = {
    for name, client in local.clients : name => {
      username = var.authentication ? client.current : ""
      password = var.authentication ? local.passwords[client.current] : ""
    }
  }
  given = {
    for name, access in local.access : name => merge(access, {
      for key, address in { https_uri = "https://%s${local.domain}:61443", http_uri = "http://%s${local.domain}:8080" } :
      key => format(address, var.authentication ? "${access.username}:${access.password}@" : "")
    })
  }
  address = {
    domain     = local.domain
    https_port = 61443
    http_port  = 8080
  }
}

output "https_proxy" {
  description = "By client, the proxy's address with TLS and the client's credentials"
  value       = { for name, given in local.given : name => given.https_uri }
  sensitive   = true
}

output "http_proxy" {
  description = "By client, the proxy's address without TLS and the client's credentials"
  value       = { for name, given in local.given : name => given.http_uri }
  sensitive   = true
}

output "domain" {
  description = "The proxy's internal host name"
  value       = local.domain
}

output "http_port" {
  description = "The proxy's port without TLS; open it with a network policy"
  value       = 8080
}

output "https_port" {
  description = "The port where the platform terminates TLS for the proxy; open it with a network policy"
  value       = 61443
}

output "metrics_port" {
  description = "The port of the proxy's Prometheus metrics; open it with a network policy. Null without metrics"
  value       = var.metrics ? local.metrics_port : null
}

output "username" {
  description = "User names, by client"
  value       = { for name, access in local.access : name => access.username }
}

output "password" {
  description = "Passwords, by client"
  value       = { for name, access in local.access : name => access.password }
  sensitive   = true
}

output "app_id" {
  description = "The proxy's application, the destination of its clients' network policies"
  value       = cloudfoundry_app.proxy.id
}

output "json_credentials" {
  description = "Everything as JSON for a user-provided service: flat for one client, by client for several"
  value = (
    length(local.given) == 1
    ? jsonencode(merge(local.address, one(values(local.given))))
    : jsonencode(merge(local.address, { credentials = local.given }))
  )
  sensitive = true
}
