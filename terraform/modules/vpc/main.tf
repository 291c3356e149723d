# The network: public subnets for the balancer alone, private ones for all else.

data "aws_region" "current" {}

locals {
  public  = zipmap(var.availability_zones, var.public_subnet_cidrs)
  private = zipmap(var.availability_zones, var.private_subnet_cidrs)
  exits   = toset(var.nat_gateway_per_zone ? var.availability_zones : slice(var.availability_zones, 0, 1))

  # First and last address of each network, as numbers.
  networks = { for cidr in concat([var.cidr], var.public_subnet_cidrs, var.private_subnet_cidrs) : cidr => {
    first = sum([for place, byte in split(".", cidrhost(cidr, 0)) : tonumber(byte) * pow(256, 3 - place)])
    last  = sum([for place, byte in split(".", cidrhost(cidr, -1)) : tonumber(byte) * pow(256, 3 - place)])
  } }
  subnets = concat(var.public_subnet_cidrs, var.private_subnet_cidrs)
  overlapping = distinct(flatten([for i, one in local.subnets : [for j, other in local.subnets : "${one} and ${other}"
    if i < j && local.networks[one].first <= local.networks[other].last && local.networks[other].first <= local.networks[one].last
  ]]))
  outside = [for cidr in local.subnets : cidr
  if local.networks[cidr].first < local.networks[var.cidr].first || local.networks[cidr].last > local.networks[var.cidr].last]
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(local.overlapping) == 0
      error_message = "Subnets overlap: ${join(", ", local.overlapping)}. Set public_subnet_cidrs and private_subnet_cidrs apart from each other."
    }
    precondition {
      condition     = length(local.outside) == 0
      error_message = "Not in ${var.cidr}: ${join(", ", local.outside)}. Set public_subnet_cidrs and private_subnet_cidrs within vpc_cidr."
    }
  }
}

# Whoever forgets to name a group gets this one, which lets nothing through.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.public

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.private

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_eip" "nat" {
  for_each = local.exits

  domain = "vpc"
  tags   = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.exits

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = local.public

  route_table_id = aws_route_table.public.id
  subnet_id      = aws_subnet.public[each.key].id
}

resource "aws_route_table" "private" {
  for_each = local.private

  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route" "private" {
  for_each = local.private

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[var.nat_gateway_per_zone ? each.key : var.availability_zones[0]].id
}

resource "aws_route_table_association" "private" {
  for_each = local.private

  route_table_id = aws_route_table.private[each.key].id
  subnet_id      = aws_subnet.private[each.key].id
}

# Snapshots and images come and go without the NAT gateway, which is paid by the byte.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  tags              = { Name = "${var.name}-s3" }
}

resource "aws_flow_log" "this" {
  vpc_id               = aws_vpc.this.id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = var.log_group_arn
  iam_role_arn         = aws_iam_role.flow_log.arn
}

resource "aws_iam_role" "flow_log" {
  name = "${var.name}-flow-log"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "flow_log" {
  name = "write"
  role = aws_iam_role.flow_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], Resource = "${var.log_group_arn}:*" },
      # It looks for the group among all of them.
      { Effect = "Allow", Action = "logs:DescribeLogGroups", Resource = "*" },
    ]
  })
}
