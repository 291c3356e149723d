#!/usr/bin/env bash
# scripts/migrate.sh ENVIRONMENT: brings the schema forward and gives the servers their rights, by a
# task of its own. Servers of the release before go on working meanwhile.
. "$(dirname "$0")/lib.sh"
need aws jq
environment "${1:-}"
state

ended=$(run_task "$(outputs .migration.value.task)" '{}')
if ! jq -e 'all(.containers[]; .exitCode == 0)' <<< "$ended" >/dev/null; then
    jq -r '.stoppedReason, (.containers[] | "\(.name) ended with \(.exitCode // "nothing") \(.reason // "")")' <<< "$ended" >&2
    aws logs tail "$(outputs .migration.value.log_group)" --since 1h --format short >&2 || true
    fail "the schema is as it was; nothing else was changed"
fi
say "the schema is that of $(output release)"
