//! What is known of OpenRouter's models, and how a fresh list comes into it.
//!
//! Decides: when a list may take the place of the last good one; what is new, ended and changed; which models are worth
//! a probe. Must not know: requests, where it is kept.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalogue::{Entry, Free};
use super::health::{FIGURES_COUNT, Health, Light, PROBE_COUNTS, light};
use crate::cost::Rates;
use crate::model::{ModelName, Offered, Outcome};

/// What is known, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the list was read.
    pub at: Timestamp,
    /// Its models, by name.
    pub models: Vec<Model>,
}

/// What is known of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What the catalogue says.
    pub entry: Entry,
    /// Whether this account may use it; `None` without a key.
    pub usable: Option<bool>,
    /// What OpenRouter measured.
    pub health: Option<Health>,
    /// What our latest probe showed.
    pub probe: Option<Probed>,
}

/// What one probe of ours showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probed {
    /// When.
    pub at: Timestamp,
    /// What it showed.
    pub outcome: Outcome,
    /// How long the answer took.
    pub latency_ms: u32,
    /// Why, in one short redacted line.
    pub detail: String,
}

impl Model {
    /// Nothing but the catalogue's word.
    pub fn new(entry: Entry) -> Self {
        Self { entry, usable: None, health: None, probe: None }
    }

    /// What OpenRouter measured, while it still counts.
    pub fn figures(&self, now: Timestamp) -> Option<Health> {
        self.health.filter(|health| now < health.at + FIGURES_COUNT)
    }
}

/// What a fresh list changed among the free models that answer in text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct News {
    /// Not there before.
    pub new: Vec<ModelName>,
    /// Not there any more.
    pub ended: Vec<ModelName>,
    /// Their context, modalities or end are others.
    pub changed: Vec<ModelName>,
}

/// A list that lost more than half is believed once the longer one is so old.
const OLD: SignedDuration = SignedDuration::from_hours(24);
/// Fewer models than this are no measure of how much a list shrank.
const FEW: usize = 4;

impl Snapshot {
    /// A first one.
    pub fn new(entries: Vec<Entry>, now: Timestamp) -> Self {
        let mut models: Vec<_> = entries.into_iter().map(Model::new).collect();
        models.sort_by(|a, b| a.entry.id.cmp(&b.entry.id));
        Self { at: now, models }
    }

    /// Why a fresh list must not take this one's place, if so: it is empty, or less than half of what was there. A
    /// catalogue that lost that much is more likely half of one; it is believed once this one is a day old.
    pub fn refuses(&self, fresh: &[Entry], now: Timestamp) -> Option<String> {
        let free = |entries: &mut dyn Iterator<Item = &Entry>| entries.filter(|entry| entry.is_free_text()).count();
        let after = (fresh.len(), free(&mut fresh.iter()));
        let before = (self.models.len(), free(&mut self.models.iter().map(|model| &model.entry)));
        if after.0 == 0 {
            return Some("the list is empty".to_owned());
        }
        if !self.is_fresh(now, OLD) {
            return None;
        }
        let shrunk = |after: usize, before: usize| before >= FEW && after * 2 < before;
        let what = if shrunk(after.0, before.0) {
            format!("the list shrank from {} models to {}", before.0, after.0)
        } else if shrunk(after.1, before.1) {
            format!("the free models shrank from {} to {}", before.1, after.1)
        } else {
            return None;
        };
        Some(format!("{what}: the longer one is believed until it is a day old"))
    }

    /// The fresh list in this one's place; what was measured and probed stays with its models.
    #[must_use]
    pub fn replaced(self, fresh: Vec<Entry>, now: Timestamp) -> (Self, News) {
        let known: BTreeMap<_, _> = self.models.into_iter().map(|model| (model.entry.id.clone(), model)).collect();
        let mut next = Self::new(fresh, now);
        let mut news = News::default();
        for model in &mut next.models {
            let before = known.get(&model.entry.id);
            if let Some(before) = before {
                (model.usable, model.health, model.probe) = (before.usable, before.health, before.probe.clone());
            }
            match before.map(|before| &before.entry) {
                _ if !model.entry.is_free_text() => {}
                Some(before) if before.is_free_text() => {
                    if !before.says_the_same(&model.entry) {
                        news.changed.push(model.entry.id.clone());
                    }
                }
                Some(_) | None => news.new.push(model.entry.id.clone()),
            }
        }
        let free: HashSet<_> = next.free_text().map(|model| &model.entry.id).collect();
        let gone = |model: &&Model| model.entry.is_free_text() && !free.contains(&model.entry.id);
        news.ended = known.values().filter(gone).map(|model| model.entry.id.clone()).collect();
        (next, news)
    }

