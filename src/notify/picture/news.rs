//! What was written to gateways: one event for each model.
//!
//! Decides: what a change is told as. Must not know: the store.
//!
//! An undo is told by what it did to the list, with the change that it took back as its reason: a model is off, or back,
//! whoever wanted it.

use super::{Sight, event, named};
use crate::model::{Cause, Removal};
use crate::notify::{self as told, Event};
use crate::store::News;

pub(super) fn of(news: &[News], sight: &Sight<'_>) -> Vec<told::News> {
    news.iter().flat_map(|news| one(news, sight)).collect()
}

fn one(news: &News, sight: &Sight<'_>) -> Vec<told::News> {
    let undo = news.undoes.map(|change| format!("change {change} was taken back by hand"));
    // Nothing is offered to be taken back that was.
    let change = news.undone_by.is_none().then_some(news.id);
    // Under the name that it has now, if it is the same one.
    let now = sight.channels.get(&(news.gateway.as_str(), news.channel.id)).map(|stand| &stand.seen.channel);
    let channel = now.filter(|now| now.created == news.channel.created).unwrap_or(&news.channel);
    let told = |cause, model: &str, evidence: &str| {
        let event = event(cause, &news.gateway, model, news.at, evidence);
        told::News { number: news.id, event: Event { channel: Some(named(channel)), change, ..event } }
    };
    let why = |removal: &Removal| undo.clone().unwrap_or_else(|| removal.reason.to_string());
    let removed = news.removed.iter().map(|removal| told(Cause::Withdrawn, removal.model.as_str(), &why(removal)));
    let back = undo.as_deref().unwrap_or_default();
    let added = news.added.iter().map(|model| told(Cause::New, model.as_str(), back));
    let restored = news.restored.iter().map(|model| told(Cause::Restored, model.as_str(), back));
    removed.chain(added).chain(restored).collect()
}
