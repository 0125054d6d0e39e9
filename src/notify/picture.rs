//! All that is so at one moment, read from our own store.
//!
//! Decides: what of it is worth a message, and that each trouble has one cause: what is wrong with a channel is not told
//! again of each of its models. Must not know: who is told, and whether they were told before.
//!
//! All of it is read in one transaction; a read that fails is an error, and no picture in which all is well.

pub(super) mod channels;
mod litellm;
mod models;
mod news;
mod program;
pub mod proposals;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::event::{ChannelName, ChannelSight};
use super::{Event, Picture, Totals};
use crate::config::Config;
use crate::model::{Cause, ChannelRef, redact};
use crate::store::{ChannelStand, Glance, Store, StoreError};

/// Models that the news of one picture name, about: more are told by the next one.
const NEWS: usize = 20_000;

/// Reads all that is so of the configured gateways at `now`. `noted` are the numbers up to which every audience has noted
/// each gateway's news (see [`highest`]); of a gateway that is not in it there are none. `started` is since when we run.
///
/// # Errors
/// Our own store cannot be read. Then nothing is known, and nothing is over.
pub async fn read(
    store: &Store,
    config: &Config,
    noted: &BTreeMap<String, i64>,
    started: Timestamp,
    now: Timestamp,
) -> Result<Picture, StoreError> {
    let gateways: Vec<&str> = config.gateways.keys().map(String::as_str).collect();
    let glance = store.glance(&gateways, noted, NEWS, now).await?;
    Ok(of(&glance, config, started, now))
}

/// Up to which number the news of each configured gateway are settled: where an audience begins that is looked after for
/// the first time. 0: nothing was ever changed.
///
/// # Errors
/// Our own store cannot be read.
pub async fn highest(store: &Store, config: &Config) -> Result<BTreeMap<String, i64>, StoreError> {
    store.settled_up_to(&config.gateways.keys().map(String::as_str).collect::<Vec<_>>()).await
}

/// What the rows come to.
fn of(glance: &Glance, config: &Config, started: Timestamp, now: Timestamp) -> Picture {
    let sight = Sight::of(glance, config, now);
    let mut lasting = channels::events(&sight);
    let channels_down = sight.down.len() as u64;
    lasting.extend(models::events(&sight));
    lasting.extend(proposals::events(&sight));
    lasting.extend(program::events(&sight, started));
    // One trouble, told once.
    let (covered, mut lasting): (Vec<_>, Vec<_>) =
        lasting.into_iter().partition(|event| litellm::covers(&sight, event));
    lasting.extend(litellm::events(&sight));
    let tally = glance.tally;
    Picture {
        lasting,
        news: news::of(&glance.news, &sight),
        gateways: config.gateways.keys().cloned().collect(),
        channels: sight.channels_seen(),
        unsure: program::unsure(&sight, started),
        covered: covered.iter().map(Event::key).collect(),
        totals: Totals {
            models: tally.models,
            down: tally.down,
            degraded: tally.degraded,
            withdrawn: tally.withdrawn,
            channels: glance.channels.len() as u64,
            channels_down,
        },
    }
}

/// What is looked at, and the channels that are watched: on, and not left out by the configuration.
struct Sight<'a> {
    glance: &'a Glance,
    config: &'a Config,
    now: Timestamp,
    /// By gateway and id.
    channels: HashMap<(&'a str, i64), &'a ChannelStand>,
    /// Watched channels on which nothing answers.
    down: HashSet<(&'a str, i64)>,
}

impl<'a> Sight<'a> {
    fn of(glance: &'a Glance, config: &'a Config, now: Timestamp) -> Self {
        let channels = glance.channels.iter().map(|stand| ((stand.gateway.as_str(), stand.seen.channel.id), stand));
        let mut sight = Self { glance, config, now, channels: channels.collect(), down: HashSet::new() };
        let is_down = |stand: &&ChannelStand| sight.watches(stand) && channels::cause(stand).is_some();
        let down = glance.channels.iter().filter(is_down);
        sight.down = down.map(|stand| (stand.gateway.as_str(), stand.seen.channel.id)).collect();
        sight
    }

    /// Whether the channel is on, and looked at.
    fn watches(&self, stand: &ChannelStand) -> bool {
        channels::is_watched(self.config, stand)
    }

    /// How far each channel can be judged.
    fn channels_seen(&self) -> BTreeMap<String, BTreeMap<i64, ChannelSight>> {
        let mut seen: BTreeMap<String, BTreeMap<i64, ChannelSight>> = BTreeMap::new();
        for stand in &self.glance.channels {
            let id = stand.seen.channel.id;
            let sight = if !self.watches(stand) {
                ChannelSight::Off
            } else if self.down.contains(&(stand.gateway.as_str(), id)) {
                ChannelSight::Down
            } else {
                ChannelSight::Answers
            };
            seen.entry(stand.gateway.clone()).or_default().insert(id, sight);
        }
        seen
    }

    /// The channel, if it is there, watched and not down: one whose models and keys are worth a word of their own.
    fn answering(&self, gateway: &str, id: i64, created: i64) -> Option<&'a ChannelStand> {
        let stand = *self.channels.get(&(gateway, id))?;
        let is_it = stand.seen.channel.created == created && self.watches(stand);
        (is_it && !self.down.contains(&(gateway, id))).then_some(stand)
    }

    /// The channel's name for people.
    fn name(&self, gateway: &str, id: i64) -> ChannelName {
        let name = self.channels.get(&(gateway, id)).map(|stand| stand.seen.channel.name.clone());
        ChannelName { id, name: name.unwrap_or_default() }
    }
}

/// A plain event; `evidence` is redacted here.
fn event(cause: Cause, gateway: &str, subject: impl Into<String>, since: Timestamp, evidence: &str) -> Event {
    Event {
        cause,
        gateway: gateway.to_owned(),
        channel: None,
        subject: subject.into(),
        since,
        evidence: redact(evidence, &[]),
        mark: String::new(),
        change: None,
    }
}

/// A channel for people.
fn named(channel: &ChannelRef) -> ChannelName {
    ChannelName { id: channel.id, name: channel.name.clone() }
}

#[cfg(test)]
#[path = "picture/tests.rs"]
mod tests;
