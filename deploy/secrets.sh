#!/bin/sh
# Prints what compose.yaml asks for, made by chance:  deploy/secrets.sh > .env
set -eu
umask 077

random() {
    head -c 48 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_'
}

echo "POSTGRES_PASSWORD=$(random)"
echo "S3_SECRET=$(random)"
echo "CODESYNC_JWT_SECRET=$(random)"
