# shellcheck shell=bash
# For the other scripts, which read it: the environment that is meant, and the state it is in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is missing on this machine"
    done
}

# Sets ENVIRONMENT from the first argument, and checks that it was made ready.
environment() {
    ENVIRONMENT=${1:-}
    case $ENVIRONMENT in
        dev | staging | prod) ;;
        *) fail "say which environment: $0 dev, staging or prod" ;;
    esac
    VARIABLES=environments/$ENVIRONMENT.tfvars
    [ -f "$VARIABLES" ] || fail "$VARIABLES is missing: copy $VARIABLES.example and make it yours"
    REGION=$(sed -n 's/^region *= *"\([^"]*\)".*/\1/p' "$VARIABLES")
    [ -n "$REGION" ] || fail "$VARIABLES names no region"
    CERTIFICATES=environments/$ENVIRONMENT.certificates.tfvars
    export AWS_REGION=$REGION AWS_DEFAULT_REGION=$REGION AWS_PAGER=
}

# Terraform with this environment's state, whichever was used before.
state() {
    local backend=environments/$ENVIRONMENT.backend.hcl
    [ -f backend.tf ] && [ -f "$backend" ] || fail "$backend is missing: run scripts/state.sh $ENVIRONMENT"
    terraform init -input=false -reconfigure -backend-config="$backend" >/dev/null
}

# Writes down which release runs, so that whoever applies by hand applies the same.
release() {
    [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || fail "$1 is no tag of an image"
    sed -i "s/^release *=.*/release            = \"$1\"/" "$VARIABLES"
    grep -q "^release .*\"$1\"" "$VARIABLES" || fail "$VARIABLES has no line that begins with release"
}

# Plans, shows, asks and applies; with YES=1 nobody is asked.
apply() {
    local plan
    plan=$(mktemp)
    # shellcheck disable=SC2064 # the name of now
    trap "rm -f '$plan'" EXIT
    terraform plan -input=false -var-file="$VARIABLES" -var-file="$CERTIFICATES" -out="$plan" "$@"
    if [ "${YES:-}" != 1 ]; then
        local answer
        read -r -p "Apply this to $ENVIRONMENT? Only yes is yes: " answer
        [ "$answer" = yes ] || fail "nothing was changed"
    fi
    terraform apply -input=false "$plan"
}

# One output, as text.
output() { terraform output -raw "$1"; }

# A part of all outputs, by a filter of jq.
outputs() { terraform output -json | jq -er "$1"; }

# Runs a task where servers run, with what overrides its containers, waits however long it takes, and
# prints what became of it. `aws ecs wait` gives up after ten minutes, which building an index may take.
run_task() { # DEFINITION OVERRIDES
    local cluster network task
    cluster=$(output cluster_name)
    network=$(outputs '.migration.value | {awsvpcConfiguration: {subnets: .subnets, securityGroups: .security_groups, assignPublicIp: "DISABLED"}} | tojson')
    task=$(aws ecs run-task --cluster "$cluster" --task-definition "$1" --overrides "$2" --launch-type FARGATE \
        --network-configuration "$network" --query 'tasks[0].taskArn' --output text)
    [ "$task" != None ] || fail "the task was not started: look at the events of the cluster $cluster"
    say "running ${task##*/}"
    while [ "$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --query 'tasks[0].lastStatus' --output text)" != STOPPED ]; do
        sleep 10
    done
    aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --query 'tasks[0]' --output json
}
