output "cloudfront_url" {
  description = "Where people go."
  value       = module.cloudfront.url
}

output "cloudfront_id" {
  description = "The distribution, to take old pages out of it."
  value       = module.cloudfront.id
}

output "cloudfront_domain_name" {
  description = "What domain_name must point to, by CNAME or alias."
  value       = module.cloudfront.domain_name
}

output "alb_dns_name" {
  description = "The balancer, which answers CloudFront alone."
  value       = module.alb.dns_name
}

output "frontend_bucket_name" {
  description = "Where the page is uploaded to."
  value       = module.storage.page_bucket.name
}

output "documents_bucket_name" {
  description = "Where snapshots and packed edits lie."
  value       = module.storage.documents_bucket.name
}

output "repository_urls" {
  description = "Where images are pushed to, by name."
  value       = module.ecs_cluster.repository_urls
}

output "region" {
  description = "Where all of it is."
  value       = var.region
}

output "release" {
  description = "Tag of the images that run."
  value       = var.release
}

output "cpu_architecture" {
  description = "Processor of the tasks."
  value       = var.cpu_architecture
}

output "cluster_name" {
  description = "The cluster."
  value       = module.ecs_cluster.name
}

output "service_names" {
  description = "Service of each role."
  value       = { api = module.api.name, websocket = module.websocket.name }
}

output "migration" {
  description = "What scripts/migrate.sh runs, and where."
  value = {
    task            = module.database.migration_task_arn
    subnets         = module.vpc.private_subnet_ids
    security_groups = [module.security.security_group_ids["tasks"]]
    log_group       = module.monitoring.log_group_names["migrate"]
  }
}

output "database_identifier" {
  description = "The database, as RDS names it."
  value       = module.database.identifier
}

output "database_secret_arn" {
  description = "Secret with the name and the password of the servers in the database."
  value       = module.security.database_secret_arn
}

output "alarm_topic_arn" {
  description = "Where alarms are told."
  value       = module.monitoring.alarm_topic_arn
}
