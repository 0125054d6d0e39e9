//! Two days of a gateway in some seconds: real rounds over real sockets and a real database, with the clock put ahead.
//!
//! Two hundred models flap, are limited, starve of credit, go through outages, vanish and heal. Whatever works is never
//! taken off; what is gone goes within two rounds and its confirmation time; what healed comes back within one round.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use channelwarden::clock;
use channelwarden::round::Scope;
use channelwarden::simulate::{Behaviour, ListBehaviour};
use databases::Engine;
use gateways::{ChannelRow, Schema};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use world::Setup;

const UPSTREAMS: i64 = 10;
const MODELS: i64 = 20;
const HOURS: i64 = 48;

/// One model's life, and its upstream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Life {
    upstream: i64,
    model: i64,
}

/// What is true of a model in some hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    /// It is there, whatever its upstream says just now.
    There,
    /// It is not, since that hour; confirmed after so many minutes at most.
    Dead { since: i64, confirmed: i64 },
}

impl Life {
    fn name(self) -> String {
        format!("model-{}-{:02}", self.upstream, self.model)
    }

    fn truth(self, hour: i64) -> Truth {
        let u = self.upstream;
        let dead = |from: i64, until: i64, confirmed| {
            if (from..until).contains(&hour) { Truth::Dead { since: from, confirmed } } else { Truth::There }
        };
        match self.model {
            // Retired, and off the upstream's list.
            12 => dead(3 + u % 4, i64::MAX, 10),
            // Retired by mistake, and listed again when it is back.
            13 => dead(5 + u % 4, 18 + u, 10),
            // Ghosts: the list goes on naming them.
            14 => dead(4 + u % 4, i64::MAX, 60),
            15 => dead(3 + u % 5, i64::MAX, 60),
            // Fails alone, while its siblings answer.
            16 => dead(7 + u % 2, 36 + u % 5, 15),
            _ => Truth::There,
        }
    }

    fn is_listed(self, hour: i64) -> bool {
        !matches!(self.model, 12 | 13) || self.truth(hour) == Truth::There
    }

    fn behaviour(self, hour: i64) -> Behaviour {
        if let Some(event) = event(self.upstream, hour) {
            return event;
        }
        let dead = self.truth(hour) != Truth::There;
        match self.model {
            8 | 9 => Behaviour::Flapping,
            10 if (5..30).contains(&hour) => Behaviour::RateLimited(None),
            11 => Behaviour::NeedsCompletionLimit,
            17 => Behaviour::StreamOnly,
            18 => Behaviour::Filtered,
            12..=14 if dead => Behaviour::Gone,
            15 if dead => Behaviour::NoAccess,
            16 if dead => Behaviour::Broken,
            _ => Behaviour::Works,
        }
    }
}

/// What befalls a whole upstream.
fn event(upstream: i64, hour: i64) -> Option<Behaviour> {
    let within = |from: i64, until: i64| (from..until).contains(&hour);
    match upstream {
        // Everybody's bad hour.
        _ if within(33, 34) => Some(Behaviour::Broken),
        1 if within(12, 18) => Some(Behaviour::NoCredit),
        2 if within(12, 15) => Some(Behaviour::Broken),
        3 if within(20, 24) => Some(Behaviour::Page),
        4 if within(12, 16) => Some(Behaviour::RateLimited(None)),
        5 if within(25, 28) => {
            let body = json!({"error": {"message": "x", "type": "invalid_request_error", "code": "invalid_api_key"}});
            Some(Behaviour::Says(401, body.to_string()))
        }
        6 if within(12, 14) => Some(Behaviour::Empty),
        7 if within(12, 14) => {
            let body = json!({"error": {"message": "负载已饱和", "type": "system_error"}});
            Some(Behaviour::Says(429, body.to_string()))
        }
        _ => None,
    }
}

fn lives() -> impl Iterator<Item = Life> {
    (0..UPSTREAMS).flat_map(|upstream| (0..MODELS).map(move |model| Life { upstream, model }))
}

fn list(upstream: i64, hour: i64) -> ListBehaviour {
    let names = |few: i64| {
        let on_it = lives().filter(|life| life.upstream == upstream && life.is_listed(hour) && life.model < few);
        ListBehaviour::Names(on_it.map(Life::name).collect())
    };
    match (upstream, hour) {
        (6, 15) => ListBehaviour::Broken,
        (6, 16) => ListBehaviour::Empty,
        (6, 17) => names(3),
        (8, 20..23) => ListBehaviour::Page,
        _ => names(MODELS),
    }
}

fn name(upstream: i64) -> String {
    format!("u{upstream}")
}

fn settle_world(setup: &Setup, hour: i64) {
    for upstream in 0..UPSTREAMS {
        let simulated = &setup.upstreams[&name(upstream)];
        simulated.change(|world| {
            world.list = list(upstream, hour);
            let of_it = lives().filter(|life| life.upstream == upstream);
            world.models = of_it.map(|life| (life.name(), life.behaviour(hour))).collect();
        });
    }
}

fn hours_since(start: Timestamp) -> i64 {
    clock::now().duration_since(start).as_secs() / 3600
}

