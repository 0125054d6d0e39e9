//! One gateway: its database, its admin API, and when its users see what is written.
//!
//! Decides: what of it is wrong, and what to do. Must not know: how either is spoken to. Nothing here writes.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;

use super::finding::{Check, Finding, Level, Place};
use super::ours::plural;
use super::reach::{Clock, Host};
use crate::config::{GatewayConfig, Mode, ProbeConfig};
use crate::gateway::database::{Condition, Engine};
use crate::gateway::{AT_ONCE, Admin, Cache, Database, Gateway, GatewayError, Pages, access, cache, usual_way};
use crate::model::{Channel, GatewayKind, Secret, Status};
use crate::upstream::Endpoints;

/// How long a database may take: two waits for somebody else's lock, and then some.
const DATABASE: Duration = Duration::from_secs(30);
/// How long an admin API may take.
const API: Duration = Duration::from_secs(15);
/// Channels whose routing rows are looked at.
const MOST: usize = 2000;
/// The gateways wait 3 to 5 s for a lock; less makes every longer write of anybody fail.
const SHORT_WAIT: Duration = Duration::from_secs(3);

/// What one gateway showed.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    /// The hosts behind its channels, by origin and proxy.
    pub(super) hosts: BTreeMap<String, Host>,
    pub(super) clocks: Vec<Clock>,
}

/// A gateway to look at.
#[derive(Clone, Copy)]
pub(super) struct Patient<'a> {
    pub(super) name: &'a str,
    pub(super) settings: &'a GatewayConfig,
    pub(super) probe: &'a ProbeConfig,
}

impl Patient<'_> {
    pub(super) fn place(&self, key: &str) -> Place {
        Place::key(format!("gateways.{}.{key}", self.name))
    }

    fn say(&self, check: Check, level: Level, key: &str, what: impl AsRef<str>) -> Finding {
        Finding::new(check, level, self.place(key), what)
    }

    /// How bad it is that nothing can be written.
    fn wants_to_write(&self) -> Level {
        match self.settings.mode {
            Mode::Observe => Level::Note,
            Mode::Propose => Level::Warning,
            Mode::Apply => Level::Error,
        }
    }
}

/// Looks at a gateway that has a database, an admin API, or both: at once, so that neither waits for the other.
pub(super) async fn look(patient: Patient<'_>) -> Looked {
    let mut looked = Looked::default();
    let (database, admin) = tokio::join!(database(patient), open_admin(patient, patient.settings.kind));
    let database = keep(&mut looked, database);
    let kind = database.as_ref().map(|database| database.schema().kind).or(patient.settings.kind);
    let admin = match admin {
        // What the database says of it was not known yet.
        Some(Err((_, true))) if kind != patient.settings.kind => open_admin(patient, kind).await,
        other => other,
    };
    let admin = match admin {
        Some(Ok(admin)) => Some(admin),
        Some(Err((finding, _))) => {
            looked.findings.push(*finding);
            None
        }
        None => None,
    };
    let kind = kind.or_else(|| admin.as_ref().map(Admin::kind));
    looked.findings.extend(kind.map(|kind| seen_when(patient, kind)));
    // Only with every way open can it be told whether a change could be written.
    let whole = (database.is_some() || patient.settings.database.is_none())
        && (admin.is_some() || patient.settings.api.is_none());
    if let Some(gateway) = Gateway::of(patient.name, database, admin, patient.settings.write) {
        if let (true, Err(why)) = (whole, gateway.writable()) {
            let finding = patient.say(Check::Database, patient.wants_to_write(), "mode", "no change can be written");
            looked.findings.push(
                finding
                    .because(&why)
                    .fix(grant_in(&why).unwrap_or("channelwarden sweep --dry-run, once that is set right".to_owned())),
            );
        }
        if let Some(admin) = gateway.admin() {
            let what = format!("{} takes the token", admin.kind());
            looked.findings.push(Finding::ok(Check::Api, patient.place("api"), what));
            looked.findings.extend(as_users_see(patient, &gateway).await);
        }
        if timeout(DATABASE, channels(patient, &gateway, &mut looked)).await.is_err() {
            let what = format!("its channels were not all read within {} s", DATABASE.as_secs());
            looked.findings.push(patient.say(Check::Database, Level::Warning, "channels", what));
        }
        gateway.close().await;
    }
    looked
}

/// What was found, put aside; what was opened, handed on.
fn keep<T>(looked: &mut Looked, (opened, found): (Option<T>, Looked)) -> Option<T> {
    looked.findings.extend(found.findings);
    looked.clocks.extend(found.clocks);
    opened
}

