//! The files of one gateway's log, as they come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use super::{KEEP_PLACE, Keeper};
use crate::clock;
use crate::config::LitellmLogs;
use crate::litellm::sources::{self, LogFile};
use crate::litellm::tail::{FileId, Look, Tail};
use crate::model::LogFailure;

/// How often files are looked for.
const DISCOVER: Duration = Duration::from_secs(15);
/// A file that nobody names any more is let go when nothing came for so long.
const FORGET: SignedDuration = SignedDuration::from_mins(10);
/// How much of one file is read before it is another's turn: 256 KB each.
const CHUNKS: usize = 16;

/// What is followed now.
pub(super) struct Files {
    keeper: Keeper,
    logs: LitellmLogs,
    /// How far each source was read, as the store has it; `None`: not known yet.
    places: Option<BTreeMap<String, String>>,
    followed: BTreeMap<String, Followed>,
    /// A process that was seen before we looked ourselves may be another program by now.
    since: Timestamp,
    /// The process, when files were looked for the last time.
    process: Option<u32>,
    discover_next: Timestamp,
    missing: BTreeSet<String>,
}

/// One file.
struct Followed {
    tail: Tail,
    wanted: bool,
    /// What is not kept yet.
    unkept: Vec<LogFailure>,
    place: Option<String>,
    keep_next: Timestamp,
}

impl Files {
    pub(super) fn new(keeper: Keeper, logs: LitellmLogs) -> Self {
        let (followed, missing) = (BTreeMap::new(), BTreeSet::new());
        let (since, discover_next) = (clock::now(), Timestamp::MIN);
        Self { keeper, logs, places: None, followed, since, process: None, discover_next, missing }
    }

    /// Looks for files where it is time, reads what is there, and keeps it.
    pub(super) async fn look(&mut self) {
        let now = clock::now();
        if now >= self.discover_next {
            self.discover_next = later(now, DISCOVER);
            self.discover(now).await;
        }
        let keys: Vec<String> = self.followed.keys().cloned().collect();
        for key in keys {
            for _ in 0..CHUNKS {
                let Some(followed) = self.followed.remove(&key) else { break };
                let (followed, more) = self.read(&key, followed).await;
                let Some(followed) = followed else { break };
                self.followed.insert(key.clone(), followed);
                if !more {
                    break;
                }
            }
        }
    }

    #[cfg(test)]
    pub(super) async fn discover_again(&mut self) {
        self.discover_next = Timestamp::MIN;
        self.look().await;
    }

    async fn discover(&mut self, now: Timestamp) {
        if self.places.is_none() {
            // Without places every file would be new, and begun at its end.
            match self.keeper.store.log_places(&self.keeper.gateway).await {
                Ok(places) => self.places = Some(places),
                Err(error) => {
                    return tracing::error!(gateway = self.keeper.gateway, "its log is not read yet: {error}");
                }
            }
        }
        let process = match self.keeper.store.processes().await {
            Ok(mut processes) => {
                let seen = processes.remove(&self.keeper.gateway).filter(|(_, at)| *at >= self.since);
                seen.and_then(|(process, _)| process)
            }
            Err(error) => return tracing::error!(gateway = self.keeper.gateway, "its process is not known: {error}"),
        };
        let (logs, pid) = (self.logs.clone(), process.map(|process| process.pid));
        let found = spawn_blocking(move || sources::files(&logs, pid, Path::new(sources::DOCKER))).await;
        let Ok(found) = found else { return };
        let missing: BTreeSet<String> = found.missing.into_iter().collect();
        for why in missing.difference(&self.missing) {
            tracing::warn!(gateway = self.keeper.gateway, "a source of its log is missing: {why}");
        }
        self.missing = missing;
        // By then what is followed of it is kept under its present names.
        if pid.is_some() && self.process == pid {
            self.forget_gone().await;
        }
        self.process = pid;
        for followed in self.followed.values_mut() {
            followed.wanted = false;
        }
        for file in found.files {
            self.want(file);
        }
        self.followed.retain(|key, followed| {
            let goes_on = followed.tail.file().is_some() && !followed.tail.is_quiet(now, FORGET);
            let keep = followed.wanted || goes_on || !followed.unkept.is_empty();
            if !keep {
                tracing::info!(gateway = self.keeper.gateway, source = key, "no longer read: nobody logs there");
            }
            keep
        });
    }

