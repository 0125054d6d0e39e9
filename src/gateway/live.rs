//! When a gateway's users see what was written. Pure.
//!
//! Decides: how long after a write that is, and whether what they see is what was written. Must not know: who asks.

use std::collections::HashSet;
use std::fmt;
use std::hash::BuildHasher;
use std::time::Duration;

use crate::config::WriteBy;
use crate::model::{GatewayKind, ModelName};

/// How often New API and Veloera read their channels again, unless `SYNC_FREQUENCY` says otherwise.
const NEW_API: Duration = Duration::from_mins(1);
/// The same of One API.
const ONE_API: Duration = Duration::from_mins(10);
/// The same of `LiteLLM` (`PROXY_CONFIG_RELOAD_INTERVAL_SECONDS`), where models stand in its database.
const LITELLM: Duration = Duration::from_secs(30);

/// When a gateway's users see what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// With the write itself.
    Immediate,
    /// Within this time at the latest: when the gateway reads its channels again.
    Within(Duration),
    /// Not before it is started again, or told to read them again.
    Never,
}

/// When the users of such a gateway see what was written in this way. `reloads`: what is written to its database is
/// followed by a call that has it read again. `configured`: what the operator says of its cache.
pub fn cache(kind: GatewayKind, write: WriteBy, reloads: bool, configured: Option<Duration>) -> Cache {
    let within = |otherwise| Cache::Within(configured.unwrap_or(otherwise));
    match (kind, write) {
        (GatewayKind::NewApi | GatewayKind::OneHub | GatewayKind::DoneHub, WriteBy::AdminApi) => Cache::Immediate,
        // The process that was told at once; its sisters read their models again after 30 s.
        (GatewayKind::LiteLlm, _) => within(LITELLM),
        // Veloera grew out of a New API whose own edits waited for the next reading too.
        (GatewayKind::NewApi, WriteBy::Database) | (GatewayKind::Veloera, _) => within(NEW_API),
        (GatewayKind::OneApi, _) => within(ONE_API),
        (GatewayKind::OneHub | GatewayKind::DoneHub, WriteBy::Database) => {
            if reloads {
                Cache::Immediate
            } else {
                Cache::Never
            }
        }
    }
}

impl Cache {
    /// How long after a write its users should see it; `None`: nobody knows when.
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Immediate => Some(Duration::ZERO),
            Self::Within(time) => Some(time),
            Self::Never => None,
        }
    }
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immediate => f.write_str("live at once"),
            Self::Within(time) => write!(f, "live within {}", humantime::format_duration(*time)),
            Self::Never => f.write_str(
                "not live before the gateway is started again: it never reads its database anew; give `api`, or write: admin-api",
            ),
        }
    }
}

/// What a change should have brought about, as its channel stands now.
#[derive(Debug, Default)]
pub struct Expected {
    /// Names that were put on and are on still.
    pub on: Vec<ModelName>,
    /// Names that were taken off and are off still.
    pub off: Vec<ModelName>,
    /// Those of them that other enabled channels serve, or may serve.
    pub elsewhere: HashSet<ModelName>,
    /// Users may see a name with something in front of it, which we do not know (Veloera's `model_prefix`).
    pub prefixed: bool,
}

impl Expected {
    /// Whether there is nothing to look for.
    pub fn is_nothing(&self) -> bool {
        self.on.is_empty() && self.off.is_empty()
    }
}

/// What the gateway's users see of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// All of it.
    Yes,
    /// Not all of it yet, and what.
    NotYet(String),
    /// That cannot be told, and why.
    Untellable(String),
}

/// Compares what a user sees with what was written.
pub fn live(expected: &Expected, seen: &HashSet<String, impl BuildHasher>) -> Live {
    let Expected { on, off, elsewhere, prefixed } = expected;
    let as_it_is = |model: &ModelName| seen.contains(model.as_str());
    let shows =
        |model: &&ModelName| as_it_is(model) || *prefixed && seen.iter().any(|name| name.ends_with(model.as_str()));
    let missing: Vec<_> = on.iter().filter(|model| !shows(model)).collect();
    let others = |model: &&ModelName| elsewhere.contains(*model) || !as_it_is(model);
    let (shared, left): (Vec<_>, Vec<_>) = off.iter().filter(shows).partition(others);
    if !missing.is_empty() {
        let names = listed(&missing);
        Live::NotYet(format!("users do not see {names} yet (may the user of api.user_key use the channel's group?)"))
    } else if !left.is_empty() {
        Live::NotYet(format!("users still see {}", listed(&left)))
    } else if !shared.is_empty() && shared.len() == off.len() && on.is_empty() {
        Live::Untellable(format!("other channels serve {} too", listed(&shared)))
    } else {
        Live::Yes
    }
}