/// `GRANT … ON channels`, as `rights` puts it at the end of its sentence.
fn grant_in(why: &str) -> Option<String> {
    let (_, rights) = why.split_once("GRANT it ")?;
    let grants = rights.split(", ").fold(Vec::<String>::new(), |mut grants, right| {
        match (grants.last_mut(), right.contains(" ON ")) {
            (Some(last), _) if !last.contains(" ON ") => *last = format!("{last}, {right}"),
            _ => grants.push(right.to_owned()),
        }
        grants
    });
    Some(grants.iter().map(|right| format!("GRANT {right} TO …;")).collect::<Vec<_>>().join(" "))
}

async fn database(patient: Patient<'_>) -> (Option<Database>, Looked) {
    let mut looked = Looked::default();
    let address = match patient.settings.address() {
        Ok(Some(address)) => address,
        Ok(None) => return (None, looked),
        Err(why) => {
            looked.findings.push(patient.say(Check::Database, Level::Error, "database", why));
            return (None, looked);
        }
    };
    let asked = timeout(DATABASE, async {
        let database = Database::open(patient.name, &address, patient.settings.kind, "").await?;
        let condition = database.condition().await?;
        let count = database.count().await?;
        Ok::<_, GatewayError>((database, condition, count))
    });
    match asked.await {
        Ok(Ok((database, condition, count))) => {
            looked.findings.extend(reached(patient, &database, &condition, count));
            looked.findings.extend(conditions(patient, database.schema().engine, &condition));
            let clock = condition
                .clock
                .map(|(theirs, ours)| Clock::new(format!("the database of {}", patient.name), theirs, ours));
            looked.clocks.extend(clock);
            (Some(database), looked)
        }
        Ok(Err(error)) => {
            looked.findings.push(unreached(patient, &error));
            (None, looked)
        }
        Err(_) => {
            let what = format!("the database {address} did not answer all questions within {} s", DATABASE.as_secs());
            looked.findings.push(patient.say(Check::Database, Level::Error, "database", what));
            (None, looked)
        }
    }
}

fn reached(patient: Patient<'_>, database: &Database, condition: &Condition, count: u64) -> Vec<Finding> {
    let schema = database.schema();
    let server = condition.server.split([' ', '-']).next().unwrap_or_default();
    let engine = if condition.server.contains("MariaDB") { "MariaDB".to_owned() } else { schema.engine.to_string() };
    let channels = plural(usize::try_from(count).unwrap_or(usize::MAX), "channel");
    let rights = if schema.writable.is_ok() { "can be written" } else { "read only" };
    let what = format!("{} ({}) on {engine} {server}: {channels}, {rights}", schema.kind, schema.version);
    let mut found = vec![Finding::ok(Check::Database, patient.place("database"), what)];
    let folds = schema.abilities.is_some_and(|shape| shape.model.case || shape.group.case);
    if folds {
        let what = "names that differ only in case are one to this database's collation";
        found.push(
            patient
                .say(Check::Database, Level::Note, "database", what)
                .because("a list with both gpt-4o and GPT-4o gets one routing row; two such groups of one channel crash the gateway's cache")
                .fix("nothing while no channel has two such groups; `channelwarden repair` names those that have"),
        );
    }
    found
}

fn unreached(patient: Patient<'_>, error: &GatewayError) -> Finding {
    let finding = patient.say(Check::Database, Level::Error, "database", error.to_string());
    let fix = match error {
        GatewayError::Unreachable { .. } => "is it running? from this machine: nc -vz HOST PORT (SQLite: ls -l FILE)",
        GatewayError::Denied { .. } => {
            "set user and password in the address right, or in the server: ALTER USER … IDENTIFIED BY …"
        }
        GatewayError::NoDatabase { .. } => {
            "correct the name at the end of the address: SHOW DATABASES; (PostgreSQL: \\l)"
        }
        GatewayError::Forbidden { .. } => {
            "GRANT SELECT ON channels TO …; GRANT SELECT ON abilities TO …; (One Hub, Done Hub: channels alone)"
        }
        GatewayError::Unrecognised { .. } => "kind: \"new-api\" (or one-api, veloera, one-hub, done-hub)",
        GatewayError::Locked { .. } => "SQLite: fuser -v FILE shows who holds it",
        GatewayError::Missing { .. }
        | GatewayError::Setup { .. }
        | GatewayError::Api(_)
        | GatewayError::Failed { .. } => "",
    };
    finding.fix(fix)
}

