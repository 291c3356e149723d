# What is set wrong is refused at plan, with a sentence that says what to set.

mock_provider "aws" {
  mock_resource "aws_cloudformation_stack" {
    defaults = {
      outputs = {
        Database = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Database-a"
        Jwt      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Jwt-a"
        User     = "server"
        Password = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Password-a"
        Url      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Url-a"
      }
    }
  }
}
mock_provider "random" {}

variables {
  environment                      = "dev"
  release                          = "1.2.3"
  region                           = "eu-central-1"
  availability_zones               = ["eu-central-1a", "eu-central-1b"]
  api                              = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10 }
  websocket                        = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10, sockets_per_task = 500 }
  database_instance_class          = "db.t3.micro"
  database_connections_max         = 150
  redis_node_type                  = "cache.t3.micro"
  database_certificate_authorities = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"
}

run "an_unknown_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "names_numbers_and_arns_that_are_none" {
  command = plan
  variables {
    public_subnet_cidrs      = ["10.0.0.0/24", "10.0.1.0"]
    private_subnet_cidrs     = ["10.0.10.0/24"]
    release                  = "latest"
    jwt_secret_arn           = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt"
    domain_name              = "https://code.example.org"
    settings                 = { LOG_LEVEL = "debug" }
    database_connections_max = 100
  }
  expect_failures = [
    var.public_subnet_cidrs,
    var.private_subnet_cidrs,
    var.release,
    var.jwt_secret_arn,
    var.domain_name,
    var.settings,
    var.database_connections_per_task,
  ]
}

run "one_zone" {
  command = plan
  variables {
    availability_zones   = ["eu-central-1a"]
    public_subnet_cidrs  = ["10.0.0.0/24"]
    private_subnet_cidrs = ["10.0.10.0/24"]
  }
  expect_failures = [var.availability_zones]
}

run "a_zone_of_another_region" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a", "eu-west-1b"]
  }
  expect_failures = [var.availability_zones]
}

run "a_name_without_certificates" {
  command = plan
  variables {
    domain_name = "code.example.org"
  }
  expect_failures = [var.certificate_arn, var.cloudfront_certificate_arn]
}

run "prod_without_a_secret_a_name_protection_and_two_ways_out" {
  command = plan
  variables {
    environment          = "prod"
    deletion_protection  = false
    nat_gateway_per_zone = false
  }
  expect_failures = [var.jwt_secret_arn, var.domain_name, var.deletion_protection, var.nat_gateway_per_zone]
}

run "without_authorities_somebody_is_told" {
  command = plan
  variables {
    database_certificate_authorities = null
  }
  expect_failures = [check.database_certificate]
}
