output "name" {
  description = "The cluster."
  value       = aws_ecs_cluster.this.name
}

output "arn" {
  description = "The cluster, for services."
  value       = aws_ecs_cluster.this.arn
}

output "repository_urls" {
  description = "Where images are pushed to, by name."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "The repositories, for policies, by name."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.arn }
}
