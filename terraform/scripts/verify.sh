#!/usr/bin/env bash
# scripts/verify.sh ENVIRONMENT: waits until both services stand, then asks as people do.
# shellcheck disable=SC2016 # the backquotes are those of queries
. "$(dirname "$0")/lib.sh"
need aws curl jq
environment "${1:-}"
state

url=$(output cloudfront_url)
cluster=$(output cluster_name)
mapfile -t services < <(outputs '.service_names.value[]')
say "waiting for ${services[*]}"
aws ecs wait services-stable --cluster "$cluster" --services "${services[@]}"
for service in "${services[@]}"; do
    # A release that did not start was taken back: then the service stands, with the one before.
    rollout=$(aws ecs describe-services --cluster "$cluster" --services "$service" \
        --query 'services[0].deployments[?status==`PRIMARY`].rolloutState | [0]' --output text)
    running=$(aws ecs describe-services --cluster "$cluster" --services "$service" \
        --query 'services[0].taskDefinition' --output text)
    image=$(aws ecs describe-task-definition --task-definition "$running" \
        --query 'taskDefinition.containerDefinitions[?name==`server`].image | [0]' --output text)
    [ "$rollout" = COMPLETED ] && [ "${image##*:}" = "$(output release)" ] ||
        fail "$service runs ${image##*:}, and its deployment is $rollout: see its events and its log"
done

ask() { curl --fail --silent --show-error --max-time 20 --retry 5 --retry-all-errors "$@"; }
for path in /api/health /socket/health /api/ready; do
    printf '%s%s ' "$url" "$path"
    ask "$url$path"
    echo
done
ask --output /dev/null "$url/"
say "$ENVIRONMENT answers at $url"
