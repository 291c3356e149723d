#!/usr/bin/env bash
# scripts/restore-drill.sh ENVIRONMENT: brings the database of half an hour ago back beside the present
# one, verifies every document in it, says how long it took, and deletes it. Nothing that runs is touched.
. "$(dirname "$0")/lib.sh"
need aws jq
environment "${1:-}"
state

source=$(output database_identifier)
copy=$source-drill-$(date +%Y%m%d%H%M)
of_source=$(aws rds describe-db-instances --db-instance-identifier "$source" --query 'DBInstances[0]' --output json)
newest=$(jq -r .LatestRestorableTime <<< "$of_source")
at=$(date -u -d '30 minutes ago' +%Y-%m-%dT%H:%M:%SZ)
say "the newest that can be restored is of $newest; restoring what was at $at"

began=$SECONDS
remove() {
    say "deleting $copy"
    aws rds delete-db-instance --db-instance-identifier "$copy" --skip-final-snapshot --delete-automated-backups >/dev/null
}
trap remove EXIT
aws rds restore-db-instance-to-point-in-time \
    --source-db-instance-identifier "$source" --target-db-instance-identifier "$copy" --restore-time "$at" \
    --db-instance-class "$(jq -r .DBInstanceClass <<< "$of_source")" \
    --db-subnet-group-name "$(jq -r .DBSubnetGroup.DBSubnetGroupName <<< "$of_source")" \
    --db-parameter-group-name "$(jq -r '.DBParameterGroups[0].DBParameterGroupName' <<< "$of_source")" \
    --vpc-security-group-ids "$(jq -r '.VpcSecurityGroups[0].VpcSecurityGroupId' <<< "$of_source")" \
    --no-multi-az --no-publicly-accessible --no-deletion-protection --tags Key=Drill,Value="$(date +%F)" >/dev/null
aws rds wait db-instance-available --db-instance-identifier "$copy"
say "restored in $(( (SECONDS - began) / 60 )) minutes"

# A server's own task reads every document of the copy from its first edit on, and compares it with what
# is derived from it, in S3 too. It logs in with the password of half an hour ago, which is today's.
address=$(aws rds describe-db-instances --db-instance-identifier "$copy" --query 'DBInstances[0].Endpoint.Address' --output text)
cluster=$(output cluster_name)
definition=$(aws ecs describe-services --cluster "$cluster" --services "$(outputs .service_names.value.api)" \
    --query 'services[0].taskDefinition' --output text)
url=$(aws ecs describe-task-definition --task-definition "$definition" --output json | jq -er --arg to "$address" \
    '.taskDefinition.containerDefinitions[0].environment[] | select(.name == "CODESYNC_DATABASE_URL").value | sub("//[^:/]+"; "//" + $to)')
overrides=$(jq -n --arg url "$url" '{containerOverrides: [
    {name: "server", command: ["verify"], environment: [{name: "CODESYNC_DATABASE_URL", value: $url}]}]}')
run_task "$definition" "$overrides" | jq -e '.containers[] | select(.name == "server").exitCode == 0' >/dev/null ||
    fail "the copy is not what it should be: see /ecs/codesync-$ENVIRONMENT-api"
say "every document of the copy is whole, $(( (SECONDS - began) / 60 )) minutes after the beginning"
