variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the images."
}

variable "repository_prefix" {
  type        = string
  description = "In front of the repositories' names, such as dev/, where environments share an account."
  default     = ""

  validation {
    condition     = can(regex("^([a-z0-9]+([._-][a-z0-9]+)*/)?$", var.repository_prefix))
    error_message = "Set repository_prefix to small letters and digits with a slash at the end, such as dev/, or leave it away."
  }
}

variable "images_kept" {
  type        = number
  description = "Images of each repository that are kept to roll back to."
  default     = 30

  validation {
    condition     = var.images_kept >= 5 && var.images_kept <= 1000
    error_message = "Set images_kept to 5 up to 1000."
  }
}
