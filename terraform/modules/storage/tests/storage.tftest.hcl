mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name             = "codesync-test"
  kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/1"
  distribution_arn = "arn:aws:cloudfront::123456789012:distribution/E1"
}

run "nothing_is_public" {
  assert {
    condition = length(aws_s3_bucket_public_access_block.this) == 3 && alltrue([for it in aws_s3_bucket_public_access_block.this :
    it.block_public_acls && it.block_public_policy && it.ignore_public_acls && it.restrict_public_buckets])
    error_message = "A bucket could be made public."
  }
  assert {
    condition = alltrue(flatten([for it in concat(values(aws_s3_bucket_policy.this), [aws_s3_bucket_policy.page]) : [for statement in jsondecode(it.policy).Statement :
    statement.Effect == "Deny" || (can(statement.Principal.Service) && (can(statement.Condition.StringEquals) || strcontains(jsonencode(statement.Resource), "123456789012/*")))]]))
    error_message = "Somebody is let in who is no service on behalf of this account."
  }
  assert {
    condition     = [for it in jsondecode(aws_s3_bucket_policy.page.policy).Statement : it.Condition.StringEquals["AWS:SourceArn"] if it.Effect == "Allow"] == [var.distribution_arn]
    error_message = "Others than our distribution read the page's bucket."
  }
  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this["documents"].policy).Statement) == 1
    error_message = "The bucket itself lets somebody to the documents; the servers' role alone does."
  }
}

run "everything_is_encrypted_on_the_way_and_at_rest" {
  assert {
    condition = alltrue([for it in concat(values(aws_s3_bucket_policy.this), [aws_s3_bucket_policy.page]) : anytrue([for statement in jsondecode(it.policy).Statement :
    statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && statement.Principal == "*"])])
    error_message = "A bucket speaks without TLS."
  }
  assert {
    condition     = length(aws_s3_bucket_server_side_encryption_configuration.this) == 3
    error_message = "A bucket is not encrypted."
  }
  assert {
    condition     = alltrue([for it in aws_s3_bucket_server_side_encryption_configuration.this["documents"].rule : it.apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn])
    error_message = "Documents are not encrypted with our key."
  }
}

run "what_is_deleted_can_be_brought_back" {
  assert {
    condition     = alltrue([for it in aws_s3_bucket_versioning.this : it.versioning_configuration[0].status == "Enabled"]) && length(aws_s3_bucket_versioning.this) == 3
    error_message = "A bucket keeps no versions."
  }
  assert {
    condition     = toset([for it in aws_s3_bucket_lifecycle_configuration.this["documents"].rule[0].noncurrent_version_transition : it.storage_class]) == toset(["GLACIER"])
    error_message = "Deleted documents do not go to Glacier."
  }
  assert {
    condition     = toset([for it in aws_s3_bucket_lifecycle_configuration.this["documents"].rule[0].transition : it.storage_class]) == toset(["GLACIER_IR"])
    error_message = "A document would have to be waited for."
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this["documents"].rule[0].expiration) == 0
    error_message = "Documents expire."
  }
}

run "a_name_that_no_bucket_can_have_is_refused" {
  command = plan
  variables {
    name = "CodeSync"
  }
  expect_failures = [var.name]
}
