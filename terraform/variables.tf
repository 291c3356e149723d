variable "environment" {
  type        = string
  description = "Which installation this is."

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "Set environment to dev, staging or prod; what distinguishes them is in environments/."
  }
}

variable "region" {
  type        = string
  description = "Where all of it is, but for what CloudFront wants in us-east-1."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d$", var.region))
    error_message = "Set region to one such as eu-central-1."
  }
}

variable "release" {
  type        = string
  description = "Tag of the images that run, such as 1.4.0. scripts/deploy.sh and rollback.sh write it."

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.release)) && var.release != "latest"
    error_message = "Set release to the tag of images that were pushed, such as 1.4.0; not latest, to which nobody can roll back."
  }
}

# Network

variable "vpc_cidr" {
  type        = string
  description = "Addresses of the network."
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr))
    error_message = "Set vpc_cidr to an IPv4 network such as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  type        = list(string)
  description = "Zones to live in, two or more of the region."

  validation {
    condition     = length(distinct(var.availability_zones)) >= 2
    error_message = "Set availability_zones to two different zones or more, such as [\"eu-central-1a\", \"eu-central-1b\"]: the balancer and the database want them."
  }
  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "Set availability_zones to zones of ${var.region}."
  }
}

variable "public_subnet_cidrs" {
  type        = list(string)
  description = "Addresses of the balancer's subnets, one for each zone."
  default     = ["10.0.0.0/24", "10.0.1.0/24"]

  validation {
    condition     = length(var.public_subnet_cidrs) == length(var.availability_zones) && alltrue([for cidr in var.public_subnet_cidrs : can(cidrnetmask(cidr))])
    error_message = "Set public_subnet_cidrs to one IPv4 network for each of availability_zones."
  }
}

variable "private_subnet_cidrs" {
  type        = list(string)
  description = "Addresses of the subnets of tasks, database and Redis, one for each zone."
  default     = ["10.0.10.0/24", "10.0.11.0/24"]

  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.availability_zones) && alltrue([for cidr in var.private_subnet_cidrs : can(cidrnetmask(cidr))])
    error_message = "Set private_subnet_cidrs to one IPv4 network for each of availability_zones."
  }
}

variable "nat_gateway_per_zone" {
  type        = bool
  description = "Whether each zone has its own way out. One for all is cheaper, and goes down with its zone."
  default     = true

  validation {
    condition     = var.nat_gateway_per_zone || var.environment != "prod"
    error_message = "Set nat_gateway_per_zone to true in prod: with one for all, all go down with its zone."
  }
}

# Names and certificates

variable "domain_name" {
  type        = string
  description = "Name that people ask for, such as code.example.org. Null: a name of CloudFront's."
  default     = null

  validation {
    condition     = var.domain_name == null ? true : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "Set domain_name to a name such as code.example.org, without https://."
  }
  validation {
    condition     = var.domain_name != null || var.environment != "prod"
    error_message = "Set domain_name in prod: without it, and a certificate for it, passwords go from CloudFront to the balancer unencrypted."
  }
}

variable "certificate_arn" {
  type        = string
  description = "Certificate in ACM for domain_name, in this region, for the balancer."
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.domain_name == null)
    error_message = "Set certificate_arn to a certificate for domain_name in ${var.region}, or leave away both."
  }
  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:aws[a-z-]*:acm:${var.region}:\\d{12}:certificate/", var.certificate_arn))
    error_message = "Set certificate_arn to a certificate in ${var.region}: the balancer takes none of another region."
  }
}

variable "cloudfront_certificate_arn" {
  type        = string
  description = "Certificate in ACM for domain_name, in us-east-1, for CloudFront."
  default     = null

  validation {
    condition     = (var.cloudfront_certificate_arn == null) == (var.domain_name == null)
    error_message = "Set cloudfront_certificate_arn to a certificate for domain_name in us-east-1, or leave away both."
  }
}

variable "price_class" {
  type        = string
  description = "Where in the world CloudFront answers from: PriceClass_100 (Europe and North America), PriceClass_200 or PriceClass_All."
  default     = "PriceClass_100"
}

variable "firewall" {
  type        = bool
  description = "Whether a web application firewall stands in front."
  default     = false
}

# Servers

variable "repository_prefix" {
  type        = string
  description = "In front of the repositories' names, such as dev/, where environments share an account."
  default     = ""
}

