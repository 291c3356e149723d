variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "role" {
  type        = string
  description = "What the service serves: api or websocket."

  validation {
    condition     = contains(["api", "websocket"], var.role)
    error_message = "Set role to api or websocket."
  }
}

variable "environment" {
  type        = string
  description = "Environment, by which numbers are told apart."
}

variable "cluster" {
  type        = object({ name = string, arn = string })
  description = "Cluster that the tasks run in."
}

variable "image" {
  type        = string
  description = "Image with its tag."

  validation {
    condition     = can(regex(":[A-Za-z0-9._-]+$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Set image to one with a tag that always names the same, not latest: else there is nothing to roll back to."
  }
}

variable "cpu" {
  type        = number
  description = "CPU units of a task, of which a processor has 1024."

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "Set cpu to 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory" {
  type        = number
  description = "Memory of a task in MiB."

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu && (var.memory % 1024 == 0 || var.cpu == 256)
    error_message = "Set memory to 2 up to 8 times cpu, in steps of 1024: Fargate has no other sizes."
  }
}

variable "cpu_architecture" {
  type        = string
  description = "Processor of the tasks: X86_64 or ARM64. The images must be built for it."
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "Set cpu_architecture to X86_64 or ARM64."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets, of two zones at least."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Set subnet_ids to subnets of two zones or more: the service outlives one of them."
  }
}

variable "security_group_ids" {
  type        = list(string)
  description = "Groups that let the balancer in."
}

variable "target_group_arn" {
  type        = string
  description = "Where tasks are registered with the balancer."
}

variable "execution_role_arn" {
  type        = string
  description = "Role that starts the task."
}

variable "task_role_arn" {
  type        = string
  description = "Role of the running task."
}

variable "settings" {
  type        = map(string)
  description = "Variables of the server beside those of its role. Nothing secret."

  validation {
    condition     = !anytrue([for name in keys(var.settings) : can(regex("SECRET|PASSWORD|TOKEN|REDIS_URL", name))])
    error_message = "Set what is secret in secrets, by ARN: settings can be read by whoever may look at the task."
  }
}

variable "secrets" {
  type        = map(string)
  description = "Variables of the server that are secrets, by ARN."

  validation {
    condition     = length(var.secrets) > 0 && alltrue([for arn in values(var.secrets) : can(regex("^arn:aws[a-z-]*:secretsmanager:", arn))])
    error_message = "Set each of secrets to the ARN of a secret in Secrets Manager."
  }
}

variable "tasks" {
  type        = object({ min = number, max = number })
  description = "Fewest and most tasks."

  validation {
    condition     = var.tasks.min >= 2 && var.tasks.max >= var.tasks.min && var.tasks.max <= 200
    error_message = "Set tasks to a min of 2 or more, so that one may fail, and a max of at least that and at most 200."
  }
}

variable "sockets_per_task" {
  type        = number
  description = "Sockets of a task beyond which there will be more tasks. For websocket alone."
  default     = null

  validation {
    condition     = (var.role == "websocket") == (var.sockets_per_task != null)
    error_message = "Set sockets_per_task for the role websocket, and for no other."
  }
}

variable "log_groups" {
  type        = object({ server = string, metrics = string })
  description = "Log groups of the server and of its numbers."
}

variable "metric_namespace" {
  type        = string
  description = "Namespace of the server's numbers in CloudWatch."
}

variable "collector_image" {
  type        = string
  description = "Image of the AWS Distro for OpenTelemetry, which carries the server's numbers to CloudWatch."
  default     = "public.ecr.aws/aws-observability/aws-otel-collector:v0.47.0"
}
