variable "name" {
  type        = string
  description = "Name of the installation, in front of everything's own."
}

variable "balancer_domain_name" {
  type        = string
  description = "Where the balancer is found."
}

variable "balancer_encrypted" {
  type        = bool
  description = "Whether the balancer has a certificate for the names that people ask for."
}

variable "origin_secret" {
  type        = string
  description = "What the balancer wants to see in the header X-Origin-Verify."
  sensitive   = true
}

variable "page_bucket" {
  type        = object({ name = string, domain_name = string })
  description = "Bucket of the page."
}

variable "logs_bucket_arn" {
  type        = string
  description = "Bucket of access logs."
}

variable "domain_name" {
  type        = string
  description = "Name that people ask for, such as code.example.org. Null: a name of CloudFront's."
  default     = null

  validation {
    condition     = (var.domain_name == null) == (var.certificate_arn == null)
    error_message = "Set domain_name and certificate_arn both, or neither: one is nothing without the other."
  }
}

variable "certificate_arn" {
  type        = string
  description = "Certificate in ACM for domain_name, in us-east-1, where CloudFront looks for it."
  default     = null

  validation {
    condition     = var.certificate_arn == null ? true : can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.certificate_arn))
    error_message = "Set certificate_arn to a certificate in us-east-1: CloudFront takes none of another region."
  }
}

variable "price_class" {
  type        = string
  description = "Where in the world CloudFront answers from."
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "Set price_class to PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "firewall" {
  type        = bool
  description = "Whether a web application firewall looks at each request first."
}

variable "requests_per_address" {
  type        = number
  description = "Requests from one address in five minutes beyond which the firewall refuses more. An office has one address."
  default     = 10000

  validation {
    condition     = var.requests_per_address >= 100
    error_message = "Set requests_per_address to 100 or more."
  }
}
