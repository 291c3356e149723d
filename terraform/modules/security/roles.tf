# What tasks may do, and what Fargate may do to start them.

locals {
  for_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${data.aws_region.current.region}:${local.account}:*" }
      }
    }]
  })

  # What Fargate does before a container starts, by the kind of task.
  starting = {
    server = {
      repositories = values(var.repository_arns)
      logs         = [for purpose in ["api", "websocket", "metrics"] : "${var.log_group_arns[purpose]}:*"]
      secrets      = compact([local.jwt_secret_arn, var.jwt_secret_previous_arn, local.database_secret_arn, var.redis_url_secret_arn])
    }
    migration = {
      repositories = [var.repository_arns["codesync-api"]]
      logs         = ["${var.log_group_arns["migrate"]}:*"]
      secrets      = [var.database_master_secret_arn, local.database_secret_arn]
    }
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.starting

  name               = "${var.name}-start-${each.key}"
  description        = "Pulls the image, reads the secrets and opens the log of a ${each.key}"
  assume_role_policy = local.for_tasks
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.starting

  name = "start"
  role = aws_iam_role.execution[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # This one action knows no resource: it gives a token for what the next statement allows.
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      { Effect = "Allow", Action = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = each.value.repositories },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = each.value.logs },
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = each.value.secrets },
      {
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.data.arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.region}.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-server"
  description        = "A running server, and the collector beside it"
  assume_role_policy = local.for_tasks
}

resource "aws_iam_role_policy" "task" {
  name = "serve"
  role = aws_iam_role.task.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Objects", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = "${var.documents_bucket_arn}/*" },
      { Sid = "Listing", Effect = "Allow", Action = "s3:ListBucket", Resource = var.documents_bucket_arn },
      {
        Sid       = "TheirKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = aws_kms_key.data.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.region}.amazonaws.com" } }
      },
      { Sid = "Numbers", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], Resource = "${var.log_group_arns["metrics"]}:*" },
    ]
  })
}
