# The habits of the house. Without `just`, type the command of the recipe: each is one line.

# What there is to run
default:
    @just --list

# All that a change must pass: format, the dashboard, lints, documentation, tests, a real browser, five minutes of fuzzing
[group('check')]
check:
    ./.ci/run

# Lints, warnings refused
[group('check')]
lint:
    cargo clippy --locked --all-targets -- -D warnings

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
