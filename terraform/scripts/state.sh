#!/usr/bin/env bash
# scripts/state.sh ENVIRONMENT: makes the bucket that Terraform's state is kept in, once.
. "$(dirname "$0")/lib.sh"
need aws
environment "${1:-}"

account=$(aws sts get-caller-identity --query Account --output text)
bucket=codesync-$ENVIRONMENT-$account-state
if ! aws s3api head-bucket --bucket "$bucket" 2>/dev/null; then
    place=()
    [ "$REGION" = us-east-1 ] || place=(--create-bucket-configuration "LocationConstraint=$REGION")
    aws s3api create-bucket --bucket "$bucket" ${place[@]+"${place[@]}"} >/dev/null
fi
aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
aws s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"},"BucketKeyEnabled":true}]}'
aws s3api put-bucket-policy --bucket "$bucket" --policy "{
    \"Version\": \"2012-10-17\",
    \"Statement\": [{
        \"Sid\": \"TlsAlone\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\",
        \"Resource\": [\"arn:aws:s3:::$bucket\", \"arn:aws:s3:::$bucket/*\"],
        \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}
    }]
}"

cp backend.tf.example backend.tf
cat > "environments/$ENVIRONMENT.backend.hcl" <<HCL
bucket       = "$bucket"
key          = "codesync.tfstate"
region       = "$REGION"
encrypt      = true
use_lockfile = true
HCL
say "the state of $ENVIRONMENT is kept in s3://$bucket"
