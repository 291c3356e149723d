output "dns_name" {
  description = "Where CloudFront finds the balancer. It answers nobody else."
  value       = aws_lb.this.dns_name
}

output "target_group_arns" {
  description = "Where each role's tasks are registered, once requests come there."
  value       = { for role, group in aws_lb_target_group.this : role => group.arn }
  depends_on  = [aws_lb_listener_rule.this]
}

output "dimensions" {
  description = "What the balancer's numbers are told apart by: itself, and each role's target group."
  value = {
    balancer = aws_lb.this.arn_suffix
    targets  = { for role, group in aws_lb_target_group.this : role => group.arn_suffix }
  }
}
