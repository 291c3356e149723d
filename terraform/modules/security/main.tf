# Who may reach what on the network.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  ports     = { api = 3000, websocket = 3001 }

  # One way for each pair that has something to say to each other; all else is closed.
  between = {
    balancer_to_api       = { from = "balancer", to = "tasks", port = local.ports.api }
    balancer_to_websocket = { from = "balancer", to = "tasks", port = local.ports.websocket }
    tasks_to_database     = { from = "tasks", to = "database", port = 5432 }
    tasks_to_cache        = { from = "tasks", to = "cache", port = 6379 }
  }
  groups = {
    balancer = "Takes what comes from CloudFront"
    tasks    = "Servers and migrations"
    database = "Postgres"
    cache    = "Redis"
  }
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:The groups are attached in the modules alb, database, cache and ecs-service
  for_each = local.groups

  name                   = "${var.name}-${each.key}"
  description            = each.value
  vpc_id                 = var.vpc_id
  revoke_rules_on_delete = true
  tags                   = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each = local.between

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = "From ${each.value.from}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "between" {
  for_each = local.between

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = "To ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# The balancer cannot be reached past CloudFront, whose word about a client's address is believed.
# One port a rule: the list counts as some fifty of the sixty rules that a group may have, unless the
# quota was raised, so that the balancer has a second group for the second port.
resource "aws_security_group" "entrance" {
  #checkov:skip=CKV2_AWS_5:Attached in the module alb
  for_each = { http = 80, https = 443 }

  name                   = "${var.name}-entrance-${each.key}"
  description            = "CloudFront to the balancer's port ${each.value}"
  vpc_id                 = var.vpc_id
  revoke_rules_on_delete = true
  tags                   = { Name = "${var.name}-entrance-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "entrance" {
  #checkov:skip=CKV_AWS_260:From the addresses of CloudFront alone
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.entrance[each.key].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  description       = "From CloudFront"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

# AWS's own interfaces, and the registry that the collector's image comes from.
resource "aws_vpc_security_group_egress_rule" "tasks_to_aws" {
  security_group_id = aws_security_group.this["tasks"].id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "To the interfaces of AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# What CloudFront knows and nobody else: other people's distributions come from the same addresses.
# It is in the state, like all that the balancer is told; it opens nothing but a login page.
resource "random_password" "origin" {
  length  = 48
  special = false
}
