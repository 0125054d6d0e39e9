//! Upstream accounts as channels: deployments with the same provider, address and credential. Pure.
//!
//! Decides: a channel's number and name, its list, its rows, and which names can stand in no list. Must not know: how
//! `LiteLLM` was asked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sha2::{Digest as _, Sha256};
use url::Url;

use super::listing::{Account, Listed, Listing, kind};
use crate::gateway::fields::Fingerprinter;
use crate::gateway::{Read, Unreadable};
use crate::model::{Ability, Channel, ChannelRef, Deployment, Image, ModelName, Route, redact};

/// The one group that there is.
const GROUP: &str = "default";
/// Channels are numbered from 1 to here.
const NUMBERS: u64 = 999_999;

/// What stands in a proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct Stand {
    groups: Vec<Group>,
    /// How many things it names that are no deployments.
    unreadable: usize,
}

/// The deployments of one account; those whose names can stand in a list, or the others.
#[derive(Clone, Debug)]
struct Group {
    id: i64,
    created: i64,
    account: Account,
    listable: bool,
    members: Vec<Listed>,
}

impl Stand {
    pub(super) fn of(listing: Listing) -> Self {
        let mut groups: Vec<Group> = vec![];
        let mut places: BTreeMap<(Account, bool), usize> = BTreeMap::new();
        for listed in listing.deployments {
            let name = &listed.deployment.name;
            // Trimmed it would be another name.
            let listable = ModelName::parse(name).is_some_and(|parsed| parsed.as_str() == name);
            let place = *places.entry((listed.account.clone(), listable)).or_insert_with(|| {
                let account = listed.account.clone();
                let (id, created) = numbers(&account, listable);
                groups.push(Group { id, created, account, listable, members: vec![] });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                group.members.push(listed);
            }
        }
        number(&mut groups);
        Self { groups, unreadable: listing.unreadable }
    }

    /// Every channel, and what is told of those that cannot be one.
    pub(super) fn channels(&self, salt: &str) -> Vec<Read> {
        let mut read: Vec<Read> = self.groups.iter().map(|group| group.read(salt)).collect();
        if self.unreadable > 0 {
            let channel = ChannelRef { id: 0, created: 0, name: "LiteLLM".to_owned() };
            let why = format!(
                "{} of its models cannot be read: they have no name or no id of their own in /model/info",
                self.unreadable
            );
            read.push(Err(Unreadable { channel, why }));
        }
        read
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.groups.len() as u64
    }

    /// One channel, or why it is none.
    pub(super) fn channel(&self, id: i64, salt: &str) -> Option<Read> {
        self.groups.iter().find(|group| group.id == id).map(|group| group.read(salt))
    }

    /// A channel's list, and a row for each of its deployments: id, name, whether it is open, where it stands.
    pub(super) fn image(&self, id: i64) -> Option<Image> {
        self.groups.iter().find(|group| group.id == id).map(Group::image)
    }

    /// Which channels serve these names.
    pub(super) fn routes(&self, asked: &[ModelName]) -> Vec<Route> {
        let mut routes = vec![];
        for group in self.groups.iter().filter(|group| group.listable) {
            let open: HashSet<&str> = group.open().collect();
            let served = asked.iter().filter(|model| open.contains(model.as_str()));
            routes.extend(served.map(|model| Route {
                group: GROUP.to_owned(),
                model: model.clone(),
                channel: group.id,
            }));
        }
        routes
    }

    /// Every deployment with its channel, as it is listed.
    pub(super) fn members(&self) -> impl Iterator<Item = (i64, &Listed)> {
        self.groups.iter().flat_map(|group| group.members.iter().map(|listed| (group.id, listed)))
    }

    /// The same for the outside.
    pub(super) fn deployments(&self) -> Vec<(i64, Deployment)> {
        self.members().map(|(channel, listed)| (channel, listed.deployment.clone())).collect()
    }
}

impl Group {
    fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.members.iter().map(|listed| &listed.deployment)
    }

    /// The names that some open deployment has.
    fn open(&self) -> impl Iterator<Item = &str> {
        self.deployments().filter(|deployment| !deployment.blocked).map(|deployment| deployment.name.as_str())
    }

    fn list(&self) -> String {
        listed(self.open())
    }

