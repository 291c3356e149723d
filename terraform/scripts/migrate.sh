#!/usr/bin/env bash
# scripts/migrate.sh ENVIRONMENT: brings the schema forward and gives the servers their rights, by a
# task of its own. Servers of the release before go on working meanwhile.
. "$(dirname "$0")/lib.sh"
need aws jq
environment "${1:-}"
state

at() { outputs ".migration.value.$1"; }
cluster=$(at cluster)
network=$(outputs '.migration.value | {awsvpcConfiguration: {subnets: .subnets, securityGroups: .security_groups, assignPublicIp: "DISABLED"}} | tojson')
task=$(aws ecs run-task --cluster "$cluster" --task-definition "$(at task)" --launch-type FARGATE \
    --network-configuration "$network" --started-by migrate.sh --query 'tasks[0].taskArn' --output text)
[ "$task" != None ] || fail "the task was not started: look at the events of the cluster $cluster"
say "migrating: ${task##*/}"
aws ecs wait tasks-stopped --cluster "$cluster" --tasks "$task"

ended=$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --query 'tasks[0]' --output json)
if ! jq -e 'all(.containers[]; .exitCode == 0)' <<< "$ended" >/dev/null; then
    jq -r '.stoppedReason, (.containers[] | "\(.name) ended with \(.exitCode // "nothing") \(.reason // "")")' <<< "$ended" >&2
    aws logs tail "$(at log_group)" --since 1h --format short >&2 || true
    fail "the schema is as it was; nothing else was changed"
fi
say "the schema is that of $(output release)"
