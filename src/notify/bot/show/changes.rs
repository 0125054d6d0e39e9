//! The latest changes.

use super::{Bot, NAME, Part, name, names};
use crate::notify::bot::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::press::{Press, View};
use crate::notify::telegram::{Key, Outgoing};
use crate::notify::words::Words;
use crate::store::{ChangeQuery, ChangeState, ChangeTold, StoreError};

/// Changes on a page.
const ROWS: u32 = 5;
/// Names of a change that are told.
const NAMED: usize = 4;

impl Bot {
    pub(super) async fn changes(&self, offset: u64, asker: &Asker) -> Result<Outgoing, StoreError> {
        let query = ChangeQuery { offset, limit: ROWS, ..ChangeQuery::default() };
        let page = self.store.changes_page(&query).await?;
        let mut parts: Vec<_> = page.rows.iter().map(|change| self.change(change, asker.words)).collect();
        let part = Part { offset, shown: page.rows.len(), total: page.total };
        if page.rows.is_empty() {
            parts.push(escape(&asker.words.say("bot-no-changes", &[])));
        }
        parts.push(part.words(asker.words));
        // Only admins may take one back; nobody else is shown how.
        let undo = |change: &ChangeTold| {
            let label = asker.words.say("bot-key-undo", &[("n", change.id.to_string().into())]);
            Press::Undo { change: change.id }.key(label)
        };
        let can =
            |change: &&ChangeTold| asker.is_admin && change.state == ChangeState::Applied && change.undone_by.is_none();
        let undo: Vec<Key> = page.rows.iter().filter(can).filter_map(undo).collect();
        let keys = vec![undo, part.keys(&View::Changes, u64::from(ROWS))];
        Ok(Outgoing { html: parts.join("\n\n").trim_end().to_owned(), keys })
    }

    fn change(&self, change: &ChangeTold, words: &Words) -> String {
        let key = match change.state {
            ChangeState::Applied if change.undone_by.is_some() => "bot-state-undone",
            ChangeState::Applied => "bot-state-applied",
            ChangeState::Open => "bot-state-open",
            ChangeState::Conflict => "bot-state-conflict",
            ChangeState::Abandoned => "bot-state-abandoned",
        };
        let (intent, mut lines) = (&change.intent, vec![]);
        let place =
            format!("{} #{} {}", name(&change.gateway, NAME), intent.channel.id, name(&intent.channel.name, NAME));
        let told = escape(&words.say(key, &[]));
        lines.push(format!("<b>{}</b> · {} · {place} · {told}", change.id, self.time(change.opened)));
        let removed = intent.removed.iter().map(|removal| removal.model.as_str());
        if !intent.removed.is_empty() {
            lines.push(format!("− {}", names(removed, NAMED, words)));
        }
        for (sign, list) in [("+", &intent.added), ("↺", &intent.restored)] {
            if !list.is_empty() {
                lines.push(format!("{sign} {}", names(list.iter().map(crate::model::ModelName::as_str), NAMED, words)));
            }
        }
        lines.join("\n")
    }
}
