#!/usr/bin/env bash
# scripts/rollback.sh ENVIRONMENT RELEASE: the servers of an earlier release. The schema stays: the
# release before works with it, for it only ever moves forward by steps that leave it readable.
. "$(dirname "$0")/lib.sh"
need aws curl jq terraform
environment "${1:-}"
release=${2:-}
[ -n "$release" ] || fail "say which release to go back to: $0 $ENVIRONMENT 1.3.2"
state

outputs '.repository_urls.value[]' | while read -r url; do
    aws ecr describe-images --repository-name "${url#*/}" --image-ids imageTag="$release" >/dev/null ||
        fail "there is no image $release in ${url#*/}"
done
release "$release"
apply
say "the page is that of the newer release: check out the tag $release and run scripts/page.sh to change that, too"
scripts/verify.sh "$ENVIRONMENT"
