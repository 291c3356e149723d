output "balancer_security_group_ids" {
  description = "Groups of the balancer."
  value       = concat([aws_security_group.this["balancer"].id], [for group in aws_security_group.entrance : group.id])
  depends_on  = [aws_vpc_security_group_ingress_rule.entrance, aws_vpc_security_group_egress_rule.between]
}

output "security_group_ids" {
  description = "Groups of what stands behind the balancer, by name: tasks, database, cache."
  value       = { for name in ["tasks", "database", "cache"] : name => aws_security_group.this[name].id }
  depends_on = [
    aws_vpc_security_group_ingress_rule.between,
    aws_vpc_security_group_egress_rule.between,
    aws_vpc_security_group_egress_rule.tasks_to_aws,
  ]
}

output "proxy_cidrs" {
  description = "Where CloudFront comes from."
  value       = sort([for entry in data.aws_ec2_managed_prefix_list.cloudfront.entries : entry.cidr])
}

output "data_key_arn" {
  description = "Key of database, cache, documents, secrets and images."
  value       = aws_kms_key.data.arn
}

output "operations_key_arn" {
  description = "Key of logs and alarms."
  value       = aws_kms_key.operations.arn
}

output "execution_role_arns" {
  description = "Roles that start tasks, by kind: server, migration."
  value       = { for kind, role in aws_iam_role.execution : kind => role.arn }
  depends_on  = [aws_iam_role_policy.execution]
}

output "task_role_arn" {
  description = "Role of a running server."
  value       = aws_iam_role.task.arn
  depends_on  = [aws_iam_role_policy.task]
}

output "jwt_secret_arn" {
  description = "Secret that signs access tokens."
  value       = local.jwt_secret_arn
}

output "database_secret_arn" {
  description = "Secret with the name and the password of the servers in the database."
  value       = local.database_secret_arn
}

output "origin_secret" {
  description = "What CloudFront shows to the balancer."
  value       = random_password.origin.result
  sensitive   = true
}
