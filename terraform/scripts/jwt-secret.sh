#!/usr/bin/env bash
# scripts/jwt-secret.sh ENVIRONMENT: makes a secret that signs access tokens, and prints its ARN for
# jwt_secret_arn. Nobody sees the secret, this machine included: Secrets Manager makes it up, CloudFormation
# keeps it even when the stack goes.
. "$(dirname "$0")/lib.sh"
need aws
environment "${1:-}"

stack=codesync-$ENVIRONMENT-jwt-$(date +%Y%m%d%H%M%S)
aws cloudformation deploy --stack-name "$stack" --template-file scripts/jwt-secret.json >/dev/null
aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs[0].OutputValue' --output text
