//! "Committed" and "live": what a user of the gateway sees of a change.

use std::time::Duration;

use channelwarden::apply::{Outcome, look_for_live};
use channelwarden::clock;
use channelwarden::config::WriteBy;
use channelwarden::gateway::Cache;
use channelwarden::model::{Change, ModelName, Outcome as Seen, Reason, Removal};
use channelwarden::store::ChangeRecord;
use jiff::{SignedDuration, Timestamp};

use crate::bench::{Bench, Given, stand_in};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

impl Bench {
    /// Writes this list: what it has more than the one before is new, what it has less is gone.
    async fn write(&self, id: i64, models: &str) -> i64 {
        let change = self.change(id, models).await;
        let had: Vec<_> = change.before.split(',').map(name).collect();
        let has = change.after.names();
        let added = has.iter().filter(|model| !had.contains(model)).cloned().collect();
        let gone = had.iter().filter(|model| !has.contains(model)).cloned();
        let reason =
            Reason { outcome: Seen::Gone, count: 2, since: Timestamp::UNIX_EPOCH, over_s: 600, detail: String::new() };
        let removed = gone.map(|model| Removal { model, reason: reason.clone() }).collect();
        match self.apply(&Change { added, removed, ..change }).await.unwrap() {
            Outcome::Applied(id) => id,
            other @ (Outcome::Rehearsed
            | Outcome::Conflict(_)
            | Outcome::OnHold(_)
            | Outcome::Refused(_)
            | Outcome::Failed(_)) => panic!("{other:?}"),
        }
    }

    async fn record(&self, change: i64) -> ChangeRecord {
        self.store.change(change).await.unwrap().unwrap()
    }

    async fn look(&self, after: Duration) -> Vec<String> {
        let now = clock::now() + SignedDuration::try_from(after).unwrap();
        look_for_live(&self.store, &self.gateway, now).await.unwrap()
    }
}

#[tokio::test]
async fn a_change_is_committed_first_and_live_when_users_see_it() {
    for schema in [Schema::OneApi, Schema::NewApi, Schema::Veloera, Schema::OneHub] {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        let row = if schema.is_hub() { ChannelRow::hub("keeps,goes") } else { ChannelRow::new("keeps,goes") };
        let id = stand_in.db.channel(row).await;
        stand_in.restart().await;
        let bench = Bench::over(stand_in, Given::Database, WriteBy::Database).await;
        let change = bench.write(id, "keeps,comes").await;
        let record = bench.record(change).await;
        let waits = record.live_due.unwrap().duration_since(record.opened);
        let (cache, most) = match schema {
            Schema::OneApi => (Cache::Within(Duration::from_mins(10)), 600),
            Schema::OneHub => (Cache::Immediate, 0),
            Schema::NewApi | Schema::Veloera | Schema::NewApiOld | Schema::NewApiOverOneApi | Schema::DoneHub => {
                (Cache::Within(Duration::from_mins(1)), 60)
            }
        };
        assert_eq!(bench.gateway.cache(), cache, "{schema:?}");
        assert!((most..most + 20).contains(&waits.as_secs()), "{schema:?}: {waits}");
        assert_eq!(record.live, None);
        if most > 0 {
            assert_eq!(bench.look(Duration::ZERO).await, Vec::<String>::new());
            assert_eq!(bench.stand_in.count("GET /v1/models"), 0, "{schema:?}: nobody looks before it is due");
            assert_eq!(bench.record(change).await.live, None);
        }
        assert_eq!(bench.look(Duration::from_mins(11)).await, Vec::<String>::new(), "{schema:?}");
        let record = bench.record(change).await;
        assert!(record.live.is_some() && record.live_due.is_none() && record.live_note.is_empty(), "{record:?}");
        bench.look(Duration::from_mins(30)).await;
        assert_eq!(bench.stand_in.count("GET /v1/models"), 1, "what was seen is not looked for again");
    }
}

#[tokio::test]
async fn what_users_do_not_see_is_told_again_with_growing_gaps() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("keeps")).await;
    stand_in.knobs().unpriced.insert("comes".to_owned());
    let bench = Bench::over(stand_in, Given::Database, WriteBy::Database).await;
    let change = bench.write(id, "keeps,comes").await;
    let mut after = Duration::from_mins(1);
    let mut gaps = vec![];
    for _ in 0..8 {
        after += Duration::from_secs(1);
        let notes = bench.look(after).await;
        assert!(notes.len() == 1 && notes[0].contains("not live yet: users do not see comes"), "{notes:?}");
        let record = bench.record(change).await;
        assert!(record.live.is_none() && record.live_note.contains("comes"));
        let due = Duration::try_from(record.live_due.unwrap().duration_since(clock::now())).unwrap();
        gaps.push(due.saturating_sub(after).as_secs());
        after = due;
    }
    assert!(gaps.windows(2).all(|two| two[0] <= two[1]) && gaps[0] >= 55 && gaps[7] <= 3600, "{gaps:?}");
    assert!(gaps[7] >= 3590, "{gaps:?}");
    bench.stand_in.knobs().unpriced.clear();
    assert_eq!(bench.look(after + Duration::from_secs(2)).await, Vec::<String>::new());
    assert!(bench.record(change).await.live.is_some());
}

#[tokio::test]
async fn another_channels_route_or_a_later_edit_tells_nothing() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("keeps,goes")).await;
    stand_in.db.channel(ChannelRow::new("goes")).await;
    let bench = Bench::over(stand_in, Given::Database, WriteBy::Database).await;
    let off = bench.write(id, "keeps").await;
    assert_eq!(bench.look(Duration::from_mins(2)).await, Vec::<String>::new());
    let record = bench.record(off).await;
    assert!(record.live.is_none() && record.live_due.is_none());
    assert!(record.live_note.contains("other channels serve goes too"), "{record:?}");
    let on = bench.write(id, "keeps,comes").await;
    let back = bench.write(id, "keeps").await;
    assert_eq!(bench.look(Duration::from_mins(2)).await, Vec::<String>::new());
    assert!(bench.record(on).await.live_note.contains("changed again since"));
    assert!(bench.record(back).await.live.is_some());
}

#[tokio::test]
async fn a_key_that_is_none_and_a_gateway_that_is_down_are_told_without_the_key() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("keeps,goes")).await;
    let bench = Bench::over(stand_in, Given::Database, WriteBy::Database).await;
    let change = bench.write(id, "keeps").await;
    let words = r#"{"error":{"message":"invalid token sk-canary0123456789abcdefghijklmnopqrstuvwxyz0123456789"}}"#;
    bench.stand_in.next("GET", crate::admin::Fault::Says(401, words.to_owned()));
    let notes = bench.look(Duration::from_mins(2)).await;
    assert!(notes.len() == 1 && notes[0].contains("api.user_key"), "{notes:?}");
    bench.stand_in.knobs().answers_left = Some(0);
    let down = bench.look(Duration::from_mins(10)).await;
    assert!(down.len() == 1 && down[0].contains("does not answer"), "{down:?}");
    let record = bench.record(change).await;
    assert!(record.live.is_none() && record.live_due.is_some());
    assert!(!format!("{notes:?}{down:?}{record:?}").contains("canary"));
}
