# The server in a container: targets `codesync-api`, `codesync-websocket` and, with all roles and the page
# in one, `codesync`, the last being the default.
#
#   docker build --target codesync-websocket --tag codesync-websocket .
#
# It is built for the processor of the builder, and for others by `docker buildx build --platform
# linux/amd64,linux/arm64`: the builder compiles for them, and nothing is emulated. A binary that was
# built before is taken instead of compiling one, and nothing else is then needed of the builder than a
# shell:
#
#   docker build --build-arg BUILDER=debian:bookworm-slim --build-arg NODE=debian:bookworm-slim \
#     --build-arg PREBUILT=deploy/bin/codesync-server .
#
# It must be linked for the base's glibc, or an older one. The base brings that, roots to trust
# (Postgres, Redis and S3 are reached through TLS) and nothing to start but the server.

#checkov:skip=CKV_DOCKER_7:The tags stand in the arguments
ARG BUILDER=docker.io/library/rust:1.95-bookworm
ARG NODE=docker.io/library/node:20-bookworm-slim
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM --platform=$BUILDPLATFORM ${NODE} AS node

# The workspace with every source emptied: it changes only when a dependency or a file's name does.
FROM --platform=$BUILDPLATFORM ${BUILDER} AS outline
WORKDIR /source
COPY . .
RUN find . -type f ! -name '*.rs' ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' -delete \
    && find . -type d -empty -delete \
    && find . -name '*.rs' -exec sh -c 'for file; do printf "fn main() {\n}\n" > "$file"; done' empty {} +

# What compiles for the image's processor, under the names that Debian and Rust have for it. The packages
# are those of the builder's Debian: it decides on their versions.
FROM --platform=$BUILDPLATFORM ${BUILDER} AS compiler
ARG PREBUILT=""
ARG TARGETARCH
ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc
# hadolint ignore=DL3008
RUN set -eu; \
    case "${TARGETARCH:-$(dpkg --print-architecture)}" in \
        amd64) machine=x86_64 package=g++-x86-64-linux-gnu ;; \
        arm64) machine=aarch64 package=g++-aarch64-linux-gnu ;; \
        *) echo "no image for $TARGETARCH: it is amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    echo "$machine" >/machine; \
    if [ -z "$PREBUILT" ] && [ "$machine" != "$(uname -m)" ]; then \
        apt-get update; \
        apt-get install -y --no-install-recommends "$package"; \
        rm -rf /var/lib/apt/lists/*; \
        rustup target add "$machine-unknown-linux-gnu"; \
    fi

# So that this layer, all dependencies compiled, is kept until then. What was made of empty sources is
# forgotten: Cargo would take it for newer than the real ones.
FROM compiler AS dependencies
ARG PREBUILT=""
WORKDIR /source
COPY --from=outline /source .
RUN set -eu; \
    if [ -z "$PREBUILT" ]; then \
        cargo build --locked --package xtask; \
        cargo build --locked --release --target "$(cat /machine)-unknown-linux-gnu" --package codesync-server; \
        find target -path '*/.fingerprint/*' \( -name 'codesync*' -o -name 'xtask*' \) -prune -exec rm -r {} +; \
    fi

FROM dependencies AS builder
ARG PREBUILT=""
COPY --from=node /usr/local /opt/node
COPY . .
# The page first, for it is put into the binary.
RUN set -eu; \
    machine=$(cat /machine); \
    if [ -n "$PREBUILT" ]; then \
        cp "$PREBUILT" /codesync-server; \
    else \
        export PATH="$PATH:/opt/node/bin"; \
        cargo run --locked --package xtask -- page; \
        cargo build --locked --release --target "$machine-unknown-linux-gnu" --package codesync-server; \
        "$machine-linux-gnu-strip" --strip-debug -o /codesync-server \
            "target/$machine-unknown-linux-gnu/release/codesync-server"; \
    fi; \
    chmod 0755 /codesync-server; \
    mkdir --mode 0700 /data

FROM ${BASE} AS base
COPY --from=builder /codesync-server /usr/local/bin/codesync-server
COPY --from=builder --chown=10001:10001 /data /var/lib/codesync
USER 10001:10001
WORKDIR /var/lib/codesync
VOLUME /var/lib/codesync
# In a container every address is the container's: what of it the world sees, the runtime decides.
ENV CODESYNC_DATA=/var/lib/codesync \
    CODESYNC_HOST=0.0.0.0 \
    CODESYNC_ADMIN_HOST=0.0.0.0 \
    CODESYNC_ADMIN_PORT=3002 \
    CODESYNC_LOG_FORMAT=json
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["/usr/local/bin/codesync-server", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/codesync-server"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="CodeSync" \
      org.opencontainers.image.description="The server of a real-time collaborative code editor" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

FROM base AS codesync-api
ENV CODESYNC_ROLE=api
EXPOSE 3000 3002

FROM base AS codesync-websocket
ENV CODESYNC_ROLE=websocket
EXPOSE 3001 3002

FROM base AS codesync
ENV CODESYNC_ROLE=all
EXPOSE 3000 3002
