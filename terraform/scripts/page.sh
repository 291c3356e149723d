#!/usr/bin/env bash
# scripts/page.sh ENVIRONMENT: builds the browser's page, uploads it and has CloudFront ask for it anew.
# The page speaks to the address that it came from, which leads to the servers: it is told nothing.
. "$(dirname "$0")/lib.sh"
need aws cargo node
environment "${1:-}"
state

(cd .. && cargo --locked xtask page)
dist=../frontend/dist
bucket=s3://$(output frontend_bucket_name)

# First what pages refer to, under names that never come again; then the page itself. What older pages
# refer to stays for a while, for whoever has one open: the bucket forgets it later.
upload() { # CACHE, then what `aws s3 cp` is told
    local cache=$1
    shift
    aws s3 cp "$dist" "$bucket" --recursive --only-show-errors --cache-control "$cache" \
        --exclude '*' "$@" --exclude '*.br' --exclude '*.gz'
}
forever='public, max-age=31536000, immutable'
upload "$forever" --include 'assets/*' --exclude '*.wasm'
upload "$forever" --include 'assets/*.wasm' --content-type application/wasm
upload no-cache --include '*' --exclude 'assets/*' --exclude '*.html' --exclude '*.webmanifest'
upload no-cache --include '*.webmanifest' --content-type application/manifest+json
upload no-cache --include '*.html' --content-type 'text/html; charset=utf-8'

aws cloudfront create-invalidation --distribution-id "$(output cloudfront_id)" --paths '/*' \
    --query Invalidation.Id --output text >/dev/null
say "the page is at $(output cloudfront_url)"
