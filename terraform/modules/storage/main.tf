# Three buckets: the page, the documents, and who asked for what. All are private, keep versions and
# speak TLS alone.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # Of the whole world, bucket names are unique; of one account, ours are.
  buckets = { for purpose in ["page", "documents", "logs"] : purpose => "${var.name}-${data.aws_caller_identity.current.account_id}-${purpose}" }
  arns    = { for purpose, name in local.buckets : purpose => "arn:${data.aws_partition.current.partition}:s3:::${name}" }

  over_tls = { for purpose, arn in local.arns : purpose => {
    Sid       = "TlsAlone"
    Effect    = "Deny"
    Action    = "s3:*"
    Resource  = [arn, "${arn}/*"]
    Principal = "*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  } }

  own_account = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }

  allowed = {
    documents = []
    logs = [
      {
        # For whom it writes, it says in the path alone.
        Sid       = "Balancer"
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = "${local.arns.logs}/balancer/AWSLogs/${data.aws_caller_identity.current.account_id}/*"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
      },
      {
        Sid       = "Buckets"
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = "${local.arns.logs}/buckets/*"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Condition = local.own_account
      },
      {
        Sid       = "CloudFront"
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = "${local.arns.logs}/cloudfront/*"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Condition = local.own_account
      },
    ]
  }

  # What is done with what grows old. Both kinds of Glacier keep it; from instant retrieval a document
  # opens as before.
  ageing = {
    page      = { transitions = {}, expiration = null, old_transitions = {}, old_days = 90 }
    documents = { transitions = { GLACIER_IR = 90 }, expiration = null, old_transitions = { GLACIER = 30 }, old_days = var.deleted_days }
    logs      = { transitions = {}, expiration = var.log_days, old_transitions = {}, old_days = 1 }
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Another region would hold people's texts in another country; versions and backups are in this one
  #checkov:skip=CKV2_AWS_61:Each has one, aws_s3_bucket_lifecycle_configuration.this; the check does not see through its for_each
  #checkov:skip=CKV2_AWS_62:Nothing waits for an object to come
  #checkov:skip=CKV_AWS_145:Documents have our key; the page is public, and the balancer writes logs with the key of S3 alone
  #checkov:skip=CKV_AWS_18:The page and the documents are logged; the logs' own bucket would log itself without an end
  for_each = local.buckets

  bucket = each.value
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  rule {
    bucket_key_enabled = each.key == "documents"
    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "documents" ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "documents" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.allowed

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = concat([local.over_tls[each.key]], each.value) })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# By itself: the distribution waits for the balancer, and the balancer for the logs.
resource "aws_s3_bucket_policy" "page" {
  bucket = aws_s3_bucket.this["page"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [local.over_tls.page, {
      Sid       = "OurDistribution"
      Effect    = "Allow"
      Action    = "s3:GetObject"
      Resource  = "${local.arns.page}/*"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Condition = { StringEquals = { "AWS:SourceArn" = var.distribution_arn } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_logging" "this" {
  for_each = toset(["page", "documents"])

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "buckets/${each.key}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.ageing

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "age"
    status = "Enabled"
    filter {}

    dynamic "transition" {
      for_each = each.value.transitions
      content {
        storage_class = transition.key
        days          = transition.value
      }
    }
    dynamic "expiration" {
      for_each = each.value.expiration == null ? [] : [each.value.expiration]
      content {
        days = expiration.value
      }
    }
    dynamic "noncurrent_version_transition" {
      for_each = each.value.old_transitions
      content {
        storage_class   = noncurrent_version_transition.key
        noncurrent_days = noncurrent_version_transition.value
      }
    }
    noncurrent_version_expiration {
      noncurrent_days = each.value.old_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
