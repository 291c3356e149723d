variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "cidr" {
  type        = string
  description = "Addresses of the network, such as 10.0.0.0/16."

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) <= 24, false)
    error_message = "Set cidr to an IPv4 network of /24 or larger, such as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Zones to live in, such as [\"eu-central-1a\", \"eu-central-1b\"]."

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones) && length(var.availability_zones) >= 2
    error_message = "Set availability_zones to two different zones or more: the balancer and the database want them."
  }
}

variable "public_subnet_cidrs" {
  type        = list(string)
  description = "Addresses of the balancer's subnets, one for each zone."

  validation {
    condition     = length(var.public_subnet_cidrs) == length(var.availability_zones)
    error_message = "Set public_subnet_cidrs to one network for each of availability_zones."
  }
}

variable "private_subnet_cidrs" {
  type        = list(string)
  description = "Addresses of the subnets of tasks, database and cache, one for each zone."

  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.availability_zones)
    error_message = "Set private_subnet_cidrs to one network for each of availability_zones."
  }
}

variable "nat_gateway_per_zone" {
  type        = bool
  description = "Whether each zone has its own way out. One for all is cheaper, and goes down with its zone."
}

variable "log_group_arn" {
  type        = string
  description = "Log group that learns of each connection made or refused."
}
