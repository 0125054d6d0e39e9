//! Pages: what the store says, as messages with buttons to leaf through.
//!
//! Decides: how much stands on a page, so that it fits a message, and what leads to the next. Must not know: who may see it.

mod channels;
mod changes;
mod free;
mod models;
mod pending;

use jiff::Timestamp;

use super::Bot;
use super::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::html::cut;
use crate::notify::telegram::press::{Press, Sheet, View};
use crate::notify::telegram::{Key, Outgoing};
use crate::notify::words::Words;
use crate::store::{Light, StoreError};

/// Room for a model's name, in UTF-16 units.
const MODEL: usize = 48;
/// Room for a gateway's or a channel's name.
const NAME: usize = 24;
/// Gateways that are told of at once.
const GATEWAYS: usize = 8;

impl Bot {
    /// A page.
    pub(super) async fn show(&self, sheet: &Sheet, asker: &Asker, now: Timestamp) -> Result<Outgoing, StoreError> {
        let offset = sheet.offset;
        match &sheet.view {
            View::Status(gateway) => self.status(*gateway, offset, asker, now).await,
            View::Models(text) => self.models(text, offset, asker, now).await,
            View::Channels => self.channels(offset, asker).await,
            View::Channel(gateway, channel) => self.channel(*gateway, *channel, offset, asker, now).await,
            View::Changes => self.changes(offset, asker).await,
            View::Free => self.free(offset, asker, now).await,
            View::Pending => self.pending(offset, asker).await,
        }
    }

    /// The place of a gateway among the configured ones; without a name, the first.
    pub(super) fn place_of(&self, gateway: &str) -> Option<usize> {
        self.config.gateways.keys().position(|name| gateway.is_empty() || name == gateway)
    }

    fn gateway_at(&self, place: usize) -> Option<&str> {
        self.config.gateways.keys().nth(place).map(String::as_str)
    }

    /// Which gateways there are, where another was asked for.
    pub(super) fn no_gateway(&self, asker: &Asker) -> Outgoing {
        let names: Vec<_> = self.config.gateways.keys().take(GATEWAYS).map(|name| cut(name, NAME)).collect();
        asker.say("bot-no-gateway", &[("names", names.join(", ").into())])
    }

    /// A time for people.
    pub(super) fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// The part of a list that is shown, and the buttons to its other parts.
struct Part {
    offset: u64,
    shown: usize,
    total: u64,
}

impl Part {
    /// "21–40 of 500"; nothing where all is shown.
    fn words(&self, words: &Words) -> String {
        if self.total <= self.shown as u64 {
            return String::new();
        }
        let number = |n: u64| n.to_string().into();
        let to = self.end();
        let from = self.offset.saturating_add(1).min(to);
        let values = [("from", number(from)), ("to", number(to)), ("total", number(self.total))];
        format!("<i>{}</i>", escape(&words.say("bot-part", &values)))
    }

    /// Back and on, by so many rows.
    fn keys(&self, view: &View, by: u64) -> Vec<Key> {
        let to = |label: &str, offset| {
            let sheet = Sheet { view: view.clone(), offset };
            Press::Show(sheet).key(label.to_owned())
        };
        let back = (self.offset > 0).then(|| to("◀", self.offset.saturating_sub(by)));
        let on = (self.end() < self.total).then(|| to("▶", self.offset.saturating_add(by)));
        [back, on].into_iter().flatten().flatten().collect()
    }

    /// The last row that is shown. A button's data can be forged, and so be any offset.
    fn end(&self) -> u64 {
        self.offset.saturating_add(self.shown as u64)
    }
}

fn sign(light: Light) -> &'static str {
    match light {
        Light::Up => "🟢",
        Light::Degraded => "🟡",
        Light::Down => "🔴",
        Light::Unknown => "⚪",
    }
}

/// A foreign name, as long as there is room. As code: Telegram makes no link and no mention of what stands in it.
fn name(text: &str, room: usize) -> String {
    match cut(text, room) {
        cut if cut.is_empty() => cut,
        cut => format!("<code>{}</code>", escape(&cut)),
    }
}

/// `850 ms`, `1.2 s`.
fn span(ms: f64, words: &Words) -> String {
    let (key, number) =
        if ms < 1000.0 { ("bot-ms", format!("{ms:.0}")) } else { ("bot-s", format!("{:.1}", ms / 1000.0)) };
    words.say(key, &[("n", number.into())])
}

/// Some of the names, and how many more there are.
fn names<'a>(all: impl ExactSizeIterator<Item = &'a str>, most: usize, words: &Words) -> String {
    let more = all.len().saturating_sub(most);
    let mut names: Vec<_> = all.take(most).map(|one| name(one, MODEL)).collect();
    if more > 0 {
        names.push(escape(&words.say("and-more", &[("n", more.into())])));
    }
    names.join(", ")
}
