variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,38}$", var.name))
    error_message = "Set name to 2 up to 39 small letters, digits and hyphens: buckets are called after it."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the documents."
}

variable "distribution_arn" {
  type        = string
  description = "The distribution that reads the page."
}

variable "log_days" {
  type        = number
  description = "Days that access logs are kept."
  default     = 90

  validation {
    condition     = var.log_days >= 1
    error_message = "Set log_days to one day or more."
  }
}

variable "deleted_days" {
  type        = number
  description = "Days in which a deleted or replaced object can be brought back."
  default     = 365

  validation {
    condition     = var.deleted_days > 120
    error_message = "Set deleted_days to more than 120: what lies in Glacier is paid for 90 days, and goes there after 30."
  }
}
