output "id" {
  description = "The distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "arn" {
  description = "The distribution, for policies."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "CloudFront's own name of it, which a name of one's own points to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "url" {
  description = "Where people go."
  value       = "https://${coalesce(var.domain_name, aws_cloudfront_distribution.this.domain_name)}"
}
