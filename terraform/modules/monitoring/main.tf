# Where logs go, and who is told when something is wrong.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  namespace = "CodeSync"
  logs = {
    api       = "/ecs/${var.name}-api"
    websocket = "/ecs/${var.name}-websocket"
    migrate   = "/ecs/${var.name}-migrate"
    metrics   = "/ecs/${var.name}-metrics"
    network   = "/vpc/${var.name}"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long is a choice (log_days): what is kept of people should not be kept for long
  for_each = local.logs

  name              = each.value
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "other" {
  for_each = var.subscribers

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}
