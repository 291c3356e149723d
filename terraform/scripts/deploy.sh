#!/usr/bin/env bash
# scripts/deploy.sh ENVIRONMENT RELEASE: all of it, the first time and every other time. Twenty minutes
# at first, most of them for database, Redis and CloudFront; a few later on. YES=1 asks nobody.
. "$(dirname "$0")/lib.sh"
need aws curl docker jq terraform
environment "${1:-}"
release=${2:-}
[ -n "$release" ] || fail "say which release: $0 $ENVIRONMENT 1.4.0"
[ -f "$CERTIFICATES" ] || scripts/database-certificates.sh "$ENVIRONMENT"
[ -f "environments/$ENVIRONMENT.backend.hcl" ] || scripts/state.sh "$ENVIRONMENT"
state
release "$release"

# The schema is there before the servers that want it. So at first comes what a migration stands on,
# the repositories of the images among it; the services are left as they are.
say "1/5 what a migration stands on"
apply -target=module.database -target=module.ecs_cluster
say "2/5 images"
scripts/images.sh "$ENVIRONMENT" "$release"
say "3/5 migration"
scripts/migrate.sh "$ENVIRONMENT"
say "4/5 everything else"
apply
scripts/page.sh "$ENVIRONMENT"
say "5/5 asking as people do"
scripts/verify.sh "$ENVIRONMENT"
