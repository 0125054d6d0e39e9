//! What is ours: the configuration, the store, the loop, holds, and what probing used up.
//!
//! Decides: what of it is wrong. Must not know: gateways, upstreams.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::finding::{Check, Finding, Level, Place, word};
use crate::budget;
use crate::clock;
use crate::config::{self, Config, ConfigError, Loaded, Mode};
use crate::daemon::HEARTBEAT;
use crate::store::{self, Condition, Hold, Store, StoreError};

/// Less free disk than this is too little for a store that grows.
const TIGHT: u64 = 256 << 20;

/// Reads the configuration: findings, and what it says where it can be used.
/// Whoever only wants files looked through needs none.
pub(super) fn configuration(at: Option<&Path>, files: bool) -> (Vec<Finding>, Option<Loaded>) {
    let found = config::find(at);
    let place = found.as_ref().map_or_else(|_| Place::default(), |path| Place::file(path, None));
    match found.and_then(|path| config::load(&path)) {
        Ok(loaded) => (sound(&loaded), Some(loaded)),
        Err(error @ ConfigError::NotFound { .. }) => {
            let level = if files { Level::Note } else { Level::Error };
            let finding = Finding::new(Check::Config, level, place, "there is no configuration")
                .because(error.to_string())
                .fix("cp config.example.json5 config.json5, or name the file: channelwarden --config FILE doctor");
            (vec![finding], None)
        }
        Err(error) => {
            let finding = Finding::new(Check::Config, Level::Error, place, "the configuration cannot be used")
                .because(error.to_string())
                .fix("set that right, then: channelwarden config check");
            (vec![finding], None)
        }
    }
}

fn sound(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let place = || Place::file(&loaded.path, None);
    let gateways = plural(config.gateways.len(), "gateway");
    let mut found = vec![Finding::ok(Check::Config, place(), format!("the configuration is sound: {gateways}"))];
    let note = |note: &String| Finding::new(Check::Config, Level::Note, place(), note);
    found.extend(loaded.notes.iter().map(note));
    let writes = config.gateways.values().any(|gateway| gateway.mode == Mode::Apply);
    let folder = std::path::absolute(&config.store.path).unwrap_or_else(|_| config.store.path.clone());
    if writes && ["/tmp", "/dev/shm", "/run", "/var/tmp"].iter().any(|gone| folder.starts_with(gone)) {
        found.push(
            Finding::new(
                Check::Config,
                Level::Warning,
                Place::key("store.path"),
                "the store is in a folder that does not last, and something is written",
            )
            .because("without its journal a change cannot be taken back, and what is confirmed over days begins anew")
            .fix("store: { path: \"/var/lib/channelwarden/channelwarden.db\" }"),
        );
    }
    let open = config.web.address().ok().flatten().filter(|address| !address.ip().is_loopback());
    if open.is_some() && config.web.public_url.as_deref().is_none_or(|url| !url.starts_with("https:")) {
        found.push(
            Finding::new(
                Check::Config,
                Level::Note,
                Place::key("web.listen"),
                "the dashboard listens beyond this machine, and its tokens travel without encryption",
            )
            .because("there is no TLS of its own; a proxy in front of it has")
            .fix("web: { listen: \"127.0.0.1:8000\", public_url: \"https://…\" }, behind a proxy with TLS"),
        );
    }
    found
}

