//! Models: how those of a gateway stand, and those whose name one looks for.

use jiff::Timestamp;

use super::{Bot, GATEWAYS, MODEL, NAME, Part, name, sign, span};
use crate::notify::bot::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::html::cut;
use crate::notify::telegram::press::{Press, Sheet, View};
use crate::notify::telegram::{Key, Outgoing};
use crate::notify::words::Words;
use crate::store::{Counts, Light, ModelQuery, ModelRow, ModelSort, StoreError};

/// Models on a page: with the longest names it stays below 4,096.
const ROWS: u32 = 20;
/// Buttons for gateways in a row.
const ACROSS: usize = 4;

impl Bot {
    pub(super) async fn status(
        &self,
        place: usize,
        offset: u64,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Outgoing, StoreError> {
        let words = asker.words;
        let Some(gateway) = self.gateway_at(place) else { return Ok(self.no_gateway(asker)) };
        let mut lines = vec![];
        let gateways: Vec<&String> = self.config.gateways.keys().collect();
        for one in gateways.iter().take(GATEWAYS).filter(|one| gateways.len() <= GATEWAYS || one.as_str() == gateway) {
            let counts = self.store.counts(Some(one.as_str()), now).await?;
            lines.push(format!("{}: {}", name(one, NAME), escape(&sums(&counts, words))));
        }
        if gateways.len() > GATEWAYS {
            let all = self.store.counts(None, now).await?;
            lines.insert(0, escape(&sums(&all, words)));
        }
        for round in self.live.running().iter().take(GATEWAYS) {
            let number = |n: usize| n.to_string().into();
            let values = [
                ("gateway", cut(&round.gateway, NAME).into()),
                ("done", number(round.done)),
                ("expected", number(round.expected)),
            ];
            lines.push(escape(&words.say("bot-running", &values)));
        }
        if let Some(last) = self.store.last_rounds(gateway).await?.last {
            let values = [("gateway", cut(gateway, NAME).into()), ("at", self.time(last).into())];
            lines.push(escape(&words.say("bot-last-round", &values)));
        }
        // What fails stands first.
        let query = ModelQuery {
            gateway: Some(gateway.to_owned()),
            sort: ModelSort::Failures,
            descending: true,
            offset,
            limit: ROWS,
            ..ModelQuery::default()
        };
        let mut page = self.list(lines, query, &View::Status(place), asker, now).await?;
        if gateways.len() > 1 {
            let key = |(place, gateway): (usize, &&String)| {
                Press::Show(Sheet { view: View::Status(place), offset: 0 }).key(cut(gateway, NAME))
            };
            let keys: Vec<Key> = gateways.iter().enumerate().take(3 * GATEWAYS).filter_map(key).collect();
            page.keys.extend(keys.chunks(ACROSS).map(<[Key]>::to_vec));
        }
        Ok(page)
    }

    pub(super) async fn models(
        &self,
        text: &str,
        offset: u64,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Outgoing, StoreError> {
        let head = match text {
            "" => vec![],
            text => vec![escape(&asker.words.say("bot-models-with", &[("text", cut(text, MODEL).into())]))],
        };
        let query = ModelQuery {
            search: Some(text.to_owned()).filter(|text| !text.is_empty()),
            sort: ModelSort::Name,
            offset,
            limit: ROWS,
            ..ModelQuery::default()
        };
        self.list(head, query, &View::Models(text.to_owned()), asker, now).await
    }

    /// A page of models below some lines.
    pub(super) async fn list(
        &self,
        mut lines: Vec<String>,
        query: ModelQuery,
        view: &View,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Outgoing, StoreError> {
        let (offset, whole) = (query.offset, query.channel.is_some());
        let page = self.store.models(&query, now).await?;
        if page.rows.is_empty() {
            lines.push(escape(&asker.words.say("bot-no-models", &[])));
        } else if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(page.rows.iter().map(|row| line(row, whole, asker.words)));
        let part = Part { offset, shown: page.rows.len(), total: page.total };
        lines.push(part.words(asker.words));
        Ok(Outgoing { html: lines.join("\n").trim_end().to_owned(), keys: vec![part.keys(view, u64::from(ROWS))] })
    }
}

/// "45 models: 🟢 40 🟡 1 🔴 2 ⚪ 2, 3 withdrawn".
fn sums(counts: &Counts, words: &Words) -> String {
    let lights = [(Light::Up, counts.up), (Light::Degraded, counts.degraded), (Light::Down, counts.down)];
    let mut lights: Vec<_> = lights.iter().map(|(light, n)| format!("{} {n}", sign(*light))).collect();
    if counts.unknown > 0 {
        lights.push(format!("{} {}", sign(Light::Unknown), counts.unknown));
    }
    let values =
        [("models", counts.total.into()), ("lights", lights.join(" ").into()), ("withdrawn", counts.withdrawn.into())];
    words.say("bot-sums", &values)
}

/// One model; `whole`: all of the page are on one channel.
fn line(row: &ModelRow, whole: bool, words: &Words) -> String {
    let mut parts = vec![format!("{} {}", sign(row.light), name(&row.model_id, MODEL))];
    if !whole {
        parts[0] = format!("{} #{} {}", parts[0], row.channel, name(&row.channel_name, NAME));
    }
    if !row.listed {
        parts.push(escape(&words.say("bot-withdrawn", &[])));
    }
    if row.light != Light::Up && !row.outcome.is_empty() {
        parts.push(name(&row.latest_status, NAME));
    }
    if let Some(ms) = row.avg_latency_24h {
        parts.push(span(ms, words));
    }
    if let Some(ms) = row.ttft_p50_ms {
        parts.push(format!("TTFT {}", span(f64::from(ms), words)));
    }
    parts.join(" · ")
}
