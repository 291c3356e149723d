output "url" {
  description = "Where servers find the database. Name and password come from a secret, as PGUSER and PGPASSWORD."
  value       = "postgres://${aws_db_instance.this.endpoint}/${local.database}?sslmode=${local.ssl_mode}"
}

output "identifier" {
  description = "The instance, as RDS and its numbers name it."
  value       = aws_db_instance.this.identifier
}

output "master_secret_arn" {
  description = "Secret with the owner's password."
  value       = local.owner_secret_arn
}

output "migration_task_arn" {
  description = "Task that brings the schema forward."
  value       = aws_ecs_task_definition.migration.arn
}
