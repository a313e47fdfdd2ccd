terraform {
  # For `optional` with a default, validation across variables, and the functions `startswith` and `endswith`.
  required_version = ">= 1.9"

  required_providers {
    cloudfoundry = {
      source  = "cloudfoundry/cloudfoundry"
      version = "~> 1.16"
    }
  }
}
