# The server in a container: targets `api`, `websocket` and `all`, the last being the default.
#
#   docker build --target websocket --tag codesync-websocket .
#
# A binary that was built before is taken instead of compiling one, and nothing else is then needed
# of the builder than a shell:
#
#   docker build --build-arg BUILDER=debian:bookworm-slim --build-arg NODE=debian:bookworm-slim \
#     --build-arg PREBUILT=deploy/bin/codesync-server .
#
# It must be linked for the base's glibc, or an older one.

ARG BUILDER=docker.io/library/rust:1.95-bookworm
ARG NODE=docker.io/library/node:20-bookworm-slim
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${NODE} AS node

FROM ${BUILDER} AS builder
ARG PREBUILT=""
WORKDIR /source
COPY --from=node /usr/local /opt/node
COPY . .
# The page first, for it is put into the binary.
RUN set -eu; \
    if [ -n "$PREBUILT" ]; then \
        cp "$PREBUILT" /codesync-server; \
    else \
        export PATH="$PATH:/opt/node/bin"; \
        cargo --locked xtask test --only page; \
        cargo build --locked --release --package codesync-server; \
        cp target/release/codesync-server /codesync-server; \
    fi; \
    chmod 0755 /codesync-server

FROM ${BASE} AS base
# Roots to trust: Postgres, Redis and S3 are reached through TLS.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 codesync \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin codesync \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/codesync
COPY --from=builder /codesync-server /usr/local/bin/codesync-server
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

FROM base AS api
ENV CODESYNC_ROLE=api
EXPOSE 3000 3002

FROM base AS websocket
ENV CODESYNC_ROLE=websocket
EXPOSE 3001 3002

FROM base AS all
ENV CODESYNC_ROLE=all
EXPOSE 3000 3002
