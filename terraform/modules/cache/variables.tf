variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."

  validation {
    condition     = length(var.name) <= 40
    error_message = "Set name to 40 characters at most: ElastiCache takes no more."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets, of two zones at least."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Set subnet_ids to subnets of two zones or more: the replica lives in the other one."
  }
}

variable "security_group_ids" {
  type        = list(string)
  description = "Groups that let the tasks in."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of what is kept, and of the secrets."
}

variable "node_type" {
  type        = string
  description = "Size, such as cache.t3.micro."

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.node_type))
    error_message = "Set node_type to one such as cache.t3.micro."
  }
}

variable "nodes" {
  type        = number
  description = "Primary and replicas together."
  default     = 2

  validation {
    condition     = var.nodes >= 2 && var.nodes <= 6
    error_message = "Set nodes to 2 up to 6: one alone has nobody to take over."
  }
}
