output "namespace" {
  description = "Namespace of the server's numbers."
  value       = local.namespace
}

output "log_group_names" {
  description = "Log groups by purpose: api, websocket, migrate, metrics, network."
  value       = { for purpose, group in aws_cloudwatch_log_group.this : purpose => group.name }
}

output "log_group_arns" {
  description = "The same, for policies."
  value       = { for purpose, group in aws_cloudwatch_log_group.this : purpose => group.arn }
}

output "alarm_topic_arn" {
  description = "Where alarms are told."
  value       = aws_sns_topic.alarms.arn
}

output "server_metrics" {
  description = "The server's numbers that alarms and dashboard look at."
  value = sort(distinct(concat(
    [for alarm in values(local.alarms) : alarm.metric if alarm.namespace == local.namespace],
    flatten([for graph in local.graphs : [for row in graph.rows : row[1] if row[0] == local.namespace]]),
  )))
}
