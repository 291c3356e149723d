output "page_bucket" {
  description = "Bucket of the browser's page: its name, and where CloudFront finds it."
  value       = { name = aws_s3_bucket.this["page"].id, domain_name = aws_s3_bucket.this["page"].bucket_regional_domain_name }
}

output "documents_bucket" {
  description = "Bucket of snapshots and packed edits."
  value       = { name = aws_s3_bucket.this["documents"].id, arn = local.arns.documents }
}

output "logs_bucket" {
  description = "Bucket of access logs, once it may be written to."
  value       = { name = aws_s3_bucket.this["logs"].id, arn = local.arns.logs }
  depends_on  = [aws_s3_bucket_policy.this]
}