fn conditions(patient: Patient<'_>, engine: Engine, condition: &Condition) -> Vec<Finding> {
    let say = |level, what: String| patient.say(Check::Database, level, "database", what);
    let mut found = vec![];
    let isolation = condition.isolation.to_lowercase();
    let odd = match engine {
        Engine::MySql | Engine::Postgres => ["read uncommitted", "serializable"].contains(&isolation.as_str()),
        Engine::Sqlite => false,
    };
    if odd {
        let back = match engine {
            Engine::MySql | Engine::Sqlite => {
                "SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ; (and transaction-isolation in my.cnf)"
            }
            Engine::Postgres => "ALTER DATABASE … SET default_transaction_isolation = 'read committed';",
        };
        found.push(
            say(Level::Warning, format!("transactions are isolated as {isolation}"))
                .because("the gateways are written for their database's default: with this one they deadlock with each other, or read half-made changes")
                .fix(back),
        );
    }
    if let Some(wait) = condition.lock_wait.filter(|wait| *wait < SHORT_WAIT) {
        found.push(
            say(Level::Warning, format!("innodb_lock_wait_timeout is {} s", wait.as_secs()))
                .because("the gateway gives up on a lock before a backup, or another write, is through: quota updates are lost")
                .fix("SET GLOBAL innodb_lock_wait_timeout = 50; (and in my.cnf)"),
        );
    }
    if condition.locked {
        found.push(
            say(Level::Error, "nobody could write to the SQLite file for 10 s".to_owned())
                .because("another program holds its write lock: a backup, an editor, a hung gateway")
                .fix("fuser -v FILE shows who; end it"),
        );
    }
    if let Some((number, time)) = condition.long.first() {
        let end = match engine {
            Engine::MySql | Engine::Sqlite => format!("SHOW PROCESSLIST; then, if nobody needs it: KILL {number};"),
            Engine::Postgres => {
                format!(
                    "SELECT * FROM pg_stat_activity WHERE pid = {number}; then, if nobody needs it: SELECT pg_terminate_backend({number});"
                )
            }
        };
        let others =
            if condition.long.len() > 1 { format!(", and {} more", condition.long.len() - 1) } else { String::new() };
        found.push(
            say(Level::Warning, format!("a transaction has been open for {} s{others}", time.as_secs()))
                .because(
                    "it keeps its locks: writes of channels may wait for it and fail, and old rows are not cleaned up",
                )
                .fix(end),
        );
    }
    if condition.waiting > 0 {
        let waiting = plural(usize::try_from(condition.waiting).unwrap_or(usize::MAX), "transaction");
        found.push(say(Level::Warning, format!("{waiting} at this moment waiting for somebody's lock")));
    }
    found
}

/// The admin API, where one is given; a finding, and whether it is only that the kind was not known.
async fn open_admin(patient: Patient<'_>, kind: Option<GatewayKind>) -> Option<Result<Admin, (Box<Finding>, bool)>> {
    let api = patient.settings.api.as_ref()?;
    let say = |what: String| patient.say(Check::Api, Level::Error, "api", what);
    Some(match timeout(API, Admin::open(patient.name, api, kind, patient.probe, "")).await {
        Ok(Ok(admin)) => Ok(admin),
        Ok(Err(error)) => {
            let untold = matches!(error, GatewayError::Setup { .. });
            // The remedy stands in the error's own words, after its semicolon.
            let (what, remedy) = match error.to_string().split_once("; ") {
                Some((what, remedy)) => (what.to_owned(), remedy.to_owned()),
                None => (error.to_string(), String::new()),
            };
            Err((Box::new(say(what).fix(remedy)), untold))
        }
        Err(_) => {
            let what = format!("the admin API does not answer within {} s", API.as_secs());
            Err((Box::new(say(what).fix(format!("curl -sSI {}", api.url))), false))
        }
    })
}

async fn as_users_see(patient: Patient<'_>, gateway: &Gateway) -> Vec<Finding> {
    let mut found = vec![];
    match timeout(API, gateway.models_of_user()).await {
        Ok(Some(Ok(models))) => {
            let what = format!("the user's key sees {}", plural(models.len(), "model"));
            found.push(if models.is_empty() {
                patient
                    .say(Check::Api, Level::Warning, "api.user_key", what)
                    .fix("give the key's user a group that has channels")
            } else {
                Finding::ok(Check::Api, patient.place("api.user_key"), what)
            });
        }
        Ok(Some(Err(why))) => {
            let finding =
                patient.say(Check::Api, Level::Warning, "api.user_key", "no models are seen by the user's key");
            found.push(
                finding.because(why).fix("make a new key in the gateway, for a user with a group, and put it there"),
            );
        }
        Ok(None) if patient.settings.mode == Mode::Apply => {
            let what = "nobody looks whether a change is live: no user's key is given";
            let finding = patient.say(Check::Api, Level::Note, "api.user_key", what);
            found.push(finding.fix("user_key: \"${GATEWAY_USER_KEY}\" (a key of any user of the gateway)"));
        }
        Ok(None) => {}
        Err(_) => {
            let what = format!("the list of models did not come within {} s", API.as_secs());
            found.push(patient.say(Check::Api, Level::Warning, "api.user_key", what));
        }
    }
    found
}

