mock_provider "aws" {
  mock_data "aws_ec2_managed_prefix_list" {
    defaults = {
      id      = "pl-cloudfront"
      entries = [{ cidr = "192.0.2.0/24", description = "" }]
    }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_cloudformation_stack" {
    defaults = {
      outputs = {
        Database = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Database-a"
        Jwt      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Jwt-a"
      }
    }
  }
}
mock_provider "random" {}

variables {
  name                       = "codesync-test"
  vpc_id                     = "vpc-1"
  database_master_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner"
  redis_url_secret_arn       = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis"
  documents_bucket_arn       = "arn:aws:s3:::documents"
  repository_arns = {
    codesync-api       = "arn:aws:ecr:eu-central-1:123456789012:repository/codesync-api"
    codesync-websocket = "arn:aws:ecr:eu-central-1:123456789012:repository/codesync-websocket"
  }
  log_group_arns = {
    api       = "arn:aws:logs:eu-central-1:123456789012:log-group:api"
    websocket = "arn:aws:logs:eu-central-1:123456789012:log-group:websocket"
    migrate   = "arn:aws:logs:eu-central-1:123456789012:log-group:migrate"
    metrics   = "arn:aws:logs:eu-central-1:123456789012:log-group:metrics"
  }
}

run "what_is_not_named_is_closed" {
  assert {
    condition = toset([for rule in values(aws_vpc_security_group_ingress_rule.between) : "${rule.from_port}-${rule.to_port}"]) == toset([
    "3000-3000", "3001-3001", "5432-5432", "6379-6379"])
    error_message = "Another port is open, or one is not."
  }
  assert {
    condition     = alltrue([for rule in values(aws_vpc_security_group_ingress_rule.between) : rule.referenced_security_group_id != null && rule.cidr_ipv4 == null])
    error_message = "A group takes more than what another group sends."
  }
  assert {
    condition     = alltrue([for rule in values(aws_vpc_security_group_ingress_rule.entrance) : rule.prefix_list_id == "pl-cloudfront" && rule.cidr_ipv4 == null])
    error_message = "The balancer takes what does not come from CloudFront."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.between["tasks_to_database"].referenced_security_group_id == aws_security_group.this["tasks"].id
    error_message = "The database takes more than what the tasks send."
  }
}

run "no_policy_allows_everything" {
  assert {
    condition = alltrue(flatten([for policy in concat([aws_iam_role_policy.task.policy], [for it in aws_iam_role_policy.execution : it.policy]) :
      [for statement in jsondecode(policy).Statement : [for action in flatten([statement.Action]) :
        !strcontains(action, "*") && (statement.Resource != "*" || action == "ecr:GetAuthorizationToken")
    ]]]))
    error_message = "A role may do more than it needs."
  }
  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.task.policy).Statement : statement.Action if startswith(statement.Sid, "Objects") || statement.Sid == "Listing"])) == toset([
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"])
    error_message = "A server reads, writes, deletes and lists documents, and nothing else."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.execution["server"].policy, var.database_master_secret_arn)
    error_message = "A server could become the owner of the database."
  }
  assert {
    condition     = alltrue([for role in concat([aws_iam_role.task], values(aws_iam_role.execution)) : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "Tasks of another account could take a role."
  }
}

run "secrets_are_made_within_aws" {
  assert {
    condition     = alltrue([for secret in values(jsondecode(aws_cloudformation_stack.secrets.template_body).Resources) : can(secret.Properties.GenerateSecretString) && !can(secret.Properties.SecretString)])
    error_message = "A secret is written down."
  }
  assert {
    condition     = alltrue([for secret in values(jsondecode(aws_cloudformation_stack.secrets.template_body).Resources) : secret.Properties.KmsKeyId == aws_kms_key.data.arn])
    error_message = "A secret is not encrypted with our key."
  }
  assert {
    condition     = endswith(output.jwt_secret_arn, "Jwt-a") && endswith(output.database_secret_arn, "Database-a")
    error_message = "The outputs name the generated secrets."
  }
  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_key.operations.enable_key_rotation
    error_message = "A key is never exchanged."
  }
}

run "a_secret_that_was_made_before_is_taken" {
  variables {
    jwt_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mine"
  }
  assert {
    condition     = output.jwt_secret_arn == var.jwt_secret_arn && !can(jsondecode(aws_cloudformation_stack.secrets.template_body).Resources.Jwt)
    error_message = "There are two secrets to sign with."
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.execution["server"].policy, var.jwt_secret_arn)
    error_message = "A server cannot read its secret."
  }
}

run "a_secret_itself_is_no_arn" {
  command = plan
  variables {
    jwt_secret_arn = "hunter2hunter2hunter2hunter2hunter2"
  }
  expect_failures = [var.jwt_secret_arn]
}
