# Three stages: Node builds the dashboard, Rust a static binary with it inside, and the image is that binary alone.
# Works with Docker, Podman and Buildah, BuildKit or not, on amd64 and arm64: each platform builds its own.
#   docker build -t channelwarden .

FROM node:22-bookworm-slim AS web
WORKDIR /build/web
# The packages first: this layer lasts until the lock file changes.
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# musl's C compiler for SQLite, and every build below is for musl: one file that needs nothing of the image around it.
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools && rm -rf /var/lib/apt/lists/* \
    && target="$(uname -m)-unknown-linux-musl" && rustup target add "$target" \
    && printf '[build]\ntarget = "%s"\n' "$target" > "$CARGO_HOME/config.toml"
# On arm64 GCC calls helpers of glibc's for atomics, unless told not to.
ENV CFLAGS_aarch64_unknown_linux_musl=-mno-outline-atomics
# The dependencies first, behind a stub of our own code: this layer lasts until Cargo.toml or Cargo.lock change.
# Benchmarks and tests that the manifest names are not here, so they are cut out of it.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml && cp Cargo.toml /tmp \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --locked --profile dist \
    && rm -r src
COPY . .
COPY --from=web /build/web/dist web/dist
# The stub is newer than the copied sources, which Cargo would take for "built already".
# All that the image holds is laid out in /image. A new volume takes its mode from /data, so that any user the container
# runs as can write there; /tmp is for `demo` alone.
RUN cp /tmp/Cargo.toml . && touch src/main.rs src/lib.rs && cargo build --locked --profile dist --bin channelwarden \
    && install -D -t /image/usr/local/bin target/*-linux-musl/dist/channelwarden \
    && install -D -m 644 -t /image/usr/share/doc/channelwarden LICENSE \
    && install -d -m 1777 /image/data /image/tmp

# The certificate authorities and the time zones are in the binary. An authority of your own: mount the list that holds it
# as /etc/ssl/certs/ca-certificates.crt.
FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="channelwarden" \
      org.opencontainers.image.description="Keeps LLM gateways truthful: probes every model of every channel and writes back the list that really works" \
      org.opencontainers.image.url="https://github.com/channelwarden/channelwarden" \
      org.opencontainers.image.source="https://github.com/channelwarden/channelwarden" \
      org.opencontainers.image.documentation="https://github.com/channelwarden/channelwarden#readme" \
      org.opencontainers.image.licenses="MIT"
# The configuration is looked for in /data, then in /etc/channelwarden: config.json5, config.json, config.yaml, config.yml.
ENV PATH=/usr/local/bin XDG_CONFIG_HOME=/etc
# The history, channelwarden.db, is made in the working directory. Nothing else is written: the root may be read-only.
WORKDIR /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["channelwarden", "healthcheck"]
ENTRYPOINT ["channelwarden"]
CMD ["run"]
