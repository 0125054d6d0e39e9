//! One tick: what is so, against what every audience was told.
//!
//! Decides: who the audiences are, and that a ledger is kept only when the store has it. Must not know: words, how a
//! message is sent, what anything told means.

mod kept;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ledger::{Hush, Ledger, Moment, Policy};
use super::{Picture, addresses, picture, window};
use crate::config::{Config, NotifyConfig, ReceiverConfig};
use crate::store::{Address, Store, StoreError};

/// Somebody who is told, and what of.
#[derive(Clone, Debug, PartialEq)]
pub struct Audience {
    /// The receiver's name, with `/` and the chat behind it where it has several.
    pub name: String,
    /// Where its messages go.
    pub to: Address,
}

/// Keeps every audience's ledger.
#[derive(Debug)]
pub struct Notifier {
    store: Store,
    config: Config,
    zone: TimeZone,
    audiences: Vec<Audience>,
    ledgers: BTreeMap<String, Ledger>,
    /// The audience whose ledger the store may have or not as it is here.
    uncertain: Option<String>,
    /// Whether the store may have audiences that are no more.
    untidy: bool,
}

impl Notifier {
    /// One that goes on where the store's ledgers end.
    pub async fn new(store: Store, config: &Config) -> Result<Self, StoreError> {
        let (audiences, ledgers) = (vec![], BTreeMap::new());
        // One that nobody knows was refused with the configuration.
        let zone = super::zone(&config.notify).unwrap_or_else(|_| TimeZone::system());
        let mut notifier =
            Self { store, config: config.clone(), zone, audiences, ledgers, uncertain: None, untidy: true };
        notifier.gather().await?;
        Ok(notifier)
    }

    /// Who is told now.
    pub fn audiences(&self) -> &[Audience] {
        &self.audiences
    }

    /// The number up to which every audience has noted a gateway's news: those after it belong into the next picture.
    /// A gateway that is not in it is new to all.
    pub fn noted(&self) -> BTreeMap<String, i64> {
        let mut noted: BTreeMap<String, i64> = BTreeMap::new();
        for (gateway, number) in self.ledgers.values().flat_map(|ledger| &ledger.state.noted) {
            noted.entry(gateway.clone()).and_modify(|lowest| *lowest = (*lowest).min(*number)).or_insert(*number);
        }
        noted
    }

    /// Compares the picture with what each audience was told; what is due is on its way when this returns. Returns when
    /// to be asked again, although nothing changes. After an error nothing is lost: the next tick does it.
    pub async fn tick(&mut self, picture: &Picture, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.gather().await?;
        let config = &self.config.notify;
        let mutes: BTreeMap<_, _> = self.store.mutes(now).await?.into_iter().collect();
        let maintenance = window::maintained(&config.maintenance, &self.zone, &picture.gateways, now);
        let mut next = window::turns(&config.maintenance, &self.zone, now);
        for audience in &self.audiences {
            let Some((receiver, ledger)) =
                config.receivers.get(&audience.to.receiver).zip(self.ledgers.get_mut(&audience.name))
            else {
                continue;
            };
            let silent = ["", &audience.to.receiver, &audience.name].into_iter().filter_map(|name| mutes.get(name));
            let silent = silent.max().map(|until| Hush { let_through: None, until: *until });
            let quiet = window::hush(receiver.quiet.as_ref().unwrap_or(&config.quiet), &self.zone, now);
            let mut moment = Moment {
                maintenance: maintenance.clone(),
                hushed: silent.into_iter().chain(quiet).reduce(Hush::and),
                busy: self.store.is_posting(&audience.to).await?,
            };
            let policy = policy(config, &audience.to.receiver, receiver);
            let mut settled = ledger.clone();
            let digest = settled.settle(picture, &policy, &moment, now);
            if let Some(telling) = kept::telling(ledger, &settled, digest.as_ref().map(|told| (&audience.to, told)))? {
                if let Err(why) = self.store.tell(&audience.name, &telling, now).await {
                    // Whether it was kept is uncertain: the next tick reads what was. Until then its numbers stand: the
                    // next picture must not begin after news that it has not noted.
                    self.uncertain = Some(audience.name.clone());
                    return Err(why);
                }
                *ledger = settled;
            }
            moment.busy |= digest.is_some();
            next = next.into_iter().chain(ledger.next(&policy, &moment, now)).min();
        }
        Ok(next)
    }

    /// Finds out who is told now, with a ledger for each; forgets who is not told any more.
    async fn gather(&mut self) -> Result<(), StoreError> {
        let audiences = audiences(&self.store, &self.config.notify).await?;
        let names: BTreeSet<_> = audiences.iter().map(|audience| audience.name.clone()).collect();
        let before = self.ledgers.len();
        self.ledgers.retain(|name, _| names.contains(name));
        self.untidy |= self.ledgers.len() < before;
        if self.untidy {
            self.store.keep_audiences(&names).await?;
            self.untidy = false;
        }
        for name in names {
            if self.uncertain.as_ref() == Some(&name) || !self.ledgers.contains_key(&name) {
                let kept = self.store.ledger(&name).await?;
                let ledger = kept.as_ref().and_then(|kept| kept::read(&name, kept));
                let ledger = match ledger {
                    Some(ledger) => ledger,
                    None => Ledger::begin(picture::highest(&self.store, &self.config).await?),
                };
                self.ledgers.insert(name, ledger);
            }
        }
        self.uncertain = None;
        self.audiences = audiences;
        Ok(())
    }
}

/// Every enabled receiver; of a bot, each chat that the configuration names or that subscribed, but those that want to be
/// left alone.
async fn audiences(store: &Store, config: &NotifyConfig) -> Result<Vec<Audience>, StoreError> {
    let mut audiences = vec![];
    for (name, receiver) in config.receivers.iter().filter(|(_, receiver)| receiver.enabled) {
        audiences.extend(addresses::told(store, name, receiver).await?.into_iter().map(|chat| {
            let to = Address { receiver: name.clone(), chat };
            let of_chat = || format!("{name}/{}", to.chat);
            Audience { name: if to.chat.is_empty() { name.clone() } else { of_chat() }, to }
        }));
    }
    Ok(audiences)
}

fn policy(config: &NotifyConfig, name: &str, receiver: &ReceiverConfig) -> Policy {
    Policy {
        receiver: name.to_owned(),
        at_least: receiver.at_least,
        gateways: receiver.gateways.clone(),
        causes: receiver.causes.clone(),
        digest: config.digest,
        settle: config.settle,
        remind: receiver.remind.unwrap_or(config.remind),
    }
}

#[cfg(test)]
#[path = "desk/tests.rs"]
mod tests;
