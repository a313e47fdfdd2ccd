locals {
  domain = "${local.host}.apps.internal"

  # A client that is asked for nothing has an address and no credentials.
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
  description = "By client, the proxy's address with TLS up to it and the client's credentials"
  value       = { for name, given in local.given : name => given.https_uri }
  sensitive   = true
}

output "http_proxy" {
  description = "By client, the proxy's address in clear text with the client's credentials"
  value       = { for name, given in local.given : name => given.http_uri }
  sensitive   = true
}

output "domain" {
  description = "The proxy's internal host name"
  value       = local.domain
}

output "http_port" {
  description = "Where the proxy speaks clear text; a network policy opens it"
  value       = 8080
}

output "https_port" {
  description = "Where the platform ends TLS in front of the proxy; a network policy opens it"
  value       = 61443
}

output "metrics_port" {
  description = "Where the proxy answers Prometheus; a network policy opens it. Null without metrics"
  value       = var.metrics ? local.metrics_port : null
}

output "username" {
  description = "By client, its user name"
  value       = { for name, access in local.access : name => access.username }
}

output "password" {
  description = "By client, its password"
  value       = { for name, access in local.access : name => access.password }
  sensitive   = true
}

output "app_id" {
  description = "The proxy's application, the destination of its clients' network policies"
  value       = cloudfoundry_app.proxy.id
}

output "json_credentials" {
  description = "All of it as one text, for a user-provided service: flat for one client, by client for several"
  value = (
    length(local.given) == 1
    ? jsonencode(merge(local.address, one(values(local.given))))
    : jsonencode(merge(local.address, { credentials = local.given }))
  )
  sensitive = true
}
