# Inputs that the module refuses during the plan.
mock_provider "cloudfoundry" {}

variables {
  cf_org_name          = "agency"
  cf_egress_space      = { id = "5a2f7f0e-0000-4000-8000-000000000003", name = "way-out" }
  name                 = "proxy"
  proxy_image          = "registry.example/egress-proxy:1"
  client_configuration = { web = { allowlist = ["api.example.gov"] } }
}

run "an_address" {
  command = plan
  variables {
    client_configuration = { web = { allowlist = ["10.0.0.1"] } }
  }
  expect_failures = [var.client_configuration]
}

run "everything" {
  command = plan
  variables {
    client_configuration = { web = { allowlist = ["all"] } }
  }
  expect_failures = [var.client_configuration]
}

run "a_wildcard_in_the_middle" {
  command = plan
  variables {
    client_configuration = { web = { allowlist = ["api.*.example.gov"] } }
  }
  expect_failures = [var.client_configuration]
}

run "a_day_that_is_not_in_the_calendar" {
  command = plan
  variables {
    client_configuration = { web = { allowlist = ["api.example.gov until 2027-02-29"] } }
  }
  expect_failures = [var.client_configuration]
}

run "an_end_that_is_no_day" {
  command = plan
  variables {
    client_configuration = { web = { allowlist = ["api.example.gov until tomorrow"] } }
  }
  expect_failures = [var.client_configuration]
}

run "two_names_that_are_one_user" {
  command = plan
  variables {
    client_configuration = { my-app = {}, my_app = {} }
  }
  expect_failures = [var.client_configuration]
}

run "two_clients_that_nobody_tells_apart" {
  command = plan
  variables {
    authentication       = false
    client_configuration = { web = {}, batch = {} }
  }
  expect_failures = [var.client_configuration]
}

run "a_port_that_is_none" {
  command = plan
  variables {
    client_configuration = { web = { ports = [0] } }
  }
  expect_failures = [var.client_configuration]
}

run "no_proxy_at_all" {
  command = plan
  variables {
    proxy_image = null
  }
  expect_failures = [var.proxy_image]
}

run "a_seed_that_can_be_found_by_trying" {
  command = plan
  variables {
    seed = "password"
  }
  expect_failures = [var.seed]
}

run "a_log_in_clear_text" {
  command = plan
  variables {
    drain = "syslog://logs.example.gov:514"
  }
  expect_failures = [var.drain]
}