/// Looks at the store, and opens it where that changes nothing.
pub(super) async fn store(config: &Config) -> (Vec<Finding>, Option<Store>) {
    let path = &config.store.path;
    let place = || Place::key("store.path");
    let bad = |level, what: String| Finding::new(Check::Store, level, place(), what);
    let looked = match store::condition(path).await {
        Ok(looked) => looked,
        Err(why) => {
            let finding = bad(Level::Error, format!("the store {} cannot be read", path.display()))
                .because(why)
                .fix(format!("ls -l {}; if it is damaged, move it away: a new one is made", word(path)));
            return (vec![finding], None);
        }
    };
    let mut found = vec![];
    let Condition { version, newest, unwritable, locked, free, size } = looked;
    if let Some(why) = unwritable {
        found.push(
            bad(Level::Error, format!("the store {} cannot be written", path.display()))
                .because(why)
                .fix(format!("chown -R \"$(id -un)\" {}", word(folder_of(path)))),
        );
    }
    if let Some(free) = free.filter(|free| *free < TIGHT) {
        found.push(
            bad(Level::Warning, format!("only {} MiB are free on the store's disk", free >> 20))
                .because(format!("the store takes {} MiB now and may grow to store.max_mib", size >> 20))
                .fix(format!("df -h {}", word(folder_of(path)))),
        );
    }
    if locked {
        found.push(
            bad(Level::Error, "somebody has held the store's write lock for more than 5 s".to_owned())
                .because("our own writes take milliseconds: a backup, an editor or a hung process has the file open")
                .fix(format!("fuser -v {}", word(path))),
        );
    }
    let usable = match version {
        None => {
            found.push(Finding::new(
                Check::Store,
                Level::Note,
                place(),
                format!("there is no store at {} yet: the first round makes it", path.display()),
            ));
            false
        }
        Some(version) if version > newest => {
            found.push(
                bad(
                    Level::Error,
                    format!("the store was written by a newer channelwarden (its version is {version}, ours {newest})"),
                )
                .fix("run the newer program, or name another file in store.path"),
            );
            false
        }
        Some(version) if version < newest => {
            found.push(
                Finding::new(
                    Check::Store,
                    Level::Note,
                    place(),
                    format!("the store is of an older channelwarden (its version is {version}, ours {newest})"),
                )
                .because(
                    "the next start brings it up to date; an older program cannot read it then. Stop the loop first",
                )
                .fix(format!("cp {0} {0}.bak", word(path))),
            );
            false
        }
        Some(_) => !locked,
    };
    if usable && found.is_empty() {
        let size = size.div_ceil(1 << 20);
        found.push(Finding::ok(Check::Store, place(), format!("the store can be written; it takes {size} MiB")));
    }
    let opened = if usable { Store::open(path).await } else { return (found, None) };
    match opened {
        Ok(store) => (found, Some(store)),
        Err(error) => {
            found.push(bad(Level::Error, error.to_string()));
            (found, None)
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the store tells: whether the loop runs, what is on hold, what was used up.
pub(super) async fn told(config: &Config, store: &Store) -> Vec<Finding> {
    let failed =
        |error: StoreError| vec![Finding::new(Check::Store, Level::Error, Place::default(), error.to_string())];
    let now = clock::now();
    let mut found = vec![];
    found.extend(alive(store, now).await.unwrap_or_else(failed));
    found.extend(holds(store).await.unwrap_or_else(failed));
    found.extend(quota(config, store, now).await.unwrap_or_else(failed));
    found
}

async fn alive(store: &Store, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let say = |level, what: String| Finding::new(Check::Loop, level, Place::default(), what);
    let start = "systemctl start channelwarden, or: channelwarden run";
    let Some(beat) = store.heartbeat().await? else {
        return Ok(vec![say(Level::Note, "the loop never ran with this store".to_owned()).fix(start)]);
    };
    let age = now.duration_since(beat);
    let late = SignedDuration::try_from(HEARTBEAT * 4).unwrap_or(SignedDuration::MAX);
    Ok(vec![if age > late {
        say(Level::Warning, format!("the loop last said that it is alive at {beat}"))
            .because("it says so every 30 s: it does not run, or is stuck; nothing is probed, nobody is told")
            .fix(start)
    } else {
        say(Level::Ok, format!("the loop was alive {} s ago", age.as_secs().max(0)))
    }])
}

async fn holds(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let say = |level, what: String| Finding::new(Check::Holds, level, Place::default(), what);
    let file = store.hold_file();
    let mut found = vec![];
    if file.exists() {
        found.push(
            say(Level::Warning, format!("nothing is written while the file {} exists", file.display()))
                .fix(format!("rm {}", word(&file))),
        );
    }
    for Hold { scope, reason, at, .. } in store.holds().await? {
        let (mut what, mut release) = (String::from("nothing is written"), String::from("channelwarden release"));
        for (noun, option, value) in [
            ("gateway", "--gateway", scope.gateway),
            ("channel", "--channel", scope.channel.map(|id| id.to_string())),
            ("model", "--model", scope.model),
        ] {
            if let Some(value) = value {
                what = format!("{what}, {noun} {value}");
                release = format!("{release} {option} {}", word(Path::new(&value)));
            }
        }
        found.push(say(Level::Note, format!("on hold since {at}: {what}")).because(reason).fix(release));
    }
    if found.is_empty() {
        found.push(say(Level::Ok, "nothing is on hold".to_owned()));
    }
    Ok(found)
}

async fn quota(config: &Config, store: &Store, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let spent = store.spent_in(budget::day(now), "").await?;
    let mut found = vec![];
    for (key, most, used) in
        [("requests", config.budget.requests, spent.requests), ("tokens", config.budget.tokens, spent.tokens)]
    {
        let place = Place::key(format!("budget.{key}"));
        if most == 0 {
            continue;
        }
        found.push(if used >= most {
            Finding::new(Check::Quota, Level::Warning, place, format!("today's {key} are used up: {used} of {most}"))
                .because("nothing is probed any more until midnight UTC")
                .fix(format!("budget: {{ {key}: {} }}, or a longer probe.every", most.saturating_mul(2)))
        } else {
            Finding::ok(Check::Quota, place, format!("{used} of {most} {key} used today"))
        });
    }
    if found.is_empty() {
        let (requests, tokens) = (spent.requests, spent.tokens);
        let what = format!("{requests} requests and {tokens} tokens used today; there is no limit");
        found.push(Finding::ok(Check::Quota, Place::key("budget"), what));
    }
    let resting = store.rests(Timestamp::UNIX_EPOCH).await?.into_iter().filter(|rest| rest.rest.until > now);
    for rest in resting.filter(|rest| rest.model.is_none()).take(10) {
        let (outcome, until) = (rest.rest.outcome.as_str(), rest.rest.until);
        let what = format!("a key rests until {until}: {outcome}");
        let finding = Finding::new(Check::Quota, Level::Warning, Place::default(), what).because(rest.rest.detail);
        found.push(finding.fix("channelwarden history tells which channel; give it another key, or credit"));
    }
    Ok(found)
}

/// "1 gateway", "2 gateways".
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
