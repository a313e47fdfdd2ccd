locals {
  default_route_host = "${var.cf_org_name}-${var.cf_egress_space.name}-${var.name}"
  # The host of an internal route is a single label.
  host = replace(
    substr(replace(lower(coalesce(var.route_host, local.default_route_host)), "/[^a-z0-9-]+/", "-"), -63, -1),
    "/^[^a-z]+|-+$/", ""
  )

  metrics_port = 9301

  # Without clients of its own, the proxy gets empty variables: the platform would keep a variable that is only omitted.
  credentials = [for user in keys(local.users) : "${user} ${terraform_data.hash[user].output.hash}"]
  environment = {
    EGRESS_ALLOW         = var.authentication ? "" : join("\n", one(values(local.lines)))
    EGRESS_ALLOW_1       = ""
    EGRESS_CREDENTIALS   = !var.authentication ? "" : length(local.users) == 0 ? "# nobody" : join("\n", local.credentials)
    EGRESS_CREDENTIALS_1 = ""
    EGRESS_CLIENTS = !var.authentication ? "" : join("\n", flatten([
      for name, client in local.clients : [for line in local.lines[name] : "${client.user} ${line}"]
    ]))
    EGRESS_CLIENTS_1 = ""
    EGRESS_METRICS   = var.metrics ? tostring(local.metrics_port) : ""
  }
}

# Whether there is one isn't secret.
resource "cloudfoundry_service_instance" "drain" {
  count = nonsensitive(var.drain == null) ? 0 : 1

  name             = "${var.name}-drain"
  type             = "user-provided"
  space            = var.cf_egress_space.id
  syslog_drain_url = var.drain
}

data "cloudfoundry_domain" "internal" {
  name = "apps.internal"
}

resource "cloudfoundry_app" "proxy" {
  name       = var.name
  org_name   = var.cf_org_name
  space_name = var.cf_egress_space.name

  docker_image       = var.proxy_image
  docker_credentials = var.proxy_image_credentials
  path               = var.proxy_zip
  buildpacks         = var.proxy_zip == null ? null : [var.apt_buildpack, "binary_buildpack"]
  command            = var.proxy_zip == null ? null : "exec /bin/sh entrypoint"
  # The provider restarts an application when this changes, but not when its environment does.
  source_code_hash = base64sha256(jsonencode([
    local.environment,
    var.proxy_image == null ? filebase64sha256(var.proxy_zip) : var.proxy_image,
  ]))

  memory     = var.egress_memory
  disk_quota = "1G"
  instances  = var.instances
  strategy   = "rolling"
  enable_ssh = var.enable_ssh
  # Restarts a proxy that accepts connections but can't handle them.
  health_check_type               = "http"
  health_check_http_endpoint      = "/squid-internal-static/icons/health"
  health_check_interval           = 3
  health_check_invocation_timeout = 5
  timeout                         = 50

  environment = local.environment

  service_bindings = length(cloudfoundry_service_instance.drain) == 0 ? null : [
    for service in cloudfoundry_service_instance.drain : { service_instance = service.name }
  ]

  lifecycle {
    precondition {
      condition     = alltrue([for value in values(local.environment) : length(value) < 128 * 1024 - 64])
      error_message = "the lists of ${var.name} are longer than an environment variable can be (128 KiB): name domains instead of hosts, or split the clients over two proxies"
    }
  }
}

resource "cloudfoundry_route" "proxy" {
  domain       = data.cloudfoundry_domain.internal.id
  space        = var.cf_egress_space.id
  host         = local.host
  destinations = [{ app_id = cloudfoundry_app.proxy.id }]

  lifecycle {
    precondition {
      condition     = data.cloudfoundry_domain.internal.internal
      error_message = "apps.internal is a public domain on this platform, and the proxy must not be public"
    }
  }
}
