# The proxy's variables for the module's inputs.
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
  cf_egress_space = { id = "5a2f7f0e-0000-4000-8000-000000000003", name = "way-out" }
  name            = "proxy"
  proxy_image     = "registry.example/egress-proxy:1"
  seed            = "0123456789abcdef0123456789abcdef"
}

run "each_client_has_its_own_lines" {
  variables {
    client_configuration = {
      web       = { allowlist = ["api.example.gov", "*.Example.org"], ports = [80, 443] }
      "Batch_2" = { allowlist = ["files.example.com:8443", "git.example.org:22/tcp", "bucket.example.com:443@10.98.0.0/24"] }
      ended     = { allowlist = ["old.example.com until 2026-12-31", "bucket.example.com:443/tcp@10.98.0.0/24 until 2028-02-29"] }
    }
  }
  assert {
    condition = sort(split("\n", cloudfoundry_app.proxy.environment.EGRESS_CLIENTS)) == sort([
      "batch-2 bucket.example.com:443@10.98.0.0/24",
      "batch-2 files.example.com:8443",
      "batch-2 git.example.org:22/tcp",
      "ended bucket.example.com:443/tcp@10.98.0.0/24 until 2028-02-29",
      "ended old.example.com:443 until 2026-12-31",
      "web .example.org:443",
      "web .example.org:80",
      "web api.example.gov:443",
      "web api.example.gov:80",
    ])
    error_message = "wrong lines: ${cloudfoundry_app.proxy.environment.EGRESS_CLIENTS}"
  }
  assert {
    condition     = cloudfoundry_app.proxy.environment.EGRESS_ALLOW == ""
    error_message = "there must be no line for all"
  }
  assert {
    condition     = can(regex("^batch-2\\.1 \\$2a\\$05\\$[./A-Za-z0-9]{53}\nended\\.1 \\$2a\\$05\\$[./A-Za-z0-9]{53}\nweb\\.1 \\$2a\\$05\\$[./A-Za-z0-9]{53}$", cloudfoundry_app.proxy.environment.EGRESS_CREDENTIALS))
    error_message = "each client must have a user with a hash: ${cloudfoundry_app.proxy.environment.EGRESS_CREDENTIALS}"
  }
}

run "a_denied_name_is_an_exception_of_the_domain_that_holds_it" {
  variables {
    client_configuration = {
      web = {
        allowlist = ["*.example.org", "raw.example.org", "api.example.gov:443,8443"]
        denylist  = ["raw.example.org", "*.old.example.org", "api.example.gov:8443"]
      }
    }
  }
  assert {
    condition = sort(split("\n", cloudfoundry_app.proxy.environment.EGRESS_CLIENTS)) == sort([
      "web .example.org!.old.example.org,raw.example.org:443",
      "web api.example.gov:443",
    ])
    error_message = "wrong lines: ${cloudfoundry_app.proxy.environment.EGRESS_CLIENTS}"
  }
}

run "a_denied_domain_closes_the_names_below_it_and_itself" {
  variables {
    client_configuration = {
      web = { allowlist = ["a.example.org", "example.org", "example.gov"], denylist = ["*.example.org"] }
      all = { allowlist = ["example.gov", "*.example.org"], denylist = ["all"] }
    }
  }
  assert {
    condition     = cloudfoundry_app.proxy.environment.EGRESS_CLIENTS == "web example.gov:443"
    error_message = "wrong lines: ${cloudfoundry_app.proxy.environment.EGRESS_CLIENTS}"
  }
}

run "an_empty_list_refuses_everything" {
  variables {
    client_configuration = { web = {} }
  }
  assert {
    condition     = cloudfoundry_app.proxy.environment.EGRESS_CLIENTS == "" && cloudfoundry_app.proxy.environment.EGRESS_CREDENTIALS != ""
    error_message = "a client without a list must have a user but no line"
  }
}

run "no_clients_keep_everybody_out" {
  variables {
    client_configuration = {}
  }
  assert {
    condition     = cloudfoundry_app.proxy.environment.EGRESS_CREDENTIALS == "# nobody"
    error_message = "without a line, everyone could use the proxy"
  }
}

run "without_authentication_the_list_is_for_all" {
  variables {
    authentication       = false
    client_configuration = { web = { allowlist = ["api.example.gov"] } }
  }
  assert {
    condition = cloudfoundry_app.proxy.environment == tomap({
      EGRESS_ALLOW         = "api.example.gov:443"
      EGRESS_ALLOW_1       = ""
      EGRESS_CLIENTS       = ""
      EGRESS_CLIENTS_1     = ""
      EGRESS_CREDENTIALS   = ""
      EGRESS_CREDENTIALS_1 = ""
      EGRESS_METRICS       = ""
    })
    error_message = "there must be one list, and no credentials"
  }
  assert {
    condition     = output.https_proxy.web == "https://agency-way-out-proxy.apps.internal:61443"
    error_message = "the address must not have credentials"
  }
}

run "without_drain_nothing_is_bound" {
  variables {
    client_configuration = { web = { allowlist = ["api.example.gov"] } }
  }
  assert {
    condition     = length(cloudfoundry_service_instance.drain) == 0 && try(length(cloudfoundry_app.proxy.service_bindings), 0) == 0
    error_message = "a service is created or bound without being requested"
  }
}

run "the_log_goes_where_drain_says" {
  variables {
    client_configuration = { web = { allowlist = ["api.example.gov"] } }
    drain                = "https://logs.example.gov/in?token=abc"
  }
  assert {
    condition     = cloudfoundry_service_instance.drain[0].syslog_drain_url == "https://logs.example.gov/in?token=abc"
    error_message = "the service lacks the address"
  }
  assert {
    condition     = [for binding in cloudfoundry_app.proxy.service_bindings : binding.service_instance] == ["proxy-drain"]
    error_message = "the proxy is not bound to proxy-drain"
  }
}
