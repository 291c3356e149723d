# Secrets are generated within AWS: CloudFormation can ask Secrets Manager to make one up, and then
# neither a plan nor the state ever holds it. What changes them later is a script, which a stack does
# not notice, as it should be.

locals {
  generated = {
    # Whom the servers log in as. The name alternates at each exchange of the password, so that
    # servers that still run with the old one go on: scripts/rotate-database-password.sh.
    Database = {
      Description = "${var.name}: whom servers are in the database, and the password"
      Generate = {
        SecretStringTemplate = jsonencode({ username = "codesync_a" })
        GenerateStringKey    = "password"
        PasswordLength       = 48
        ExcludePunctuation   = true
      }
    }
    Jwt = {
      Description = "${var.name}: signs access tokens"
      Generate    = { PasswordLength = 64, ExcludePunctuation = true }
    }
  }
  wanted = { for key, secret in local.generated : key => secret if key != "Jwt" || var.jwt_secret_arn == null }
}

resource "aws_cloudformation_stack" "secrets" {
  #checkov:skip=CKV_AWS_124:Terraform waits for the stack and tells what became of it
  name = "${var.name}-secrets"

  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = { for key, secret in local.wanted : key => {
      Type           = "AWS::SecretsManager::Secret"
      DeletionPolicy = "Delete"
      Properties = {
        Description          = secret.Description
        KmsKeyId             = aws_kms_key.data.arn
        GenerateSecretString = secret.Generate
      }
    } }
    Outputs = { for key, secret in local.wanted : key => { Value = { Ref = key } } }
  })
}

locals {
  database_secret_arn = aws_cloudformation_stack.secrets.outputs["Database"]
  jwt_secret_arn      = var.jwt_secret_arn == null ? try(aws_cloudformation_stack.secrets.outputs["Jwt"], null) : var.jwt_secret_arn
}
