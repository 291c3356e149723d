variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "environment" {
  type        = string
  description = "Environment, by which the server's numbers are told apart."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of logs and alarms."
}

variable "log_days" {
  type        = number
  description = "Days that logs are kept."

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365, 731], var.log_days)
    error_message = "Set log_days to 7, 14, 30, 60, 90, 180, 365 or 731: CloudWatch knows no others."
  }
}

variable "emails" {
  type        = list(string)
  description = "Who is told of alarms by e-mail. Each must confirm once."

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", email))])
    error_message = "Set emails to addresses such as oncall@example.org."
  }
}

variable "subscribers" {
  type        = map(object({ protocol = string, endpoint = string }))
  description = "Who else is told of alarms, by a name of your choice: https, sms, lambda or sqs."
  default     = {}

  validation {
    condition     = alltrue([for it in values(var.subscribers) : contains(["https", "sms", "lambda", "sqs"], it.protocol)])
    error_message = "Set the protocol of subscribers to https, sms, lambda or sqs; e-mail has emails."
  }
}

variable "balancer" {
  type        = object({ balancer = string, targets = map(string) })
  description = "What the balancer's numbers are told apart by."
}

variable "cluster" {
  type        = string
  description = "Cluster of the services."
}

variable "services" {
  type        = map(string)
  description = "Service of each role."
}

variable "database" {
  type        = object({ identifier = string, connections_max = number, storage_gib = number })
  description = "The database and its bounds."
}

variable "cache_nodes" {
  type        = list(string)
  description = "Nodes of Redis."
}
