variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "vpc_id" {
  type        = string
  description = "Network that the security groups are of."
}

variable "key_deletion_days" {
  type        = number
  description = "Days in which the deletion of a key can be taken back."
  default     = 30

  validation {
    condition     = var.key_deletion_days >= 7 && var.key_deletion_days <= 30
    error_message = "Set key_deletion_days to 7 up to 30."
  }
}

variable "jwt_secret_arn" {
  type        = string
  description = "Secret that signs access tokens, at least 32 random bytes. Null has one generated."
  default     = null

  validation {
    condition     = var.jwt_secret_arn == null ? true : can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\\d{12}:secret:.+", var.jwt_secret_arn))
    error_message = "Set jwt_secret_arn to the ARN of a secret in Secrets Manager; scripts/jwt-secret.sh makes one and prints it."
  }
}

variable "jwt_secret_previous_arn" {
  type        = string
  description = "The secret before that, accepted while its tokens live. Null outside of an exchange of keys."
  default     = null

  validation {
    condition     = var.jwt_secret_previous_arn == null ? true : can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\\d{12}:secret:.+", var.jwt_secret_previous_arn))
    error_message = "Set jwt_secret_previous_arn to the ARN of a secret in Secrets Manager, or leave it away."
  }
}

variable "database_master_secret_arn" {
  type        = string
  description = "Secret with the password of the database's owner, for migrations alone."
}

variable "redis_url_secret_arn" {
  type        = string
  description = "Secret with the address of Redis, password included."
}

variable "documents_bucket_arn" {
  type        = string
  description = "Bucket of snapshots and packed edits."
}

variable "repository_arns" {
  type        = map(string)
  description = "Repositories that images are pulled from, by the name of their image."
}

variable "log_group_arns" {
  type        = map(string)
  description = "Log groups that tasks write to, by purpose: api, websocket, migrate, metrics."
}
