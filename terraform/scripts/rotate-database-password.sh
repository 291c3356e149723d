#!/usr/bin/env bash
# scripts/rotate-database-password.sh ENVIRONMENT: another user with another password for the servers in
# the database. Users alternate, so that servers that run go on until others have taken their place.
. "$(dirname "$0")/lib.sh"
need aws jq
environment "${1:-}"
state

secret=$(output database_secret_arn)
user=$(aws secretsmanager get-secret-value --secret-id "$secret" --query SecretString --output text | jq -r .username)
case $user in
    codesync_a) next=codesync_b ;;
    codesync_b) next=codesync_a ;;
    *) fail "the user in $secret is $user, neither codesync_a nor codesync_b" ;;
esac
# From one command into the next, by no command line and no file.
aws secretsmanager get-random-password --password-length 48 --exclude-punctuation --output json |
    jq --arg secret "$secret" --arg user "$next" \
        '{SecretId: $secret, SecretString: ({username: $user, password: .RandomPassword} | tojson)}' |
    aws secretsmanager put-secret-value --cli-input-json file:///dev/stdin >/dev/null
say "servers will be $next"
scripts/migrate.sh "$ENVIRONMENT"
cluster=$(output cluster_name)
outputs '.service_names.value[]' | while read -r service; do
    aws ecs update-service --cluster "$cluster" --service "$service" --force-new-deployment >/dev/null
done
scripts/verify.sh "$ENVIRONMENT"
say "$user is no longer used; the next exchange gives it another password"
