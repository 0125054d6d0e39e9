use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::model::{ChannelRef, ModelName, Observation, Outcome, Reason, Shape, Standing, Timing, Usage, Withdrawn};
use crate::rollup::Sight;
use crate::store::{Finding, Store};

const NOON: &str = "2026-11-21T12:00:00Z";

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

fn after(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn channel(id: i64) -> ChannelRef {
    ChannelRef { id, created: 5, name: format!("Channel {id}") }
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Store::open(&folder.path().join("store.db")).await.unwrap(), folder)
}

fn finding(model: &str, outcome: Outcome, at: Timestamp, latency_ms: u32) -> Finding {
    let usage = Usage { requests: 1, prompt_tokens: Some(20), completion_tokens: Some(5) };
    let timing = Timing { first_token_ms: Some(latency_ms / 2), ..Timing::default() };
    let status = match Sight::of(outcome) {
        Sight::Up => Some(200),
        Sight::Down => Some(503),
        Sight::Unknown => Some(429),
    };
    let detail = if status == Some(200) { "" } else { "<img onerror> said no" };
    let seen = Observation::bare(outcome, at, Shape::MaxTokens, detail);
    let observation = Observation { status, latency_ms, timing, usage, ..seen };
    Finding { model: name(model), observation, cost: Some(12), standing: Standing::default() }
}

async fn remember(store: &Store, on: i64, listed: &[&str], findings: &[Finding]) -> i64 {
    let at = findings.first().map_or(noon(), |finding| finding.observation.at);
    let round = store.begin_round("g", "observe", at).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|model| name(model)).collect();
    store.remember("g", round, &channel(on), &listed, findings).await.unwrap();
    round
}

fn all() -> ModelQuery {
    ModelQuery { limit: 100, ..ModelQuery::default() }
}

