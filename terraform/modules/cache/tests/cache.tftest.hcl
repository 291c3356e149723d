mock_provider "aws" {
  mock_resource "aws_cloudformation_stack" {
    defaults = {
      outputs = { User = "codesync-test-server", Password = "arn:password", Url = "arn:url" }
    }
  }
  mock_resource "aws_elasticache_replication_group" {
    defaults = { primary_endpoint_address = "cache.example" }
  }
}

variables {
  name               = "codesync-test"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-cache"]
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/1"
  node_type          = "cache.t3.micro"
}

run "one_takes_over_from_the_other" {
  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "Nobody takes over in another zone."
  }
  assert {
    condition     = output.node_ids == ["codesync-test-001", "codesync-test-002"]
    error_message = "The nodes are named otherwise."
  }
}

run "it_is_encrypted_on_the_way_and_at_rest" {
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "It speaks without TLS."
  }
  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "What is kept is not encrypted with our key."
  }
  assert {
    condition     = startswith(jsondecode(aws_cloudformation_stack.url.template_body).Resources.Url.Properties.SecretString, "rediss://")
    error_message = "The servers come without TLS."
  }
}

run "servers_have_a_password_that_nobody_wrote" {
  assert {
    condition     = jsondecode(aws_cloudformation_stack.user.template_body).Resources.User.Properties.Passwords == [{ "Fn::Sub" = "{{resolve:secretsmanager:$${Password}}}" }]
    error_message = "The password does not come from the secret."
  }
  assert {
    condition     = jsondecode(aws_cloudformation_stack.url.template_body).Resources.Url.Properties.SecretString == "rediss://codesync:{{resolve:secretsmanager:arn:password}}@cache.example:6379"
    error_message = "The address is put together otherwise."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.user_group_ids == toset(["codesync-test-servers"]) && strcontains(local.access, "~codesync:*") && strcontains(local.access, "-@dangerous")
    error_message = "Servers may do more than they need."
  }
}

run "one_node_is_refused" {
  command = plan
  variables {
    nodes = 1
  }
  expect_failures = [var.nodes]
}