    /// Notes which models this account may use. A list that names none of the free ones tells nothing.
    pub fn note_usable(&mut self, usable: &[Entry]) {
        let names: HashSet<_> = usable.iter().map(|entry| &entry.id).collect();
        for model in &mut self.models {
            // Whether the account's list holds other models than those that answer in text is not documented.
            model.usable = (!names.is_empty() && model.entry.gives_text()).then(|| names.contains(&model.entry.id));
        }
    }

    /// The free models that answer in text.
    pub fn free_text(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| model.entry.is_free_text())
    }

    /// What to offer a channel of OpenRouter: free, answering in text, not ended, open to the account.
    pub fn offered(&self, today: Date) -> Vec<Offered> {
        let open = |model: &&Model| !model.entry.has_ended(today) && model.usable != Some(false);
        self.free_text().filter(open).map(|model| model.entry.offered()).collect()
    }

    /// The models that a probe may clear up, the one that waits longest first.
    pub fn doubtful(&self, now: Timestamp) -> Vec<ModelName> {
        let waits = |model: &&Model| model.probe.as_ref().is_none_or(|probe| probe.at + PROBE_COUNTS <= now);
        let in_doubt = |model: &&Model| light(model, now).0 == Light::Doubtful;
        let mut models: Vec<_> = self.free_text().filter(in_doubt).filter(waits).collect();
        models.sort_by_key(|model| model.probe.as_ref().map(|probe| probe.at));
        models.into_iter().map(|model| model.entry.id.clone()).collect()
    }

    /// The model of that name.
    pub fn model_mut(&mut self, id: &ModelName) -> Option<&mut Model> {
        self.models.iter_mut().find(|model| model.entry.id == *id)
    }

    /// Exact prices of the models that answer in text; others may be billed by picture or minute beside them.
    pub fn rates(&self) -> Rates {
        let text = self.models.iter().filter(|model| model.entry.gives_text() && model.entry.free != Free::Router);
        Rates(text.filter_map(|model| Some((model.entry.id.clone(), model.entry.rate?))).collect())
    }

    /// Whether the list is no older than so long.
    pub fn is_fresh(&self, now: Timestamp, age: SignedDuration) -> bool {
        now.duration_since(self.at) <= age
    }
}

impl Entry {
    /// Whether nothing that a user would notice differs.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.context, &self.takes, &self.gives, self.ends) == (other.context, &other.takes, &other.gives, other.ends)
    }
}

impl News {
    /// Whether nothing is new.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.ended.is_empty() && self.changed.is_empty()
    }
}

