variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets, of two zones at least."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Set subnet_ids to subnets of two zones or more: the standby lives in the other one."
  }
}

variable "security_group_ids" {
  type        = list(string)
  description = "Groups that let the tasks in."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the storage, its backups and the owner's password."
}

variable "engine_version" {
  type        = string
  description = "Major version of PostgreSQL; minor ones come by themselves."
  default     = "17"

  validation {
    condition     = can(regex("^(15|16|17|18)$", var.engine_version))
    error_message = "Set engine_version to a major version from 15 to 18."
  }
}

variable "instance_class" {
  type        = string
  description = "Size, such as db.t3.micro."

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "Set instance_class to one such as db.t3.micro."
  }
}

variable "storage_gib" {
  type        = number
  description = "Storage at the beginning, in GiB. It grows by itself to five times that."

  validation {
    condition     = var.storage_gib >= 20 && var.storage_gib <= 10000
    error_message = "Set storage_gib to 20 up to 10000."
  }
}

variable "connections_max" {
  type        = number
  description = "Connections that Postgres takes."

  validation {
    condition     = var.connections_max >= 25 && var.connections_max <= 5000
    error_message = "Set connections_max to 25 up to 5000."
  }
}

variable "backup_days" {
  type        = number
  description = "Days back to any second of which the database can be restored."
  default     = 7

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "Set backup_days to 7 up to 35."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether the database refuses to be deleted."
}

variable "certificate_authorities" {
  type        = string
  description = "Certificates of RDS in this region, in PEM. Null: traffic is encrypted, but nobody checks with whom."
  default     = null

  validation {
    condition     = var.certificate_authorities == null ? true : startswith(trimspace(var.certificate_authorities), "-----BEGIN CERTIFICATE-----") && endswith(trimspace(var.certificate_authorities), "-----END CERTIFICATE-----")
    error_message = "Set certificate_authorities to certificates in PEM; scripts/database-certificates.sh fetches them."
  }
}

variable "migration" {
  type = object({
    image              = string
    cpu_architecture   = string
    execution_role_arn = string
    serving_secret_arn = string
    log_group_name     = string
  })
  description = "What the task that brings the schema forward is made of."
}
