variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."

  validation {
    condition     = length(var.name) <= 22
    error_message = "Set name to 22 characters at most: with what follows it, a target group's name has 32."
  }
}

variable "vpc_id" {
  type        = string
  description = "Network of the tasks."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Public subnets, of two zones at least."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Set subnet_ids to subnets of two zones or more: a balancer wants them."
  }
}

variable "security_group_ids" {
  type        = list(string)
  description = "Groups that let CloudFront in."
}

variable "certificate_arn" {
  type        = string
  description = "Certificate in ACM, in this region, for the name that people ask for. Null: HTTP between CloudFront and here."
  default     = null
}

variable "origin_secret" {
  type        = string
  description = "What CloudFront shows in the header X-Origin-Verify."
  sensitive   = true
}

variable "log_bucket" {
  type        = string
  description = "Bucket of access logs."
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the balancer refuses to be deleted."
}
