# Valkey, which speaks as Redis does: news between servers, sessions, counters. It keeps nothing that
# is not elsewhere too, so that it is not backed up.

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name   = "${var.name}-valkey8"
  family = "valkey8"

  # What is forgotten is read from the database again.
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:Whoever comes has a name, a password and a list of what he may do (user_group_ids), which is more than a token
  replication_group_id = var.name
  description          = "${var.name}: news between servers"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = var.node_type
  parameter_group_name = aws_elasticache_parameter_group.this.name

  num_cache_clusters         = var.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = var.security_group_ids

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:04:30-sun:05:30"
  apply_immediately          = true
}

resource "aws_elasticache_user_group" "this" {
  engine        = "valkey"
  user_group_id = "${var.name}-servers"
  user_ids      = [aws_cloudformation_stack.user.outputs["User"]]
}

locals {
  # Everything under one name, and no orders to Redis itself but to say how it is.
  access = "on ~codesync:* &codesync:* +@all -@dangerous +info"
}

# The password is made up within AWS, and goes from one service of it to the other: no plan and no
# state holds it.
resource "aws_cloudformation_stack" "user" {
  #checkov:skip=CKV_AWS_124:Terraform waits for the stack and tells what became of it
  name = "${var.name}-cache-user"

  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = {
      Password = {
        Type = "AWS::SecretsManager::Secret"
        Properties = {
          Description          = "${var.name}: password of the servers in Redis"
          KmsKeyId             = var.kms_key_arn
          GenerateSecretString = { PasswordLength = 64, ExcludePunctuation = true }
        }
      }
      User = {
        Type = "AWS::ElastiCache::User"
        Properties = {
          UserId       = "${var.name}-server"
          UserName     = "codesync"
          Engine       = "valkey"
          AccessString = local.access
          Passwords    = [{ "Fn::Sub" = "{{resolve:secretsmanager:$${Password}}}" }]
        }
      }
    }
    Outputs = {
      Password = { Value = { Ref = "Password" } }
      User     = { Value = "${var.name}-server" }
    }
  })
}

# The server takes one address with everything in it.
resource "aws_cloudformation_stack" "url" {
  #checkov:skip=CKV_AWS_124:Terraform waits for the stack and tells what became of it
  name = "${var.name}-cache-url"

  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = {
      Url = {
        Type = "AWS::SecretsManager::Secret"
        Properties = {
          Description  = "${var.name}: address of Redis"
          KmsKeyId     = var.kms_key_arn
          SecretString = "rediss://codesync:{{resolve:secretsmanager:${aws_cloudformation_stack.user.outputs["Password"]}}}@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379"
        }
      }
    }
    Outputs = { Url = { Value = { Ref = "Url" } } }
  })
}
