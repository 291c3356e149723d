output "name" {
  description = "The service, as ECS and its numbers name it."
  value       = aws_ecs_service.this.name
}

output "metrics" {
  description = "Names of the server's numbers that reach CloudWatch."
  value       = local.metrics
}