#[tokio::test]
async fn two_days_cost_no_working_model_and_keep_no_dead_one() {
    let config = json!({
        // Nothing hangs in this world: a machine that stands still for a moment is none of its models' fault.
        "probe": { "key_rest": "1h", "timeout": "20s", "first_byte_timeout": "20s", "connect_timeout": "20s" },
        "verdict": {
            "denied": { "times": 2, "over": "10m" },
            "denied_listed": { "times": 3, "over": "1h" },
            "failing": { "times": 3, "over": "15m" },
            "unrouted": { "times": 6, "over": "1d" },
            "restore_first": "1h", "restore_max": "7d",
        },
        "limits": { "last_route": true },
    });
    let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &config).await;
    for upstream in 0..UPSTREAMS {
        setup.upstream(&name(upstream), &[], &BTreeMap::new(), None).await;
        let models: Vec<_> = lives().filter(|life| life.upstream == upstream).map(Life::name).collect();
        let base_url = Some(setup.upstreams[&name(upstream)].base_url());
        let key = format!("sk-canary-{upstream}");
        setup.channel(&name(upstream), ChannelRow { key, base_url, ..ChannelRow::new(&models.join(",")) }).await;
    }
    setup.remember_accounts().await;
    let start = clock::now();
    let (mut next_full, mut looked, mut told) = (start, Timestamp::MIN, -1);
    let mut off_since: HashMap<Life, Timestamp> = HashMap::new();
    let (mut rounds, mut looks) = (0, 0);
    while hours_since(start) < HOURS {
        let due = setup.store.next_due("main", looked).await.unwrap();
        let next = due.map_or(next_full, |due| due.min(next_full));
        let ahead = next.duration_since(clock::now()).max(SignedDuration::ZERO);
        clock::advance(Duration::try_from(ahead).unwrap() + Duration::from_millis(2));
        let (now, hour) = (clock::now(), hours_since(start));
        if hour != told {
            settle_world(&setup, hour);
            told = hour;
        }
        let full = now >= next_full;
        let scope = if full {
            (next_full, rounds) = (now + SignedDuration::from_hours(1), rounds + 1);
            Scope::default()
        } else {
            looks += 1;
            Scope { due: Some(setup.store.due_channels("main", now).await.unwrap()), ..Scope::default() }
        };
        looked = now;
        let report = setup.round_of(&scope).await;
        assert_eq!(report.errors, Vec::<String>::new(), "hour {hour}");
        let lists = setup.lists().await;
        let listed: HashSet<&str> = lists.values().flat_map(|list| list.split(',')).collect();
        for life in lives() {
            let (name, on) = (life.name(), listed.contains(life.name().as_str()));
            match life.truth(hour) {
                Truth::There if on => {
                    off_since.remove(&life);
                }
                Truth::There => {
                    // Only what was dead before may be off, and only for the one hour in which a round sees it back.
                    assert!(
                        off_since.contains_key(&life),
                        "{name} works and was taken off in hour {hour}:\n{report:#?}"
                    );
                    let amiss = |hour: &i64| life.truth(*hour) != Truth::There || event(life.upstream, *hour).is_some();
                    let last = (0..=hour).rev().find(amiss).unwrap();
                    assert!(
                        hour - last <= 1,
                        "{name} is back since hour {} and still off in {hour}:\n{report:#?}",
                        last + 1
                    );
                }
                Truth::Dead { since, confirmed } if on => {
                    let minutes = now.duration_since(start).as_mins() - since * 60;
                    assert!(minutes <= 120 + confirmed, "{name} is dead since hour {since}, and on the list in {hour}");
                }
                Truth::Dead { .. } => {
                    off_since.entry(life).or_insert(now);
                }
            }
        }
    }
    assert!(rounds >= HOURS - 1 && looks > 20, "{rounds} rounds, {looks} looks");
    // The test itself saw what it is about.
    let dead_at_the_end = lives().filter(|life| life.truth(HOURS - 1) != Truth::There).count();
    assert_eq!(off_since.len(), dead_at_the_end);
    assert!(dead_at_the_end >= 30);
}

#[tokio::test]
async fn a_key_that_rests_is_tried_again_as_soon_as_it_may_be() {
    let config = json!({ "probe": { "key_rest": "1h" }, "verdict": { "restore_first": "1h", "restore_max": "7d" } });
    let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &config).await;
    let models: Vec<String> = (0..60).map(|n| format!("model-{n:02}")).collect();
    let broke = models.iter().map(|model| (model.clone(), "no-credit".to_owned())).collect();
    setup.upstream("u", &[], &broke, None).await;
    let base_url = Some(setup.upstreams["u"].base_url());
    setup.channel("u", ChannelRow { base_url, ..ChannelRow::new(&models.join(",")) }).await;
    setup.remember_accounts().await;
    let report = setup.round_of(&Scope::default()).await;
    assert_eq!((report.keys.len(), report.down.len()), (1, 1), "{report:#?}");
    let first = setup.upstreams["u"].total();
    assert!(first <= 7, "{first} requests, the list's among them");
    let end = clock::now() + SignedDuration::from_hours(24);
    while clock::now() < end {
        let now = clock::now();
        let next = setup.store.next_due("main", now).await.unwrap().unwrap();
        clock::advance(Duration::try_from(next.duration_since(now)).unwrap() + Duration::from_millis(2));
        let due = setup.store.due_channels("main", clock::now()).await.unwrap();
        let report = setup.round_of(&Scope { due: Some(due), ..Scope::default() }).await;
        assert_eq!(report.keys.len(), 1, "{report:#?}");
    }
    let asked = setup.upstreams["u"].total() - first;
    assert!((20..=24).contains(&asked), "{asked} in a day");
    for model in &models {
        setup.upstreams["u"].set(model, Behaviour::Works);
    }
    let next = setup.store.next_due("main", clock::now()).await.unwrap().unwrap();
    assert!(next.duration_since(clock::now()) <= SignedDuration::from_mins(61));
    clock::advance(Duration::from_mins(61));
    let due = setup.store.due_channels("main", clock::now()).await.unwrap();
    let report = setup.round_of(&Scope { due: Some(due), ..Scope::default() }).await;
    assert_eq!(report.keys.len(), 0, "{report:#?}");
}
