# One key for what people write, and one for what operators read about it.

locals {
  own_account = {
    Sid       = "AccountDecidesByItsOwnPolicies"
    Effect    = "Allow"
    Action    = "kms:*"
    Resource  = "*"
    Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
  }
}

resource "aws_kms_key" "data" {
  description             = "${var.name}: database, cache, documents, secrets, images"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_days
  policy                  = jsonencode({ Version = "2012-10-17", Statement = [local.own_account] })
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_kms_key" "operations" {
  description             = "${var.name}: logs and alarms"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_days

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.own_account,
      {
        Sid       = "LogsOfThisAccount"
        Effect    = "Allow"
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Principal = { Service = "logs.${data.aws_region.current.region}.amazonaws.com" }
        Condition = { ArnLike = {
          "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${data.aws_region.current.region}:${local.account}:log-group:*"
        } }
      },
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_kms_alias" "operations" {
  name          = "alias/${var.name}-operations"
  target_key_id = aws_kms_key.operations.key_id
}
