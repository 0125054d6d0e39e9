# Three stages: Node builds the dashboard, Rust the binary with it inside, a slim Debian runs it. Works with Docker, Podman and Buildah, BuildKit or not.
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
# The dependencies first, behind a stub of our own code: this layer lasts until Cargo.toml or Cargo.lock change.
# Benchmarks and examples that the manifest names are not here yet, so they are cut out of it for this step.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --locked --profile dist \
    && rm -r src
COPY . .
COPY --from=web /build/web/dist web/dist
# The stub is newer than the copied sources, which Cargo would take for "built already".
RUN touch src/main.rs src/lib.rs && cargo build --locked --profile dist --bin channelwarden

# The certificate authorities are in the binary, so nothing is installed here.
FROM debian:bookworm-slim
COPY --from=build /build/target/dist/channelwarden /usr/local/bin/channelwarden
# The history's folder. A new volume takes its mode from it, so that any user the container runs as can write there.
RUN mkdir --mode=1777 /data
# The configuration is looked for in /data, then in /etc/channelwarden: config.json5, config.json, config.yaml, config.yml.
ENV XDG_CONFIG_HOME=/etc
# The history, channelwarden.db, is made in the working directory. Nothing else is written: the root may be read-only.
WORKDIR /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["channelwarden", "healthcheck"]
ENTRYPOINT ["channelwarden"]
CMD ["run"]