    /// Names that are never taken off: some deployment stands in the file, where it cannot be blocked, is blocked by
    /// somebody else, or stands for many models (`*`), of which a check asks one that it picks.
    fn fixed(&self) -> BTreeSet<ModelName> {
        let open: HashSet<&str> = self.open().collect();
        let fixed = self
            .deployments()
            .filter(|one| !one.in_database || one.blocked || one.name.contains('*') || one.upstream.contains('*'));
        fixed.filter(|one| open.contains(one.name.as_str())).filter_map(|one| ModelName::parse(&one.name)).collect()
    }

    fn image(&self) -> Image {
        let row = |deployment: &Deployment| Ability {
            group: deployment.id.clone(),
            model: deployment.name.clone(),
            enabled: Some(!deployment.blocked),
            priority: None,
            weight: None,
            tag: Some(if deployment.in_database { "db" } else { "config" }.to_owned()),
        };
        let mut abilities: Vec<_> = self.deployments().map(row).collect();
        abilities.sort_unstable();
        Image { models: self.list(), abilities }
    }

    fn read(&self, salt: &str) -> Read {
        let name = self.account.shown();
        if let Some(odd) = self.deployments().next().filter(|_| !self.listable) {
            let channel = ChannelRef { id: self.id, created: self.created, name };
            let start: String = odd.name.chars().take(60).collect();
            let why = format!(
                "{} of its public names can stand in no list (a comma, a blank at an end, a control character, more than \
                 255 characters), such as {start:?}: rename it in LiteLLM",
                self.members.len()
            );
            return Err(Unreadable { channel, why });
        }
        let kinds = self.deployments().filter_map(|one| Some((ModelName::parse(&one.name)?, kind(&one.mode)?)));
        let mut kinds_by_name = BTreeMap::new();
        for (name, kind) in kinds {
            kinds_by_name.entry(name).or_insert(kind);
        }
        Ok(Channel {
            id: self.id,
            created: self.created,
            base_url: Some(self.account.api_base.clone()).filter(|base| !base.is_empty()),
            key_hidden: true,
            models: Some(self.list()),
            group: Some(GROUP.to_owned()),
            other: Some(redact(&self.account.provider, &[])),
            kinds: kinds_by_name,
            fixed: self.fixed(),
            fingerprint: self.fingerprint(salt),
            ..Channel::bare(&name)
        })
    }

    /// Over all that a decision rests on but what is blocked: the list and the rows show that.
    fn fingerprint(&self, salt: &str) -> crate::model::Fingerprint {
        let mut hash = Fingerprinter::new(salt);
        for text in [&self.account.provider, &self.account.api_base, &self.account.credential] {
            hash.add(Some(text));
        }
        let mut deployments: Vec<_> = self.deployments().collect();
        deployments.sort_unstable_by_key(|deployment| &deployment.id);
        for one in deployments {
            for text in [&one.id, &one.name, &one.upstream] {
                hash.add(Some(text));
            }
            hash.add(one.in_database.then_some(""));
        }
        hash.finish()
    }
}

impl Account {
    /// For people. The parts are foreign text.
    fn shown(&self) -> String {
        let host = Url::parse(&self.api_base).ok().and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
        });
        let host = host.map(|host| format!(" at {host}")).unwrap_or_default();
        let credential = Some(&self.credential).filter(|name| !name.is_empty());
        let credential = credential.map(|name| format!(" ({name})")).unwrap_or_default();
        redact(&format!("{}{host}{credential}", self.provider), &[])
    }
}

/// Names as a list: in an order of its own, as `LiteLLM` puts what was blocked or unblocked at the end of its own.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.collect();
    let names: Vec<_> = names.into_iter().collect();
    names.join(",")
}

/// A channel's number and the second half of its identity, from what makes it.
fn numbers(account: &Account, listable: bool) -> (i64, i64) {
    let mut hash = Sha256::new();
    for text in [&account.provider, &account.api_base, &account.credential] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.update([u8::from(listable)]);
    let mut bytes = hash.finalize().into_iter().map(u64::from);
    let mut next = |count: usize| bytes.by_ref().take(count).fold(0, |sum, byte| sum << 8 | byte);
    let (id, created) = (1 + next(7) % NUMBERS, next(4) >> 1);
    (id.cast_signed(), created.cast_signed())
}

/// Gives the next number to what would have another's: always to the same of the two.
fn number(groups: &mut [Group]) {
    let mut order: Vec<_> = groups.iter_mut().collect();
    order.sort_unstable_by_key(|group| (group.id, group.created));
    let mut taken: HashSet<i64> = HashSet::new();
    for group in order {
        while !taken.insert(group.id) {
            group.id = group.id % NUMBERS.cast_signed() + 1;
        }
    }
}
