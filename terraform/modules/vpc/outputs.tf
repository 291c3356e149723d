output "id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets that the internet reaches, one for each zone."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
  depends_on  = [aws_route.public, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Subnets that the internet does not reach, with their way out, one for each zone."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
  depends_on  = [aws_route.private, aws_route_table_association.private, aws_vpc_endpoint.s3]
}
