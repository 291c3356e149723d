#!/usr/bin/env bash
# scripts/database-certificates.sh ENVIRONMENT: fetches the certificates by which databases of its region
# are known, and writes them to environments/ENVIRONMENT.certificates.tfvars.
. "$(dirname "$0")/lib.sh"
need curl openssl
environment "${1:-}"

bundle=$(curl --fail --silent --show-error --proto =https \
    "https://truststore.pki.rds.amazonaws.com/$REGION/$REGION-bundle.pem")
openssl x509 -noout -checkend 2592000 <<< "$bundle" >/dev/null || fail "what came is no certificate, or ends within a month"
printf 'database_certificate_authorities = <<EOT\n%s\nEOT\n' "$bundle" > "$CERTIFICATES"
say "$CERTIFICATES has $(grep -c BEGIN <<< "$bundle") certificates of $REGION"
