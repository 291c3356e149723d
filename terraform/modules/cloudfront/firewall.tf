# Optional. What it refuses is refused before any server is asked; the servers' own limits hold anyway.

locals {
  # AWS's common rules are left out: they refuse bodies over 8 KB, and a text has ten megabytes.
  rules_of_aws = { AWSManagedRulesAmazonIpReputationList = 10, AWSManagedRulesKnownBadInputsRuleSet = 20 }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:AWSManagedRulesKnownBadInputsRuleSet, which the check does not find in a dynamic block
  #checkov:skip=CKV2_AWS_31:Its logs would hold the addresses of documents and people; it counts, and shows samples
  count = var.firewall ? 1 : 0

  region = "us-east-1" # where CloudFront looks for it
  name   = var.name
  scope  = "CLOUDFRONT"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = local.rules_of_aws
    content {
      name     = rule.key
      priority = rule.value

      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "one-address"
    priority = 30

    action {
      block {}
    }
    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = var.requests_per_address
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "one-address"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }
}
