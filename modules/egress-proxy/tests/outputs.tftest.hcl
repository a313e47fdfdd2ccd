# The outputs have the names and the form of cg-egress-proxy's.
mock_provider "cloudfoundry" {
  mock_resource "cloudfoundry_app" {
    defaults = { id = "5a2f7f0e-0000-4000-8000-000000000001" }
  }
  mock_data "cloudfoundry_domain" {
    defaults = { id = "5a2f7f0e-0000-4000-8000-000000000002", internal = true }
  }
}

variables {
  cf_org_name     = "agency"
  cf_egress_space = { id = "5a2f7f0e-0000-4000-8000-000000000003", name = "way.out" }
  name            = "proxy"
  proxy_image     = "registry.example/egress-proxy:1"
  seed            = "0123456789abcdef0123456789abcdef"
}

run "one_client" {
  variables {
    client_configuration = { web = { allowlist = ["api.example.gov"] } }
  }
  assert {
    condition     = output.https_proxy.web == "https://web.1:${output.password.web}@agency-way-out-proxy.apps.internal:61443"
    error_message = "the address must contain the credentials"
  }
  assert {
    condition     = output.http_proxy.web == "http://${output.username.web}:${output.password.web}@${output.domain}:${output.http_port}"
    error_message = "the address must contain the credentials"
  }
  assert {
    condition     = can(regex("^[0-9a-f]{64}$", output.password.web))
    error_message = "a password must be a hash in hex"
  }
  assert {
    condition = jsondecode(output.json_credentials) == {
      domain     = output.domain
      https_port = 61443
      http_port  = 8080
      https_uri  = output.https_proxy.web
      http_uri   = output.http_proxy.web
      username   = "web.1"
      password   = output.password.web
    }
    error_message = "the credentials of one client must be a flat object"
  }
}

run "several_clients" {
  variables {
    client_configuration = { web = {}, batch = {} }
    route_host           = "Egress.Of.Agency"
  }
  assert {
    condition     = join(" ", keys(jsondecode(output.json_credentials).credentials)) == "batch web"
    error_message = "the credentials of several clients must be keyed by client"
  }
  assert {
    condition     = output.domain == "egress-of-agency.apps.internal" && output.password.web != output.password.batch
    error_message = "there must be one host, and a password for each client"
  }
}

run "another_version_is_another_password_and_the_previous_one_still_holds" {
  variables {
    client_configuration        = { web = {} }
    credential_version          = "2"
    previous_credential_version = "1"
  }
  assert {
    condition     = output.username.web == "web.2" && join(" ", keys(terraform_data.hash)) == "web.1 web.2"
    error_message = "both users must be known"
  }
}

run "metrics_have_a_port_where_they_are_asked_for" {
  variables {
    client_configuration = { web = {} }
    metrics              = true
  }
  assert {
    condition     = output.metrics_port == 9301 && cloudfoundry_app.proxy.environment.EGRESS_METRICS == "9301"
    error_message = "the proxy must listen on the port in the output"
  }
}

run "without_them_a_port_that_was_set_is_taken_back" {
  variables {
    client_configuration = { web = {} }
  }
  assert {
    condition     = output.metrics_port == null && cloudfoundry_app.proxy.environment.EGRESS_METRICS == ""
    error_message = "metrics must be off, and the variable must be empty"
  }
}
