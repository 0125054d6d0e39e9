//! OpenRouter's free models, as they were last read.

use jiff::Timestamp;

use super::{Bot, MODEL, Part, name, sign, span};
use crate::notify::bot::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::Outgoing;
use crate::notify::telegram::press::View;
use crate::openrouter::{self, Model};
use crate::store::{Light, StoreError};

/// Models on a page.
const ROWS: usize = 25;

impl Bot {
    pub(super) async fn free(&self, offset: u64, asker: &Asker, now: Timestamp) -> Result<Outgoing, StoreError> {
        let words = asker.words;
        let Some(kept) = openrouter::stored(&self.store).await? else { return Ok(asker.say("bot-no-free", &[])) };
        let all: Vec<&Model> = kept.free_text().collect();
        let values = [("n", all.len().into()), ("at", self.time(kept.at).into())];
        let mut lines = vec![escape(&words.say("bot-free", &values)), String::new()];
        let page: Vec<_> = all.iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(ROWS).collect();
        lines.extend(page.iter().map(|model| {
            let light = match openrouter::light(model, now).0 {
                openrouter::Light::Healthy => Light::Up,
                openrouter::Light::Doubtful => Light::Degraded,
                openrouter::Light::Down => Light::Down,
                openrouter::Light::Unknown => Light::Unknown,
            };
            let mut line = format!("{} {}", sign(light), name(model.entry.id.as_str(), MODEL));
            if let Some(ms) = model.figures(now).and_then(|figures| figures.ttft_p50_ms) {
                line = format!("{line} · TTFT {}", span(ms, words));
            }
            if let Some(ends) = model.entry.ends {
                line = format!("{line} · {}", escape(&words.say("bot-ends", &[("day", ends.to_string().into())])));
            }
            line
        }));
        let part = Part { offset, shown: page.len(), total: all.len() as u64 };
        lines.push(part.words(words));
        let keys = vec![part.keys(&View::Free, ROWS as u64)];
        Ok(Outgoing { html: lines.join("\n").trim_end().to_owned(), keys })
    }
}