/// When users see a change.
fn seen_when(patient: Patient<'_>, kind: GatewayKind) -> Finding {
    let settings = patient.settings;
    let (database, api) = (settings.database.is_some(), settings.api.is_some());
    let write = settings.write.unwrap_or_else(|| usual_way(kind, database, api));
    let live = cache(kind, write, api, settings.cache);
    match live {
        Cache::Never => patient
            .say(Check::Cache, patient.wants_to_write(), "write", format!("{kind}'s users would not see a change"))
            .because("its master keeps all channels in memory and never reads its database again")
            .fix("write: \"admin-api\", and api: { url, token }"),
        Cache::Within(_) if settings.cache.is_none() && settings.mode != Mode::Observe => {
            patient
                .say(Check::Cache, Level::Note, "cache", format!("a change is {live}, as far as the default goes"))
                .because(format!("that is {kind}'s default; SYNC_FREQUENCY in its environment may say otherwise, and each of its nodes reads for itself"))
                .fix("cache: \"60s\" (the value of SYNC_FREQUENCY), if it is set")
        }
        Cache::Immediate | Cache::Within(_) => {
            Finding::ok(Check::Cache, patient.place("cache"), format!("a change is {live}"))
        }
    }
}

/// Which hosts its channels need, and whether their routing rows are as the gateway would write them.
async fn channels(patient: Patient<'_>, gateway: &Gateway, looked: &mut Looked) {
    let failed = |error: &GatewayError| patient.say(Check::Database, Level::Warning, "channels", error.to_string());
    let mut pages: Pages<'_> = match gateway.pages(None) {
        Ok(pages) => pages,
        Err(error) => return looked.findings.push(failed(&error)),
    };
    let (mut ids, mut unreadable) = (vec![], vec![]);
    loop {
        match pages.next().await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => {
                for read in page {
                    match read {
                        Ok(channel) => {
                            ids.push(channel.id);
                            needs(patient, gateway.kind(), &channel, looked);
                        }
                        Err(broken) => unreadable.push(format!("#{}: {}", broken.channel.id, broken.why)),
                    }
                }
            }
            Err(error) => return looked.findings.push(failed(&error)),
        }
    }
    if let Some(first) = unreadable.first() {
        let what = format!("{} cannot be read", plural(unreadable.len(), "channel"));
        looked.findings.push(patient.say(Check::Database, Level::Warning, "channels", what).because(first));
    }
    let (mut crashes, mut drifted) = (vec![], vec![]);
    for some in ids.chunks(AT_ONCE).take(MOST / AT_ONCE) {
        match gateway.drift(some).await {
            Ok(drifts) => {
                for drift in drifts {
                    let id = drift.channel.id;
                    crashes.extend(drift.crashes.iter().map(|group| format!("#{id} (group {group:?})")));
                    drifted.push(format!("#{id}"));
                }
            }
            Err(error) => return looked.findings.push(failed(&error)),
        }
    }
    let set_right = format!("channelwarden repair --gateway {}", patient.name);
    if !crashes.is_empty() {
        looked.findings.push(
            patient
                .say(Check::Database, Level::Error, "database", format!("the gateway's cache crashes on {}", named(&crashes)))
                .because("an enabled channel is in a group that no routing row names: One API, New API and Veloera end their process on that at the next reading (new-api #7331)")
                .fix(set_right.clone()),
        );
    }
    if !drifted.is_empty() {
        looked.findings.push(
            patient
                .say(
                    Check::Database,
                    Level::Warning,
                    "database",
                    format!("routing rows do not agree with the list of {}", named(&drifted)),
                )
                .because("users are offered what is on no list, or not offered what is")
                .fix(set_right),
        );
    }
}

fn named(channels: &[String]) -> String {
    let first = channels.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = channels.len().saturating_sub(5);
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// The host that an enabled channel needs, or what is wrong with its address.
fn needs(patient: Patient<'_>, kind: GatewayKind, channel: &Channel, looked: &mut Looked) {
    if channel.status != Status::Enabled || patient.settings.channels.excludes(channel.id) {
        return;
    }
    let Ok(access) = access(kind, channel) else { return };
    let mut origin = match Endpoints::new(&access) {
        Ok(endpoints) => endpoints.call([]),
        Err(why) => {
            let what = format!("channel #{} of {} has no address that can be asked", channel.id, patient.name);
            let finding = Finding::new(Check::Upstream, Level::Warning, Place::default(), what);
            return looked.findings.push(finding.because(why).fix("set the channel's base URL right in the gateway"));
        }
    };
    origin.set_path("/");
    origin.set_query(None);
    let proxy = channel.proxy.clone().filter(|proxy| !proxy.expose().trim().is_empty());
    let mark = format!("{origin} {}", proxy.as_ref().map_or("", Secret::expose));
    let host = looked.hosts.entry(mark).or_insert_with(|| Host { origin, proxy, needed_by: vec![] });
    host.needed_by.push(format!("#{} of {}", channel.id, patient.name));
}