impl std::fmt::Display for News {
    /// One line; a few names of each sort.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: usize = 10;
        let mut first = true;
        for (word, names) in [("new", &self.new), ("ended", &self.ended), ("changed", &self.changed)] {
            if names.is_empty() {
                continue;
            }
            let named: Vec<_> = names.iter().take(NAMES).map(ModelName::as_str).collect();
            let more = names.len().saturating_sub(NAMES);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            write!(f, "{}{word}: {}{rest}", if first { "" } else { "; " }, named.join(", "))?;
            first = false;
        }
        if first { f.write_str("nothing new") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openrouter::catalogue::entries;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn list(ids: &[&str]) -> Vec<Entry> {
        let data: Vec<_> = ids
            .iter()
            .map(|id| json!({ "id": id, "context_length": 8192, "architecture": { "output_modalities": ["text"] } }))
            .collect();
        entries(&json!({ "data": data })).unwrap()
    }

    fn names(names: &[ModelName]) -> Vec<&str> {
        names.iter().map(ModelName::as_str).collect()
    }

    #[test]
    fn an_empty_or_halved_list_does_not_take_the_last_good_ones_place() {
        let many = Snapshot::new(list(&["a/1", "a/2", "a/3", "a/4:free", "a/5:free", "a/6:free", "a/7:free"]), now());
        assert!(many.refuses(&[], now()).unwrap().contains("empty"));
        let half = many.refuses(&list(&["a/1", "a/4:free", "a/5:free"]), now()).unwrap();
        assert!(half.contains("from 7 models to 3"), "{half}");
        let free = many.refuses(&list(&["a/1", "a/2", "a/3", "a/8", "a/9", "a/4:free"]), now()).unwrap();
        assert!(free.contains("free models shrank from 4 to 1"), "{free}");
        assert_eq!(many.refuses(&list(&["a/1", "a/2", "a/4:free", "a/5:free"]), now()), None);
        let later = now() + OLD + SignedDuration::from_secs(1);
        assert_eq!(many.refuses(&list(&["a/1"]), later), None, "believed at last");
        assert!(many.refuses(&[], later).is_some(), "an empty one never");
        assert_eq!(Snapshot::default().refuses(&list(&["a/1"]), now()), None);
    }

    #[test]
    fn a_fresh_list_brings_news_and_keeps_what_was_learnt() {
        let mut before = Snapshot::new(list(&["a/1", "a/2:free", "a/3:free", "a/4:free"]), now());
        let probed = Probed { at: now(), outcome: Outcome::Works, latency_ms: 1, detail: String::new() };
        for model in &mut before.models {
            model.probe = Some(probed.clone());
        }
        let mut fresh = list(&["a/5:free", "a/1", "a/3:free", "a/4:free"]);
        fresh[3].ends = Some(jiff::civil::date(2026, 12, 1));
        let (next, news) = before.replaced(fresh, now());
        assert_eq!(names(&news.new), ["a/5:free"]);
        assert_eq!(names(&news.ended), ["a/2:free"]);
        assert_eq!(names(&news.changed), ["a/4:free"]);
        assert_eq!(news.to_string(), "new: a/5:free; ended: a/2:free; changed: a/4:free");
        assert_eq!(next.models.iter().filter(|model| model.probe.is_some()).count(), 3);
        let (_, none) = next.clone().replaced(next.models.into_iter().map(|model| model.entry).collect(), now());
        assert!(none.is_empty(), "{none}");
        assert_eq!(none.to_string(), "nothing new");
    }

    #[test]
    fn offered_is_what_is_free_not_over_and_open_to_the_account() {
        let mut fresh = list(&["a/1", "a/2:free", "a/3:free", "a/4:free", "a/5:free"]);
        fresh[2].ends = Some(jiff::civil::date(2026, 11, 20));
        fresh[3].ends = Some(jiff::civil::date(2026, 11, 21));
        fresh[4].gives = vec!["image".to_owned()];
        let mut snapshot = Snapshot::new(fresh, now());
        let offered = |snapshot: &Snapshot| {
            snapshot
                .offered(crate::openrouter::today(now()))
                .into_iter()
                .map(|one| String::from(one.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(offered(&snapshot), ["a/2:free", "a/4:free"]);
        snapshot.note_usable(&list(&["a/1", "a/4:free"]));
        assert_eq!(offered(&snapshot), ["a/4:free"]);
        snapshot.note_usable(&[]);
        assert_eq!(offered(&snapshot), ["a/2:free", "a/4:free"], "an empty list tells nothing");
    }

    #[test]
    fn the_longest_waiting_doubt_is_probed_first() {
        let mut snapshot = Snapshot::new(list(&["a/1:free", "a/2:free", "a/3:free", "a/4:free"]), now());
        for (model, hours) in snapshot.models.iter_mut().zip([Some(7), Some(1), None, Some(30)]) {
            model.health = Some(Health { at: now(), endpoints: 1, good: 1, ..Health::default() });
            model.probe = hours.map(|hours| Probed {
                at: now() - SignedDuration::from_hours(hours),
                outcome: Outcome::Busy,
                latency_ms: 1,
                detail: String::new(),
            });
        }
        assert_eq!(names(&snapshot.doubtful(now())), ["a/3:free", "a/4:free", "a/1:free"]);
    }
}
