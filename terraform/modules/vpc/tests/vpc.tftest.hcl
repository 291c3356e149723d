mock_provider "aws" {}

variables {
  name                 = "codesync-test"
  cidr                 = "10.0.0.0/16"
  availability_zones   = ["eu-central-1a", "eu-central-1b"]
  public_subnet_cidrs  = ["10.0.0.0/24", "10.0.1.0/24"]
  private_subnet_cidrs = ["10.0.10.0/24", "10.0.11.0/24"]
  nat_gateway_per_zone = true
  log_group_arn        = "arn:aws:logs:eu-central-1:123456789012:log-group:flow"
}

run "two_zones_have_a_subnet_of_each_kind_and_their_own_way_out" {
  assert {
    condition     = toset([for subnet in aws_subnet.private : subnet.availability_zone]) == toset(var.availability_zones)
    error_message = "A zone has no private subnet."
  }
  assert {
    condition     = toset([for subnet in aws_subnet.public : subnet.availability_zone]) == toset(var.availability_zones)
    error_message = "A zone has no public subnet."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 2 && alltrue([for zone, route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "A zone goes out through another one."
  }
  assert {
    condition     = length(output.private_subnet_ids) == 2 && length(output.public_subnet_ids) == 2
    error_message = "The outputs name each zone's subnets."
  }
}

run "nothing_gets_a_public_address_by_itself" {
  assert {
    condition     = !anytrue([for subnet in aws_subnet.public : subnet.map_public_ip_on_launch])
    error_message = "A machine in a public subnet would be public."
  }
  assert {
    condition     = toset([for route in aws_route_table_association.private : route.route_table_id]) == toset([for table in aws_route_table.private : table.id])
    error_message = "A private subnet has another table than its own."
  }
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL"
    error_message = "Refused connections are seen, too."
  }
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "S3 is reached without the NAT gateway."
  }
}

run "one_way_out_serves_all_zones_where_that_is_enough" {
  variables {
    nat_gateway_per_zone = false
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(distinct([for route in aws_route.private : route.nat_gateway_id])) == 1
    error_message = "There is more than one NAT gateway."
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    availability_zones   = ["eu-central-1a"]
    public_subnet_cidrs  = ["10.0.0.0/24"]
    private_subnet_cidrs = ["10.0.10.0/24"]
  }
  expect_failures = [var.availability_zones]
}

run "overlapping_subnets_are_refused" {
  command = plan
  variables {
    private_subnet_cidrs = ["10.0.1.128/25", "10.0.11.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "a_subnet_outside_of_the_network_is_refused" {
  command = plan
  variables {
    private_subnet_cidrs = ["10.0.10.0/24", "10.1.0.0/24"]
  }
  expect_failures = [aws_vpc.this]
}

run "a_zone_without_a_subnet_is_refused" {
  command = plan
  variables {
    public_subnet_cidrs = ["10.0.0.0/24"]
  }
  expect_failures = [var.public_subnet_cidrs]
}
