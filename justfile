# The habits of the house. Without `just`, type the command of the recipe: each is one line.

# What there is to run
default:
    @just --list

# All that a change must pass, as CI runs it: format, the dashboard, packaging, lints, documentation, tests, a real browser, fuzzing
[group('check')]
check:
    ./.ci/run

# Lints, warnings refused
[group('check')]
lint:
    cargo clippy --locked --all-targets -- -D warnings

# Compose files, the systemd unit, issue forms, shell scripts
[group('check')]
packaging:
    ./scripts/check-packaging

# GitHub's workflows: schema, expressions, safety, pins (needs Go and Python)
[group('check')]
workflows:
    ./scripts/check-workflows

# What would be published on crates.io
[group('check')]
crate: web
    ./scripts/check-crate

# Type checks for Windows and macOS, from Linux: minutes
[group('check')]
platforms *targets:
    ./scripts/check-platforms {{targets}}

# Known advisories, licences, sources (cargo install cargo-deny; needs the internet)
[group('check')]
deny:
    cargo deny check

# Every test, on SQLite, MariaDB and PostgreSQL; arguments go to `cargo test`
[group('test')]
test *arguments:
    ./scripts/test {{arguments}}

# The tests that need no database server: `just quick verdict::`
[group('test')]
quick *filter:
    cargo test --lib {{filter}}

# Answers that nobody ever sent, thrown at everything that reads one, for so many seconds
[group('test')]
fuzz seconds="300":
    CHANNELWARDEN_FUZZ_SECONDS={{seconds}} cargo test --lib -- --nocapture probe::fuzz

# A command with throw-away MariaDB and PostgreSQL servers: `just with-databases cargo test --test gateway`
[group('test')]
with-databases +command:
    ./scripts/with-databases {{command}}

# The watch against a real LiteLLM proxy, installed from PyPI the first time
[group('test')]
litellm *arguments:
    ./scripts/test-litellm {{arguments}}

# The dashboard in headless Chromium against the demo: `just browser hostile`
[group('test')]
browser *part:
    ./scripts/test-browser {{part}}

# The dashboard's own tests
[group('test')]
web-test: web
    npm --prefix web test

# The generated parts of docs/, written anew
[group('docs')]
docs:
    UPDATE_DOCS=1 cargo test --test documents

# The image, built and run without an engine, as root
[group('ship')]
image:
    ./scripts/test-image

# A Debian package of a binary that was built: `just deb target/dist/channelwarden`
[group('ship')]
deb binary:
    ./scripts/build-deb {{binary}}

# The README's two commands on a fresh Debian that has Rust and Node alone, as root: an hour
[group('ship')]
fresh *command:
    ./scripts/test-fresh {{command}}

# The dashboard, from where the build takes it into the binary
[group('demo')]
web:
    ./scripts/build-web

# A simulated gateway and its upstreams, real rounds over them, and the dashboard
[group('demo')]
demo *arguments: web
    cargo run --release -- demo {{arguments}}

# Each measure as a ratio beside its baseline of the same run
[group('bench')]
bench *arguments:
    cargo bench {{arguments}}

# Lay out all code
[group('fmt')]
fmt:
    cargo fmt
