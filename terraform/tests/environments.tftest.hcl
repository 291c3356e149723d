# The three environments as environments/*.tfvars.example have them: whatever is put together here must
# fit together. Each module's own tests say what it is made of.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_ec2_managed_prefix_list" {
    defaults = { entries = [{ cidr = "192.0.2.0/24", description = "" }] }
  }
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
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "db.example"
      endpoint           = "db.example:5432"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner", kms_key_id = "", secret_status = "active" }]
    }
  }
  mock_resource "aws_ecr_repository" {
    defaults = { repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/codesync" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d1.cloudfront.net", arn = "arn:aws:cloudfront::123456789012:distribution/E1" }
  }
}
mock_provider "random" {}

variables {
  release                          = "1.2.3"
  region                           = "eu-central-1"
  availability_zones               = ["eu-central-1a", "eu-central-1b"]
  database_certificate_authorities = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"
}

run "dev" {
  variables {
    environment              = "dev"
    nat_gateway_per_zone     = false
    api                      = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10 }
    websocket                = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10, sockets_per_task = 500 }
    database_instance_class  = "db.t3.micro"
    database_connections_max = 150
    redis_node_type          = "cache.t3.micro"
    registration             = "open"
    deletion_protection      = false
    log_days                 = 7
  }
  assert {
    condition     = output.cloudfront_url == "https://d1.cloudfront.net" && output.service_names == { api = "codesync-dev-api", websocket = "codesync-dev-websocket" }
    error_message = "dev is found elsewhere."
  }
  assert {
    condition     = local.settings.CODESYNC_PUBLIC_URL == "https://d1.cloudfront.net"
    error_message = "The servers do not answer to the name that people ask for."
  }
  assert {
    condition     = endswith(local.secrets.CODESYNC_JWT_SECRET, "Jwt-a")
    error_message = "Tokens are signed with something else than what was generated."
  }
}

run "staging" {
  variables {
    environment              = "staging"
    vpc_cidr                 = "10.1.0.0/16"
    public_subnet_cidrs      = ["10.1.0.0/24", "10.1.1.0/24"]
    private_subnet_cidrs     = ["10.1.10.0/24", "10.1.11.0/24"]
    api                      = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10 }
    websocket                = { cpu = 512, memory = 1024, tasks_min = 2, tasks_max = 10, sockets_per_task = 1000 }
    database_instance_class  = "db.t3.small"
    database_connections_max = 200
    redis_node_type          = "cache.t3.small"
    firewall                 = true
    alarm_emails             = ["oncall@example.org"]
  }
  assert {
    condition     = local.settings.CODESYNC_TRUSTED_PROXIES == "10.1.0.0/24,10.1.1.0/24,192.0.2.0/24"
    error_message = "Others than balancer and CloudFront say whom they speak for."
  }
  assert {
    condition     = length(output.migration.subnets) == 2 && length(output.repository_urls) == 2
    error_message = "Something is missing for a deployment."
  }
}

run "prod" {
  variables {
    environment                = "prod"
    vpc_cidr                   = "10.2.0.0/16"
    public_subnet_cidrs        = ["10.2.0.0/24", "10.2.1.0/24"]
    private_subnet_cidrs       = ["10.2.10.0/24", "10.2.11.0/24"]
    jwt_secret_arn             = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:codesync-prod-jwt-AbCdEf"
    domain_name                = "code.example.org"
    certificate_arn            = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    cloudfront_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    api                        = { cpu = 1024, memory = 2048, tasks_min = 4, tasks_max = 50 }
    websocket                  = { cpu = 1024, memory = 2048, tasks_min = 4, tasks_max = 50, sockets_per_task = 2000 }
    database_instance_class    = "db.t3.medium"
    database_storage_gib       = 100
    database_connections_max   = 720
    redis_node_type            = "cache.t3.medium"
    firewall                   = true
    log_days                   = 90
    alarm_emails               = ["oncall@example.org"]
  }
  assert {
    condition     = output.cloudfront_url == "https://code.example.org" && local.settings.CODESYNC_PUBLIC_URL == output.cloudfront_url
    error_message = "The servers do not answer to the name that people ask for."
  }
  assert {
    condition     = local.secrets.CODESYNC_JWT_SECRET == var.jwt_secret_arn
    error_message = "Tokens are signed with something else than the secret that was named."
  }
  assert {
    condition     = strcontains(local.settings.CODESYNC_DATABASE_URL, "sslmode=verify-full") && startswith(local.settings.PGSSLROOTCERT, "-----BEGIN CERTIFICATE-----")
    error_message = "Nobody checks that the database is the one it says to be."
  }
  assert {
    condition     = alltrue([for arn in values(local.secrets) : startswith(arn, "arn:aws:secretsmanager:")]) && !anytrue([for value in values(local.settings) : can(regex("://[^/]*@", value))])
    error_message = "A secret is in plain text."
  }
  assert {
    condition     = length(setsubtract(module.monitoring.server_metrics, module.websocket.metrics)) == 0
    error_message = "An alarm or the dashboard waits for numbers that the collector leaves out."
  }
}
