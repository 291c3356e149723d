#!/usr/bin/env bash
# scripts/images.sh ENVIRONMENT RELEASE: builds both images for both kinds of processor and pushes them
# under the tag RELEASE. What was pushed before stays what it is.
. "$(dirname "$0")/lib.sh"
need aws docker jq
environment "${1:-}"
release=${2:-}
[ -n "$release" ] || fail "say which release: $0 $ENVIRONMENT 1.4.0"
state

# Both are compiled on this machine's processor; nothing is emulated. PLATFORMS=linux/amd64 builds one
# alone.
platforms=${PLATFORMS:-linux/amd64,linux/arm64}
urls=$(outputs '.repository_urls.value | to_entries[] | "\(.key) \(.value)"')
registry=$(sed -n '1s/^[^ ]* \([^/]*\).*/\1/p' <<< "$urls")
aws ecr get-login-password | docker login --username AWS --password-stdin "$registry" >/dev/null
while read -r image url; do
    name=${url#*/}
    if aws ecr describe-images --repository-name "$name" --image-ids imageTag="$release" >/dev/null 2>&1; then
        say "$image:$release was pushed before"
        continue
    fi
    say "building $image:$release for $platforms"
    docker buildx build --push --platform "$platforms" --target "$image" --tag "$url:$release" \
        --build-arg VERSION="$release" --build-arg REVISION="$(git rev-parse HEAD)" \
        --build-arg CREATED="$(git log -1 --format=%cI)" .. </dev/null
done <<< "$urls"
