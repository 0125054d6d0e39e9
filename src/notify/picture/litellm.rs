//! What lasts behind each `LiteLLM`, and what of a round's findings it tells already.
//!
//! Decides: how incidents become events, one for each name and cause; and which other trouble is the same thing seen twice.
//! Must not know: the store, what makes an incident.

use std::collections::BTreeMap;

use super::{Event, Sight, event};
use crate::model::{Cause, Class, GatewayKind, Incident, SignSource};
use crate::store::Deployed;

/// What lasts, of gateways that are `LiteLLM` yet.
pub(super) fn events(sight: &Sight<'_>) -> Vec<Event> {
    let mut told: BTreeMap<(&str, &str, Cause), Vec<&Incident>> = BTreeMap::new();
    for (gateway, one) in incidents(sight) {
        if let Some(cause) = cause(one.class) {
            told.entry((gateway, one.subject.as_str(), cause)).or_default().push(one);
        }
    }
    told.into_iter()
        .filter_map(|((gateway, subject, cause), all)| {
            let latest = all.iter().max_by_key(|one| one.last)?;
            let since = all.iter().map(|one| one.since).min()?;
            Some(event(cause, gateway, subject, since, &evidence(sight, gateway, latest, all.len())))
        })
        .collect()
}

/// Whether an incident tells of the same: the proxy that does not answer, a model, or every name of a channel. What it
/// covers is not over while it lasts, and not told again.
pub(super) fn covers(sight: &Sight<'_>, event: &Event) -> bool {
    let of_gateway = || incidents(sight).filter(|(gateway, _)| *gateway == event.gateway).map(|(_, one)| one);
    let of_channel = |one: &Incident, id: i64| {
        let mut behind = sight.glance.deployed.iter();
        one.deployment.is_empty()
            || behind.any(|place| place.gateway == event.gateway && place.channel == id && place.id == one.deployment)
    };
    let tells = |name: &str, id: i64| of_gateway().any(|one| one.subject == name && of_channel(one, id));
    if event.cause == Cause::GatewayUnreachable {
        return of_gateway().any(|one| one.subject.is_empty() && one.class == Class::Server);
    }
    let Some(id) = event.channel.as_ref().map(|channel| channel.id) else { return false };
    if matches!(event.cause, Cause::Failing | Cause::Degraded) {
        return tells(&event.subject, id);
    }
    let is_down = matches!(event.cause, Cause::KeyBad | Cause::NoCredit | Cause::Unreachable | Cause::Silent);
    let behind = sight.glance.deployed.iter();
    let mut names = behind
        .filter(|place| place.gateway == event.gateway && place.channel == id)
        .map(|place| &place.name)
        .peekable();
    is_down && names.peek().is_some() && names.all(|name| tells(name, id))
}

fn incidents<'a>(sight: &Sight<'a>) -> impl Iterator<Item = (&'a str, &'a Incident)> {
    let is_litellm = |gateway: &str| {
        sight.config.gateways.get(gateway).is_some_and(|settings| settings.kind == Some(GatewayKind::LiteLlm))
    };
    let of = sight.glance.incidents.iter().filter(move |(gateway, _)| is_litellm(gateway));
    of.flat_map(|(gateway, all)| all.iter().map(move |one| (gateway.as_str(), one)))
}

fn cause(class: Class) -> Option<Cause> {
    match class {
        Class::Credits => Some(Cause::LitellmCredits),
        Class::Auth => Some(Cause::LitellmAuth),
        Class::Server => Some(Cause::LitellmServer),
        Class::Rate | Class::Config | Class::Blocked | Class::Masked | Class::ProxyAuth | Class::Unknown => None,
    }
}

/// Its words, and which deployment it is, or who says so.
fn evidence(sight: &Sight<'_>, gateway: &str, one: &Incident, count: usize) -> String {
    let is_it = |place: &&Deployed| place.gateway == gateway && place.id == one.deployment;
    let which = match (sight.glance.deployed.iter().find(is_it), one.source) {
        _ if one.subject.is_empty() => String::new(),
        _ if count > 1 => format!("{count} of its deployments"),
        (Some(place), _) if !place.upstream.is_empty() => place.upstream.clone(),
        (_, SignSource::Log) => "seen in its log".to_owned(),
        (_, SignSource::Chat) => "asked as users ask".to_owned(),
        (_, SignSource::Health | SignSource::Check) => one.deployment.clone(),
    };
    match (one.detail.as_str(), which.as_str()) {
        (detail, "") => detail.to_owned(),
        ("", which) => which.to_owned(),
        (detail, which) => format!("{which}: {detail}"),
    }
}