async fn names(store: &Store, query: &ModelQuery) -> String {
    let page = store.models(query, noon()).await.unwrap();
    page.rows.iter().map(|row| row.model_id.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_model_stands_as_its_observations_say() {
    use Cell::{Fail, Limited, Miss, Ok};
    use Outcome::{Busy, Gone, Works};

    let (store, _folder) = store().await;
    let seen = [(Works, 100), (Works, 100), (Gone, 9), (Busy, 9), (Gone, 9), (Busy, 9)];
    let mut rounds = vec![];
    for (minute, (outcome, ms)) in (0..).step_by(10).zip(seen) {
        rounds.push(remember(&store, 7, &["a", "never"], &[finding("a", outcome, after(minute), ms)]).await);
    }
    let page = store.models(&all(), after(55)).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (2, 2));
    let [a, never] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!((a.model_id.as_str(), a.channel, a.channel_name.as_str()), ("a", 7, "Channel 7"));
    assert_eq!((a.light, a.uptime_24h, a.consecutive_failures), (Light::Degraded, Some(50.0), 2));
    assert_eq!((a.latest_status.as_str(), a.outcome.as_str(), a.status), ("429", "busy", Some(429)));
    assert_eq!(a.detail, "<img onerror> said no");
    assert_eq!((a.last_seen, a.since), (Some(after(50)), Some(after(20))));
    assert_eq!((a.p50_ms, a.ttft_p50_ms, a.avg_latency_24h), (a.p95_ms, Some(51), Some(100.0)), "a bucket's middle");
    assert_eq!(a.uptime_hours.iter().rev().take(2).copied().collect::<Vec<_>>(), [Some(50), None]);
    assert_eq!((a.sparkline_data.len(), a.sparkline_data[23]), (24, Some(100)));
    assert_eq!((never.model_id.as_str(), never.latest_status.as_str(), never.light), ("never", "NONE", Light::Unknown));

    let turned = store.transitions(Some(a.id), None, 10).await.unwrap();
    let told: Vec<_> = turned.iter().map(|turn| (turn.up, turn.at, turn.outcome.as_str())).collect();
    assert_eq!(told, [(false, after(20), "gone")], "unknown is no turn, and the first sight is none");
    remember(&store, 7, &["a", "never"], &[finding("a", Works, after(60), 100)]).await;
    let turned = store.transitions(None, Some("g"), 10).await.unwrap();
    assert_eq!((turned.len(), turned[0].up, turned[0].model_id.as_str()), (2, true, "a"));
    assert_eq!(store.transitions(None, Some("other"), 10).await.unwrap(), []);

    let seen = store.seen(&[a.id], 3).await.unwrap();
    let told: Vec<_> = seen.iter().map(|seen| (seen.status_label.as_str(), seen.ok, seen.run_datetime)).collect();
    assert_eq!(told, [("OK", true, after(60)), ("429", false, after(50)), ("HTTP 503", false, after(40))]);
    assert_eq!(
        (seen[0].cost, seen[0].shape.as_str(), seen[1].detail.as_str()),
        (Some(12), "max_tokens", "<img onerror> said no")
    );

    let grid = store.grid(&rounds, &all()).await.unwrap();
    assert_eq!(grid.rows[0].cells, [Ok, Ok, Fail, Limited, Fail, Limited]);
    assert_eq!(grid.rows[1].cells, [Miss; 6]);
    store.close().await;
}

#[tokio::test]
async fn what_leaves_the_list_is_shown_no_more_unless_we_took_it_off() {
    let (store, _folder) = store().await;
    let works = |model| finding(model, Outcome::Works, noon(), 100);
    let reason = Reason { outcome: Outcome::Gone, count: 3, since: noon(), over_s: 60, detail: "no".to_owned() };
    let withdrawn = Some(Withdrawn { at: noon(), reason, attempts: 0 });
    let dead = Finding {
        standing: Standing { withdrawn, ..Standing::default() },
        ..finding("dead", Outcome::Gone, noon(), 9)
    };
    remember(&store, 7, &["a", "b", "dead"], &[works("a"), works("b"), works("offered"), dead]).await;
    remember(&store, 7, &["a"], &[]).await;
    assert_eq!(names(&store, &all()).await, "a dead");
    let page = store.models(&ModelQuery { withdrawn: Some(true), ..all() }, noon()).await.unwrap();
    let dead = &page.rows[0];
    assert_eq!((page.total, dead.model_id.as_str(), dead.listed), (1, "dead", false));
    assert_eq!(
        dead.withdrawn.as_ref().map(|withdrawn| (withdrawn.count, withdrawn.reason.as_str())),
        Some((3, "gone 3× over 1m: no"))
    );
    let counts = store.counts(Some("g"), noon()).await.unwrap();
    assert_eq!((counts.total, counts.up, counts.down, counts.withdrawn), (2, 1, 1, 1));
    let of_channel = store.channel_counts(None).await.unwrap();
    assert_eq!(
        (of_channel.len(), of_channel[0].channel, of_channel[0].counts.total, of_channel[0].counts.withdrawn),
        (1, 7, 2, 1)
    );
    assert_eq!(store.models(&ModelQuery { withdrawn: Some(false), ..all() }, noon()).await.unwrap().total, 1);
    // The channel is deleted: nothing of it is shown, and its history is there when it comes back.
    store.forget_others("g", &[(8, 5)]).await.unwrap();
    assert_eq!(store.models(&all(), noon()).await.unwrap().total, 0);
    remember(&store, 7, &["a", "b"], &[]).await;
    let page = store.models(&all(), noon()).await.unwrap();
    assert_eq!((page.total, page.rows[1].light), (3, Light::Up));
    // So is a gateway that is taken out of the configuration.
    store.show_only(&["g", "other"]).await.unwrap();
    assert_eq!(store.counts(None, noon()).await.unwrap().total, 3);
    store.show_only(&["other"]).await.unwrap();
    let counts = store.counts(None, noon()).await.unwrap();
    assert_eq!((counts.total, counts.p50_ms), (0, None));
    store.close().await;
}

#[tokio::test]
async fn pages_are_sorted_filtered_and_searched() {
    use Outcome::{Gone, Works};
    let (store, _folder) = store().await;
    for minute in [0, 10, 20] {
        let of = |model, up: bool, ms| finding(model, if up { Works } else { Gone }, after(minute), ms);
        let findings = [of("GPT-4o", true, 300), of("half_way", minute == 0, 200), of("dead%", false, 5)];
        remember(&store, 7, &["GPT-4o", "half_way", "dead%", "unseen"], &findings).await;
        remember(&store, 8, &["gpt-4o"], &[of("gpt-4o", true, 100)]).await;
    }
    let sorted = async |sort, descending| names(&store, &ModelQuery { sort, descending, ..all() }).await;
    assert_eq!(sorted(ModelSort::Place, false).await, "GPT-4o dead% half_way unseen gpt-4o");
    assert_eq!(sorted(ModelSort::Name, true).await, "unseen half_way gpt-4o dead% GPT-4o");
    assert_eq!(sorted(ModelSort::Uptime, false).await, "dead% half_way GPT-4o gpt-4o unseen");
    assert_eq!(sorted(ModelSort::Uptime, true).await, "GPT-4o gpt-4o half_way dead% unseen", "unknown last either way");
    assert_eq!(sorted(ModelSort::Latency, false).await, "gpt-4o half_way GPT-4o dead% unseen");
    assert_eq!(sorted(ModelSort::Failures, true).await, "dead% half_way GPT-4o unseen gpt-4o");
    let found = async |query: ModelQuery| {
        let page = store.models(&query, noon()).await.unwrap();
        (page.total, page.rows.iter().map(|row| row.model_id.clone()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(found(ModelQuery { search: Some("gPt".to_owned()), ..all() }).await, (2, "GPT-4o gpt-4o".to_owned()));
    assert_eq!(found(ModelQuery { search: Some("%".to_owned()), ..all() }).await, (1, "dead%".to_owned()));
    assert_eq!(found(ModelQuery { search: Some("f_w".to_owned()), ..all() }).await, (1, "half_way".to_owned()));
    assert_eq!(found(ModelQuery { search: Some("NEL 8".to_owned()), ..all() }).await, (1, "gpt-4o".to_owned()));
    assert_eq!(found(ModelQuery { name: Some("gpt-4o".to_owned()), ..all() }).await, (1, "gpt-4o".to_owned()));
    assert_eq!(found(ModelQuery { channel: Some(8), ..all() }).await, (1, "gpt-4o".to_owned()));
    assert_eq!(found(ModelQuery { gateway: Some("h".to_owned()), ..all() }).await, (0, String::new()));
    let lights = vec![Light::Down, Light::Unknown];
    assert_eq!(found(ModelQuery { lights, ..all() }).await, (3, "dead% half_way unseen".to_owned()));
    assert_eq!(found(ModelQuery { limit: 2, offset: 1, ..all() }).await, (5, "dead% half_way".to_owned()));
    store.close().await;
}

#[tokio::test]
async fn what_nobody_looks_at_is_known_for_24_hours() {
    let (store, _folder) = store().await;
    remember(&store, 7, &["a"], &[finding("a", Outcome::Works, noon(), 100)]).await;
    let uptime = async |hours| {
        let now = noon() + SignedDuration::from_hours(hours);
        store.fade(now).await.unwrap();
        let row = store.models(&all(), now).await.unwrap().rows.remove(0);
        (row.light, row.uptime_24h, row.p50_ms.is_some(), row.uptime_hours[0])
    };
    assert_eq!(uptime(23).await, (Light::Up, Some(100.0), true, Some(100)));
    assert_eq!(uptime(24).await, (Light::Unknown, None, false, None));
    store.close().await;
}

#[tokio::test]
async fn a_round_is_counted_once_however_often_it_is_told() {
    let (store, _folder) = store().await;
    let findings = [finding("a", Outcome::Works, noon(), 100)];
    let round = remember(&store, 7, &["a"], &findings).await;
    store.remember("g", round, &channel(7), &[name("a")], &findings).await.unwrap();
    let window = Window { from: noon(), until: after(60), bucket_hours: 1 };
    assert_eq!(store.series(&[], None, window).await.unwrap()[0].up, 1);
    assert_eq!(store.observed_in(round, true, 10).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_crash_in_between_leaves_no_sum_without_its_rows() {
    let (store, _folder) = store().await;
    remember(&store, 7, &["a"], &[finding("a", Outcome::Works, noon(), 100)]).await;
    // The last thing that a round writes is what it knows; it fails there.
    let sql = "create trigger full before insert on standing begin select raise(abort, 'disk full'); end";
    sqlx::raw_sql(sql).execute(&store.writer).await.unwrap();
    let kept = async || {
        let sums =
            "select coalesce(group_concat(hex(sums)), '') from (select sums from day union all select sums from total)";
        let rows = "select group_concat(id || ',' || at_ms) from observation";
        let stand = "select group_concat(id || model || listed || coalesce(seen_ms, '') || up_24h) from pair";
        let mut all = String::new();
        for sql in [sums, rows, stand, "select count(*) || '' from text"] {
            let part: String = sqlx::query_scalar(sql).fetch_one(&store.writer).await.unwrap();
            writeln!(all, "{part}").unwrap();
        }
        all
    };
    let before = kept().await;
    let findings = [finding("a", Outcome::Gone, after(10), 100), finding("new", Outcome::Gone, after(10), 100)];
    let failed = store.remember("g", 9, &channel(7), &[name("a"), name("new")], &findings).await;
    assert!(failed.unwrap_err().to_string().contains("disk full"));
    assert_eq!(kept().await, before);
    store.close().await;
}

/// Observations of two models over three days, as (model, minutes after noon, outcome, ms).
fn history() -> impl Strategy<Value = Vec<(bool, i64, Outcome, u32)>> {
    let outcome = proptest::sample::select(vec![Outcome::Works, Outcome::Gone, Outcome::Broken, Outcome::Busy]);
    proptest::collection::vec((any::<bool>(), 0..3 * 24 * 60_i64, outcome, 1..60_000_u32), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_sum_says_what_its_rows_say(history in history()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (store, _folder) = store().await;
            let mut history = history.clone();
            history.sort_by_key(|(_, minute, ..)| *minute);
            for (first, minute, outcome, ms) in &history {
                let model = if *first { "a" } else { "b" };
                remember(&store, 7, &["a", "b"], &[finding(model, *outcome, after(*minute), *ms)]).await;
            }
            let ids: HashMap<_, _> = store.models(&all(), noon()).await.unwrap().rows.into_iter().map(|row| (row.model_id, row.id)).collect();
            let window = |bucket_hours| Window { from: noon(), until: after(4 * 24 * 60), bucket_hours };
            let tally = |bucket: i64, among: &dyn Fn(bool) -> bool| {
                let mut tally: std::collections::BTreeMap<i64, [u64; 4]> = std::collections::BTreeMap::new();
                for (_, minute, outcome, _) in history.iter().filter(|(first, ..)| among(*first)) {
                    let at = after(*minute).as_second().div_euclid(bucket * 3600) * bucket * 3600;
                    let counts = tally.entry(at).or_default();
                    match Sight::of(*outcome) {
                        Sight::Up => counts[0] += 1,
                        Sight::Down => counts[1] += 1,
                        Sight::Unknown => counts[2] += 1,
                    }
                    counts[3] += u64::from(*outcome == Outcome::Busy);
                }
                tally.into_iter().collect::<Vec<_>>()
            };
            let told = async |models: &[i64], gateway: Option<&str>, bucket| {
                let points = store.series(models, gateway, window(bucket)).await.unwrap();
                points.iter().map(|point| (point.at.as_second(), [point.up, point.down, point.unknown, point.limited])).collect::<Vec<_>>()
            };
            for bucket in [1, 6, 24] {
                let hours = i64::from(bucket);
                assert_eq!(told(&[ids["a"]], None, bucket).await, tally(hours, &|first| first));
                assert_eq!(told(&[ids["a"], ids["b"]], None, bucket).await, tally(hours, &|_| true));
                assert_eq!(told(&[], Some("g"), bucket).await, tally(hours, &|_| true));
            }
            assert_eq!(told(&[], Some("other"), 24).await, []);
            store.close().await;
        });
    }
}

#[tokio::test]
async fn no_model_is_green_while_its_channels_key_is_good_for_nothing() {
    let (store, _folder) = store().await;
    let listed = ["a", "b"];
    let works =
        |minute| [finding("a", Outcome::Works, after(minute), 100), finding("b", Outcome::Works, after(minute), 100)];
    remember(&store, 7, &listed, &works(0)).await;
    remember(&store, 8, &["c"], &[finding("c", Outcome::Works, after(0), 100)]).await;
    let lights = async || {
        let page = store.models(&all(), after(50)).await.unwrap();
        let counts = store.counts(None, after(50)).await.unwrap();
        let of_7 = &store.channel_counts(None).await.unwrap()[0].counts;
        let yellow = ModelQuery { lights: vec![Light::Degraded], ..all() };
        assert_eq!(store.models(&yellow, after(50)).await.unwrap().total, counts.degraded);
        assert_eq!(of_7.degraded, counts.degraded);
        page.rows.iter().map(|row| row.light).collect::<Vec<_>>()
    };
    assert_eq!(lights().await, [Light::Up; 3]);
    // One is asked, and the rest of them is not, as the key rests.
    let unsent = |name: &str| {
        let Finding { observation, .. } = finding(name, Outcome::KeyBroke, after(10), 9);
        let usage = Usage { requests: 0, ..observation.usage };
        Finding { observation: Observation { usage, ..observation }, ..finding(name, Outcome::KeyBroke, after(10), 9) }
    };
    remember(&store, 7, &listed, &[finding("a", Outcome::KeyBroke, after(10), 9), unsent("b")]).await;
    assert_eq!(lights().await, [Light::Degraded, Light::Degraded, Light::Up]);
    // A look at one that is limited says nothing of the key.
    remember(&store, 7, &listed, &[finding("a", Outcome::Busy, after(20), 9)]).await;
    assert_eq!(lights().await, [Light::Degraded, Light::Degraded, Light::Up]);
    remember(&store, 7, &listed, &works(30)).await;
    assert_eq!(lights().await, [Light::Up; 3]);
    store.close().await;
}