    /// Forgets how far files were read that are gone: each start of a process may have had one of its own.
    async fn forget_gone(&mut self) {
        let Some(places) = &mut self.places else { return };
        let is_gone = |key: &String| {
            let path = key.strip_prefix("file ").filter(|_| !self.followed.contains_key(key));
            path.is_some_and(|path| fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound))
        };
        let gone: Vec<String> = places.keys().filter(|key| is_gone(key)).cloned().collect();
        if gone.is_empty() {
            return;
        }
        match self.keeper.store.forget_log_places(&self.keeper.gateway, &gone).await {
            Ok(()) => places.retain(|key, _| !gone.contains(key)),
            Err(error) => tracing::error!(gateway = self.keeper.gateway, "what is gone is not forgotten yet: {error}"),
        }
    }

    /// Follows a file, if it is not followed under another name.
    fn want(&mut self, file: LogFile) {
        let there = FileId::at(&file.path).ok();
        let known = self.followed.iter_mut().find(|(key, followed)| {
            let same_name = **key == file.key && followed.tail.path() == file.path;
            same_name || (there.is_some() && followed.tail.file() == there)
        });
        if let Some((_, followed)) = known {
            followed.wanted = true;
            return;
        }
        let Some(places) = &self.places else { return };
        let known = places.get(&file.key);
        let elsewhere = || places.values().find(|place| Tail::is_place_in(place, &file.path));
        // To be kept under its new name.
        let moved = if known.is_none() { elsewhere().cloned() } else { None };
        let place = known.or(moved.as_ref()).map(String::as_str);
        let tail = Tail::new(&file.path, file.form, place, self.keeper.secrets.clone(), TimeZone::system());
        tracing::info!(gateway = self.keeper.gateway, source = file.key, "its log is followed");
        let followed = Followed { tail, wanted: true, unkept: vec![], place: moved, keep_next: Timestamp::MIN };
        self.followed.insert(file.key, followed);
    }

    /// Reads a chunk of one file and keeps what it tells; whether there is more. `None`: it is begun anew.
    async fn read(&mut self, key: &str, mut followed: Followed) -> (Option<Followed>, bool) {
        let now = clock::now();
        let mut look = Look::default();
        // What was read and is not kept goes first.
        if followed.unkept.is_empty() {
            let looked = spawn_blocking(move || {
                let look = followed.tail.look(now);
                (followed, look)
            });
            match looked.await {
                Ok(looked) => (followed, look) = looked,
                Err(panic) => {
                    tracing::error!(gateway = self.keeper.gateway, source = key, "reading it starts again: {panic}");
                    return (None, false);
                }
            }
        }
        if let Some(news) = &look.news {
            tracing::warn!(gateway = self.keeper.gateway, source = key, "{} {news}", followed.tail.path().display());
        }
        followed.unkept.append(&mut look.failures);
        followed.place = look.place.or(followed.place);
        let due = !followed.unkept.is_empty() || now >= followed.keep_next;
        if let Some(place) = followed.place.clone().filter(|_| due) {
            if !self.keeper.keep(key, &place, &followed.unkept).await {
                return (Some(followed), false);
            }
            followed.unkept.clear();
            followed.place = None;
            followed.keep_next = later(now, KEEP_PLACE);
            self.places.get_or_insert_default().insert(key.to_owned(), place);
        }
        (Some(followed), look.more)
    }
}

/// `after` later.
fn later(now: Timestamp, after: Duration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}
