//! A store with something in it: what was seen of models, some of them with hostile names.

use channelwarden::model::{ChannelRef, ModelName, Observation, Outcome, Shape, Standing};
use channelwarden::store::{Finding, Store};
use jiff::Timestamp;

/// A channel's name that would break out of anything unescaped.
pub(crate) const HOSTILE: &str = "canary-channel \"><img src=x onerror=alert(1)>\\ \n{}";

/// One round over one channel: each model, and what it showed after how many ms.
pub(crate) async fn round(store: &Store, channel: i64, at: Timestamp, seen: &[(&str, Outcome, u32)]) -> i64 {
    let round = store.begin_round("main", "observe", at).await.unwrap();
    let name = |text: &str| ModelName::parse(text).unwrap();
    let listed: Vec<_> = seen.iter().map(|(model, ..)| name(model)).collect();
    let findings: Vec<_> = seen
        .iter()
        .map(|(model, outcome, latency_ms)| {
            let bare = Observation::bare(*outcome, at, Shape::MaxTokens, "canary-detail <b>");
            let observation = Observation { latency_ms: *latency_ms, ..bare };
            // One that was not sent is none.
            let observation =
                Observation { usage: channelwarden::model::Usage { requests: 1, ..observation.usage }, ..observation };
            Finding { model: name(model), observation, cost: None, standing: Standing::default() }
        })
        .collect();
    let channel = ChannelRef { id: channel, created: 5, name: HOSTILE.to_owned() };
    store.remember("main", round, &channel, &listed, &findings).await.unwrap();
    let report = serde_json::json!({"errors": [], "blackout": null});
    store.end_round(round, &report, at).await.unwrap();
    round
}
