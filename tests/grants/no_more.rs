//! With what the document grants nothing else can be done.

use crate::databases::Engine;
use crate::document::Title;
use crate::gateways::{ChannelRow, Schema};
use crate::guest::{Guest, SERVERS};

const READ: [Title; 3] = [Title::Observe, Title::Prices, Title::Logs];
const WRITE: [Title; 2] = [Title::Write, Title::Lease];

/// What no level allows.
const NEVER: [&str; 19] = [
    "UPDATE channels SET status = 2",
    "UPDATE channels SET KEY = 'sk-mine'",
    "UPDATE channels SET base_url = 'https://mine.example'",
    "UPDATE channels SET name = 'mine'",
    "UPDATE channels SET GROUP = 'mine'",
    "UPDATE channels SET models = 'a', status = 2",
    "INSERT INTO channels (KEY, models) VALUES ('sk-mine', 'a')",
    "DELETE FROM channels",
    "DROP TABLE channels",
    "ALTER TABLE channels ADD COLUMN mine INTEGER",
    "CREATE TABLE mine (id INTEGER)",
    "SELECT access_token FROM users",
    "UPDATE users SET quota = 1",
    "SELECT KEY FROM tokens",
    "INSERT INTO tokens (KEY) VALUES ('sk-mine')",
    "SELECT username FROM logs",
    "SELECT * FROM logs",
    "DELETE FROM logs",
    "UPDATE options SET value = ''",
];
/// What only a writer may.
const WRITERS: [&str; 2] =
    ["UPDATE channels SET models = 'a' WHERE id = 1", "SELECT models FROM channels WHERE id = 1 FOR UPDATE"];
const ROUTES: [&str; 3] =
    ["DELETE FROM abilities", "UPDATE abilities SET priority = 1", "SELECT model FROM abilities FOR UPDATE"];

#[tokio::test]
async fn nothing_else() {
    for engine in SERVERS {
        for schema in Schema::ALL {
            let guest = Guest::new(engine, schema).await;
            guest.db.channel(ChannelRow::new("a,b")).await;
            let quoted = |sql: &str| sql.replace("KEY", &engine.quote("key")).replace("GROUP", &engine.quote("group"));
            guest.db.run(&quoted("CREATE TABLE tokens (KEY varchar(48))")).await;
            guest.given(&READ).await;
            let before = guest.db.dump().await;
            let routes = if schema.is_hub() { &[] } else { &ROUTES[..] };
            let writers: Vec<_> = WRITERS.iter().chain(routes).collect();
            for sql in NEVER.iter().chain(writers.iter().copied().filter(|sql| !ungated(engine, sql))) {
                denied(&guest, &quoted(sql), schema).await;
            }
            guest.given(&WRITE).await;
            for sql in &NEVER {
                denied(&guest, &quoted(sql), schema).await;
            }
            // The statements are sound: these do pass, now.
            for sql in writers {
                guest.attempt(sql).await.unwrap_or_else(|why| panic!("{engine:?} {schema:?} {sql}: {why}"));
            }
            assert_eq!(guest.db.dump().await, before, "{engine:?} {schema:?}");
        }
    }
}

/// MariaDB lets whoever may read lock what he reads.
fn ungated(engine: Engine, sql: &str) -> bool {
    engine == Engine::MySql && sql.ends_with("FOR UPDATE")
}

async fn denied(guest: &Guest, sql: &str, schema: Schema) {
    let case = format!("{:?} {schema:?} {sql}", guest.db.engine);
    let why = guest.attempt(sql).await.expect_err(&case);
    assert!(["denied", "must be owner"].iter().any(|word| why.contains(word)), "{case}: {why}");
}
