terraform {
  # As modules/egress-proxy.
  required_version = ">= 1.9"

  required_providers {
    cloudfoundry = {
      source  = "cloudfoundry/cloudfoundry"
      version = "~> 1.16"
    }
  }
}
