output "url_secret_arn" {
  description = "Secret with the address of Redis, password included."
  value       = aws_cloudformation_stack.url.outputs["Url"]
}

output "node_ids" {
  description = "Nodes, as their numbers name them."
  value       = [for number in range(var.nodes) : format("%s-%03d", var.name, number + 1)]
}