/// The first of some names, and how many more.
fn listed(names: &[&ModelName]) -> String {
    let first = names.first().map_or("", |name| name.as_str());
    if names.len() > 1 { format!("{first} and {} more", names.len() - 1) } else { first.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<ModelName> {
        text.split_whitespace().map(|name| ModelName::parse(name).unwrap()).collect()
    }

    fn look(on: &str, off: &str, elsewhere: &str, seen: &str) -> Live {
        let elsewhere = names(elsewhere).into_iter().collect();
        let expected = Expected { on: names(on), off: names(off), elsewhere, prefixed: false };
        let seen: HashSet<String> = seen.split_whitespace().map(str::to_owned).collect();
        live(&expected, &seen)
    }

    #[test]
    fn each_gateway_has_its_own_time() {
        use GatewayKind::{DoneHub, NewApi, OneApi, OneHub, Veloera};
        let mins = Duration::from_mins;
        for (kind, write, reloads, expected) in [
            (NewApi, WriteBy::Database, false, Cache::Within(mins(1))),
            (NewApi, WriteBy::AdminApi, false, Cache::Immediate),
            (Veloera, WriteBy::Database, false, Cache::Within(mins(1))),
            (Veloera, WriteBy::AdminApi, false, Cache::Within(mins(1))),
            (OneApi, WriteBy::Database, false, Cache::Within(mins(10))),
            (OneApi, WriteBy::AdminApi, false, Cache::Within(mins(10))),
            (OneHub, WriteBy::AdminApi, false, Cache::Immediate),
            (OneHub, WriteBy::Database, false, Cache::Never),
            (DoneHub, WriteBy::Database, true, Cache::Immediate),
        ] {
            assert_eq!(cache(kind, write, reloads, None), expected, "{kind} {write:?}");
        }
        assert_eq!(cache(OneApi, WriteBy::Database, false, Some(mins(2))), Cache::Within(mins(2)));
        assert_eq!(cache(NewApi, WriteBy::AdminApi, false, Some(mins(2))), Cache::Immediate);
        assert_eq!(Cache::Within(mins(1)).to_string(), "live within 1m");
    }

    #[test]
    fn what_was_put_on_must_be_seen_and_what_was_taken_off_must_be_gone() {
        assert_eq!(look("new", "old", "", "new other"), Live::Yes);
        assert_eq!(look("", "", "", ""), Live::Yes);
        assert!(matches!(look("new newer", "", "", "other"), Live::NotYet(why) if why.contains("new and 1 more")));
        assert!(matches!(look("new", "old", "", "new old"), Live::NotYet(why) if why.contains("still see old")));
        assert!(matches!(look("", "old", "", "OLD old"), Live::NotYet(_)));
        assert_eq!(look("", "old", "", "OLD"), Live::Yes, "another case is another model");
    }

    #[test]
    fn what_another_channel_serves_tells_nothing() {
        assert!(matches!(look("", "old", "old", "old"), Live::Untellable(why) if why.contains("old")));
        assert_eq!(look("new", "old", "old", "new old"), Live::Yes, "the other name tells");
        assert_eq!(look("", "old dead", "old", "old"), Live::Yes, "and so does one that went");
        assert!(matches!(look("", "old dead", "old", "old dead"), Live::NotYet(_)));
        assert!(matches!(look("new", "old", "new", "old"), Live::NotYet(_)), "it is not seen at all");
    }

    #[test]
    fn a_prefix_that_we_do_not_know_proves_nothing_against_a_change() {
        let seen = HashSet::from(["vip-new".to_owned(), "vip-old".to_owned()]);
        let expected = Expected { on: names("new"), prefixed: true, ..Expected::default() };
        assert_eq!(live(&expected, &seen), Live::Yes);
        let expected = Expected { off: names("old"), prefixed: true, ..Expected::default() };
        assert!(matches!(live(&expected, &seen), Live::Untellable(_)));
        assert!(matches!(live(&Expected { prefixed: false, ..expected }, &seen), Live::Yes));
    }
}
