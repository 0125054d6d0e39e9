//! What waits for a person's word.

use super::{Bot, NAME, Part, name, names};
use crate::notify::bot::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::picture::proposals::mark;
use crate::notify::telegram::press::{Press, View};
use crate::notify::telegram::{Key, Outgoing};
use crate::notify::words::Words;
use crate::store::{Proposal, StoreError};

/// Changes on a page.
const ROWS: u32 = 3;
/// Names of a change that are told.
const NAMED: usize = 5;
/// Guards of a change that are told.
const GUARDS: usize = 3;
/// The longest explanation, in characters.
const WHY: usize = 150;

impl Bot {
    pub(super) async fn pending(&self, offset: u64, asker: &Asker) -> Result<Outgoing, StoreError> {
        let words = asker.words;
        let gateways: Vec<&str> = self.config.gateways.keys().map(String::as_str).collect();
        let page = self.store.proposals_page(&gateways, ROWS, offset).await?;
        let mut parts: Vec<_> = page.rows.iter().map(|(gateway, wanted)| told(gateway, wanted, words)).collect();
        if page.rows.is_empty() {
            parts.push(escape(&words.say("bot-nothing-pending", &[])));
        }
        let part = Part { offset, shown: page.rows.len(), total: page.total };
        parts.push(part.words(words));
        let mut keys: Vec<_> = page.rows.iter().map(|(gateway, wanted)| buttons(gateway, wanted, words)).collect();
        keys.push(part.keys(&View::Pending, u64::from(ROWS)));
        Ok(Outgoing { html: parts.join("\n\n").trim_end().to_owned(), keys })
    }
}

fn told(gateway: &str, wanted: &Proposal, words: &Words) -> String {
    let change = &wanted.change;
    let place = format!("{} #{} {}", name(gateway, NAME), change.channel.id, name(&change.channel.name, NAME));
    let mut lines = vec![format!("{place}")];
    if !change.removed.is_empty() {
        let removed = change.removed.iter().map(|removal| removal.model.as_str());
        lines.push(format!("− {}", names(removed, NAMED, words)));
    }
    for (sign, list) in [("+", &change.added), ("↺", &change.restored)] {
        if !list.is_empty() {
            lines.push(format!("{sign} {}", names(list.iter().map(crate::model::ModelName::as_str), NAMED, words)));
        }
    }
    for held in wanted.held.iter().take(GUARDS) {
        let all = held.removals.len() + held.additions.len();
        let values = [("n", all.into()), ("guard", held.guard.as_str().into())];
        lines.push(format!("✋ {}: {}", escape(&words.say("bot-held", &values)), name(&held.why, WHY)));
    }
    lines.join("\n")
}

/// Approve, approve with what is held, reject.
fn buttons(gateway: &str, wanted: &Proposal, words: &Words) -> Vec<Key> {
    let (channel, mark) = (wanted.channel, mark(gateway, wanted));
    let label = |key: &str| words.say(key, &[("n", channel.to_string().into())]);
    let approve = |held| Press::Approve { channel, mark: mark.clone(), held };
    let plain = (!wanted.change.is_empty()).then(|| approve(false).key(label("bot-key-approve")));
    let lifted = wanted.held.iter().any(|held| held.guard.may_be_lifted());
    let lifted = lifted.then(|| approve(true).key(label("bot-key-approve-held")));
    let reject = Press::Reject { channel, mark: mark.clone() }.key(label("bot-key-reject"));
    [plain, lifted, Some(reject)].into_iter().flatten().flatten().collect()
}