variable "cpu_architecture" {
  type        = string
  description = "Processor of the tasks: X86_64 or ARM64."
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "Set cpu_architecture to X86_64 or ARM64."
  }
}

variable "api" {
  type        = object({ cpu = number, memory = number, tasks_min = number, tasks_max = number })
  description = "Servers of the role api: CPU units, MiB, fewest and most tasks."
}

variable "websocket" {
  type        = object({ cpu = number, memory = number, tasks_min = number, tasks_max = number, sockets_per_task = number })
  description = "Servers of the role websocket: CPU units, MiB, fewest and most tasks, sockets of a task beyond which there will be more."

  validation {
    condition     = var.websocket.sockets_per_task >= 50 && var.websocket.sockets_per_task <= 10000
    error_message = "Set sockets_per_task of websocket to 50 up to 10000."
  }
}

variable "registration" {
  type        = string
  description = "Whether anybody may make an account: open or closed."
  default     = "closed"

  validation {
    condition     = contains(["open", "closed"], var.registration)
    error_message = "Set registration to open or closed."
  }
}

variable "settings" {
  type        = map(string)
  description = "Other variables of the server, as docs/operations.md has them."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "CODESYNC_")])
    error_message = "Set in settings only variables of the server, which begin with CODESYNC_: it refuses others."
  }
}

# Secrets

variable "jwt_secret_arn" {
  type        = string
  description = "Secret that signs access tokens. Null has one generated, which goes with the environment."
  default     = null

  validation {
    condition     = var.jwt_secret_arn != null || var.environment != "prod"
    error_message = "Set jwt_secret_arn in prod: scripts/jwt-secret.sh makes a secret that outlives the environment, and prints its ARN."
  }
  validation {
    condition     = var.jwt_secret_arn == null ? true : can(regex("^arn:aws[a-z-]*:secretsmanager:${var.region}:\\d{12}:secret:", var.jwt_secret_arn))
    error_message = "Set jwt_secret_arn to the ARN of a secret in ${var.region}; scripts/jwt-secret.sh makes one and prints it."
  }
}

variable "jwt_secret_previous_arn" {
  type        = string
  description = "The secret before that, while keys are exchanged (docs/operations.md)."
  default     = null
}

# What it stands on

variable "database_instance_class" {
  type        = string
  description = "Size of the database, such as db.t3.micro."
}

variable "database_storage_gib" {
  type        = number
  description = "Storage of the database at the beginning, in GiB. It grows by itself to five times that."
  default     = 20
}

variable "database_connections_max" {
  type        = number
  description = "Connections that the database takes."
}

variable "database_connections_per_task" {
  type        = number
  description = "Connections of a task for everything but appending, for which it has four more."
  default     = 3

  validation {
    condition     = var.database_connections_per_task >= 2
    error_message = "Set database_connections_per_task to 2 or more."
  }
  # Ten stay for migrations, for what RDS does by itself, and for somebody who looks.
  validation {
    condition     = (var.api.tasks_max + var.websocket.tasks_max) * (var.database_connections_per_task + 4) + 10 <= var.database_connections_max
    error_message = "Set database_connections_max to ${(var.api.tasks_max + var.websocket.tasks_max) * (var.database_connections_per_task + 4) + 10} or more, with a database_instance_class that has memory for them, or lower database_connections_per_task or tasks_max: as many tasks as there may be would not all be let in."
  }
}

variable "database_certificate_authorities" {
  type        = string
  description = "Certificates of RDS in this region, in PEM; scripts/database-certificates.sh writes them to a file."
  default     = null
}

variable "redis_node_type" {
  type        = string
  description = "Size of Redis, such as cache.t3.micro."
}

variable "redis_nodes" {
  type        = number
  description = "Primary and replicas of Redis together."
  default     = 2
}

variable "deletion_protection" {
  type        = bool
  description = "Whether database and balancer refuse to be deleted."
  default     = true

  validation {
    condition     = var.deletion_protection || var.environment != "prod"
    error_message = "Set deletion_protection to true in prod. To take prod down, the README says what comes before."
  }
}

# Watching

variable "log_days" {
  type        = number
  description = "Days that logs are kept."
  default     = 30
}

variable "alarm_emails" {
  type        = list(string)
  description = "Who is told of alarms by e-mail."
  default     = []
}

variable "alarm_subscribers" {
  type        = map(object({ protocol = string, endpoint = string }))
  description = "Who else is told of alarms: { pager = { protocol = \"https\", endpoint = \"https://…\" } }."
  default     = {}
}
