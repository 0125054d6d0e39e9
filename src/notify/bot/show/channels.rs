//! Channels: all of them, and one.

use jiff::Timestamp;

use super::{Bot, NAME, Part, name, sign};
use crate::notify::bot::talk::Asker;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::Outgoing;
use crate::notify::telegram::press::View;
use crate::notify::words::Words;
use crate::store::{ChannelSeen, Counts, Light, ModelQuery, StoreError};

/// Channels on a page.
const ROWS: usize = 20;
/// Models on a channel's page.
const MODELS: u32 = 20;
/// The longest note, in characters.
const NOTE: usize = 300;

impl Bot {
    /// The channel that is meant: by its number, with its gateway's name before it where there are several of that number.
    pub(in crate::notify::bot) async fn channel_meant(
        &self,
        words: &[String],
    ) -> Result<Result<View, &'static str>, StoreError> {
        let (gateway, number) = match words {
            [] => return Ok(Ok(View::Channels)),
            [one] => one.rsplit_once('/').map_or((None, one.as_str()), |(gateway, id)| (Some(gateway), id)),
            [gateway, number, ..] => (Some(gateway.as_str()), number.as_str()),
        };
        let Ok(id) = number.trim_start_matches('#').parse::<i64>() else { return Ok(Err("bot-channel-how")) };
        let seen = self.store.channels_seen(gateway).await?;
        let mut places =
            seen.iter().filter(|(_, seen, _)| seen.channel.id == id).filter_map(|(gateway, ..)| self.place_of(gateway));
        Ok(match (places.next(), places.next()) {
            (None, _) => Err("bot-no-channel"),
            (Some(place), None) => Ok(View::Channel(place, id)),
            (Some(_), Some(_)) => Err("bot-which-channel"),
        })
    }

    pub(super) async fn channels(&self, offset: u64, asker: &Asker) -> Result<Outgoing, StoreError> {
        let seen = self.store.channels_seen(None).await?;
        let counts = self.store.channel_counts(None).await?;
        let all: Vec<_> = seen.iter().filter(|(gateway, ..)| self.config.gateways.contains_key(gateway)).collect();
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut lines: Vec<_> = all
            .iter()
            .skip(skip)
            .take(ROWS)
            .map(|(gateway, seen, _)| {
                let own = counts.iter().find(|own| own.gateway == *gateway && own.channel == seen.channel.id);
                let counts = own.map(|own| own.counts.clone()).unwrap_or_default();
                let title = title(gateway, seen, &counts);
                format!("{title} · {}", escape(&few(&counts, asker.words)))
            })
            .collect();
        let part = Part { offset, shown: lines.len(), total: all.len() as u64 };
        if all.is_empty() {
            lines.push(escape(&asker.words.say("bot-no-channels", &[])));
        }
        lines.push(part.words(asker.words));
        let keys = vec![part.keys(&View::Channels, ROWS as u64)];
        Ok(Outgoing { html: lines.join("\n").trim_end().to_owned(), keys })
    }

    pub(super) async fn channel(
        &self,
        place: usize,
        id: i64,
        offset: u64,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Outgoing, StoreError> {
        let words = asker.words;
        let Some(gateway) = self.gateway_at(place) else { return Ok(self.no_gateway(asker)) };
        let seen = self.store.channels_seen(Some(gateway)).await?;
        let Some((_, seen, _)) = seen.into_iter().find(|(_, seen, _)| seen.channel.id == id) else {
            return Ok(asker.say("bot-no-channel", &[]));
        };
        let counts = self.store.channel_counts(Some(gateway)).await?;
        let counts = counts.into_iter().find(|own| own.channel == id).map(|own| own.counts).unwrap_or_default();
        let mut lines = vec![title(gateway, &seen, &counts)];
        lines.push(format!(
            "{} · {} · {}",
            name(&seen.provider, NAME),
            name(&seen.status, NAME),
            name(&seen.groups, 2 * NAME)
        ));
        lines.push(escape(&few(&counts, words)));
        if let Some(uptime) = counts.uptime_24h {
            lines.push(escape(&words.say("bot-uptime", &[("percent", format!("{uptime:.1}").into())])));
        }
        if !seen.note.is_empty() {
            lines.push(name(&seen.note, NOTE));
        }
        for hold in self.store.holds().await? {
            let scope = &hold.scope;
            let here = scope.gateway.as_deref().is_none_or(|name| name == gateway)
                && scope.channel.is_none_or(|channel| channel == id);
            if here && scope.model.is_none() {
                let held =
                    words.say("bot-on-hold", &[("why", crate::notify::message::shown(&hold.reason, NOTE).into())]);
                lines.push(escape(&held));
                break;
            }
        }
        let query = ModelQuery {
            gateway: Some(gateway.to_owned()),
            channel: Some(id),
            offset,
            limit: MODELS,
            ..ModelQuery::default()
        };
        self.list(lines, query, &View::Channel(place, id), asker, now).await
    }
}

/// "🟢 main #3 azure".
fn title(gateway: &str, seen: &ChannelSeen, counts: &Counts) -> String {
    let light = match counts {
        _ if seen.status != "enabled" => Light::Unknown,
        counts if counts.down > 0 && counts.up == 0 => Light::Down,
        counts if counts.down > 0 || counts.degraded > 0 => Light::Degraded,
        counts if counts.up > 0 => Light::Up,
        _ => Light::Unknown,
    };
    format!("{} {} #{} {}", sign(light), name(gateway, NAME), seen.channel.id, name(&seen.channel.name, NAME))
}

fn few(counts: &Counts, words: &Words) -> String {
    let values =
        [("models", counts.total.into()), ("down", counts.down.into()), ("withdrawn", counts.withdrawn.into())];
    words.say("bot-channel-sums", &values)
}
