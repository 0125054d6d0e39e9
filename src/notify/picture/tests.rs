//! Each cause comes and goes with what the store holds.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::config::{GatewayConfig, Mode, SecretRef};
use crate::model::{
    Change, Class, Incident, Intent, ModelName, Observation, Outcome, Shape, SignSource, Standing, Usage,
};
use crate::store::{ChangeState, ChannelSeen, Expense, Finding, HoldScope, Proposal};

const G: &str = "main";

struct Scene {
    store: Store,
    config: Config,
    _folder: tempfile::TempDir,
}

fn at(minute: i64) -> Timestamp {
    "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn channel(id: i64) -> ChannelRef {
    ChannelRef { id, created: 5, name: format!("c{id}") }
}

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let mut config = Config::default();
        let gateway = GatewayConfig { mode: Mode::Apply, ..GatewayConfig::new(SecretRef::literal("sqlite:x")) };
        config.gateways.insert(G.to_owned(), gateway);
        Self { store, config, _folder: folder }
    }

    fn gateway(&mut self) -> &mut GatewayConfig {
        self.config.gateways.get_mut(G).unwrap()
    }

    async fn picture(&self, noted: Option<i64>, minute: i64) -> Picture {
        let noted = noted.map(|noted| (G.to_owned(), noted)).into_iter().collect();
        read(&self.store, &self.config, &noted, at(0), at(minute)).await.unwrap()
    }

    /// What lasts: "cause #channel subject: evidence".
    async fn lasting(&self, minute: i64) -> Vec<String> {
        self.picture(None, minute).await.lasting.iter().map(line).collect()
    }

    async fn seen(&self, id: i64, status: &str, down: Option<(Outcome, &str)>, minute: i64) {
        let note = down.map(|(outcome, detail)| format!("nothing answers: {outcome}: {detail}")).unwrap_or_default();
        let seen = ChannelSeen {
            channel: channel(id),
            provider: "OpenAI".to_owned(),
            status: status.to_owned(),
            groups: String::new(),
            note,
            down: down.map(|(outcome, _)| outcome),
        };
        self.store.keep_channels(G, [seen].iter(), &BTreeSet::new(), at(minute)).await.unwrap();
    }

    /// A whole round that ended then, and told this.
    async fn round(&self, report: Value, minute: i64) {
        let round = self.store.begin_round(G, "apply", at(minute)).await.unwrap();
        let mut whole = json!({ "whole": true });
        whole.as_object_mut().unwrap().extend(report.as_object().cloned().unwrap());
        self.store.end_round(round, &whole, at(minute)).await.unwrap();
    }

    /// What a round saw of these models of channel 1, which are its list.
    async fn observed(&self, models: &[(&str, Outcome)], minute: i64) {
        let finding = |(model, outcome): &(&str, Outcome)| {
            let seen = Observation::bare(*outcome, at(minute), Shape::MaxTokens, "<b>no</b> key sk-canary12345");
            let usage = Usage { requests: 1, ..Usage::default() };
            let observation = Observation { usage, status: Some(503), ..seen };
            Finding { model: name(model), observation, cost: None, standing: Standing::default() }
        };
        let findings: Vec<_> = models.iter().map(finding).collect();
        let listed: Vec<_> = models.iter().map(|(model, _)| name(model)).collect();
        let round = self.store.begin_round(G, "apply", at(minute)).await.unwrap();
        self.store.remember(G, round, &channel(1), &listed, &findings).await.unwrap();
    }

    async fn wants(&self, removed: &[&str], added: &[&str], held: Value) -> Proposal {
        let removed: Vec<_> = removed.iter().map(|model| removal(model)).collect();
        let change: Change = serde_json::from_value(json!({
            "channel": channel(1), "before": "a,b,c", "fingerprint": "", "after": ["a"],
            "removed": removed, "added": added, "restored": [],
        }))
        .unwrap();
        let held = serde_json::from_value(held).unwrap();
        let proposal = Proposal { channel: 1, round: 7, at: at(1), change, held };
        self.store.propose(G, &proposal).await.unwrap();
        proposal
    }

    /// A change of channel 1; `None`: not settled yet.
    async fn change(&self, intent: Value, state: Option<ChangeState>, minute: i64) -> i64 {
        let mut whole = json!({
            "gateway": G, "round": null, "channel": channel(1), "fingerprint": "",
            "before": { "models": "a,b", "abilities": [] }, "models": "a", "rows": "AsTheGateway",
            "removed": [], "added": [], "restored": [], "undoes": null,
        });
        whole.as_object_mut().unwrap().extend(intent.as_object().cloned().unwrap());
        let intent: Intent = serde_json::from_value(whole).unwrap();
        let journaled = self.store.open_intent(intent, at(minute)).await.unwrap();
        let id = journaled.id();
        if let Some(state) = state {
            self.store.settle(journaled, state, None, "", at(minute)).await.unwrap();
        }
        id
    }

    /// The news after a number: "number cause subject: evidence", and the change to undo.
    async fn news(&self, noted: i64) -> Vec<String> {
        let news = self.picture(Some(noted), 60).await.news;
        news.iter().map(|news| format!("{} {} undo {:?}", news.number, line(&news.event), news.event.change)).collect()
    }
}

fn removal(model: &str) -> Value {
    let since = at(0).to_string();
    json!({ "model": model, "reason": { "outcome": "gone", "count": 2, "since": since, "over_s": 600, "detail": "no such" } })
}

fn line(event: &Event) -> String {
    let channel = event.channel.as_ref().map(|channel| format!(" #{} {}", channel.id, channel.name));
    format!("{}{} {}: {}", event.cause, channel.unwrap_or_default(), event.subject, event.evidence)
}

#[tokio::test]
async fn a_channel_is_down_for_one_reason_and_up_when_something_answers() {
    use Outcome::{Broken, Busy, ChannelConfig, KeyBad, KeyBroke, TimedOut, Unreachable};
    let mut scene = Scene::new().await;
    for (outcome, cause) in [
        (KeyBad, Some("key-bad")),
        (KeyBroke, Some("no-credit")),
        (Unreachable, Some("unreachable")),
        (ChannelConfig, Some("unreachable")),
        (Broken, Some("silent")),
        (TimedOut, Some("silent")),
        (Busy, None),
    ] {
        scene.seen(1, "enabled", Some((outcome, "words")), 1).await;
        let expected: Vec<_> = cause.map(|cause| format!("{cause} #1 c1 : {outcome}: words")).into_iter().collect();
        assert_eq!(scene.lasting(2).await, expected);
    }
    scene.seen(1, "enabled", Some((KeyBad, "words")), 1).await;
    let picture = scene.picture(None, 2).await;
    assert_eq!((picture.totals.channels, picture.totals.channels_down), (1, 1));
    scene.seen(1, "enabled", Some((KeyBad, "other words")), 9).await;
    assert_eq!(scene.picture(None, 9).await.lasting[0].since, at(1), "since nothing answered first");
    scene.gateway().channels.exclude = vec![1];
    assert_eq!(scene.lasting(9).await, [""; 0], "it is not looked at");
    scene.gateway().channels.exclude = vec![];
    scene.seen(1, "disabled", Some((KeyBad, "words")), 10).await;
    assert_eq!(scene.lasting(10).await, [""; 0], "it is off");
    scene.seen(1, "enabled", None, 11).await;
    assert_eq!(scene.lasting(11).await, [""; 0]);
    assert_eq!(scene.picture(None, 11).await.totals.channels_down, 0);
}

#[tokio::test]
async fn a_key_among_several_is_told_by_its_number_unless_the_channel_is_down() {
    let scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    let key = |key: u32, of: u32, outcome: &str| {
        let since = at(0).to_string();
        json!({ "channel": channel(1), "key": key, "of": of, "outcome": outcome, "since": since, "until": since,
          "detail": "refused" })
    };
    let keys = json!({ "keys": [key(2, 5, "key-broke"), key(3, 5, "key-bad"), key(4, 5, "busy")] });
    scene.round(keys, 1).await;
    assert_eq!(scene.lasting(2).await, ["no-credit #1 c1 2 of 5: refused", "key-bad #1 c1 3 of 5: refused"]);
    scene.seen(1, "enabled", Some((Outcome::KeyBad, "all")), 3).await;
    assert_eq!(scene.lasting(3).await, ["key-bad #1 c1 : key-bad: all"], "the channel's trouble is the keys'");
    scene.seen(1, "enabled", None, 4).await;
    scene.round(json!({ "keys": [key(1, 1, "key-bad")] }), 5).await;
    assert_eq!(scene.lasting(5).await, [""; 0], "its only key is the channel");
}

#[tokio::test]
async fn a_listed_model_fails_or_works_at_times_and_a_dead_channels_models_are_silent() {
    use Outcome::{Gone, Works};
    let scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    scene.observed(&[("bad", Gone), ("good", Works), ("mixed", Works)], 0).await;
    for minute in 1..4 {
        scene
            .observed(&[("bad", Gone), ("good", Works), ("mixed", if minute == 1 { Gone } else { Works })], minute)
            .await;
    }
    let both =
        ["failing #1 c1 bad: gone (HTTP 503): <b>no</b> key ***", "degraded #1 c1 mixed: works now, up 75 % of 24 h"];
    assert_eq!(scene.lasting(5).await, both);
    let picture = scene.picture(None, 5).await;
    assert_eq!(picture.lasting.iter().map(|event| event.since).collect::<Vec<_>>(), [at(0), at(1)]);
    let totals = picture.totals;
    assert_eq!((totals.models, totals.down, totals.degraded, totals.withdrawn), (3, 1, 1, 0));

    scene.seen(1, "enabled", Some((Gone, "all")), 5).await;
    assert_eq!(scene.lasting(5).await, ["silent #1 c1 : gone: all"]);
    scene.seen(1, "disabled", None, 6).await;
    assert_eq!(scene.lasting(6).await, [""; 0]);
    scene.seen(1, "enabled", None, 7).await;
    assert_eq!(scene.lasting(7).await, both);

    // It works again: red for hours yet, and yet it does not fail.
    scene.observed(&[("bad", Works)], 8).await;
    assert_eq!(
        scene.lasting(8).await,
        ["degraded #1 c1 bad: works now, up 20 % of 24 h"],
        "the others are off the list"
    );
    scene.observed(&[("good", Works)], 9).await;
    assert_eq!(scene.lasting(9).await, [""; 0]);
}

#[tokio::test]
async fn what_a_whole_round_told_of_models_holds_until_the_next_one() {
    let scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    let odd = |model: &str, mark: &str| json!({ "channel": channel(1), "model": model, "marks": [mark] });
    let ends = json!({ "channel": channel(1), "model": "old", "ends": "2026-12-24" });
    let gone = json!({ "channel": { "id": 1, "created": 4, "name": "another" }, "model": "x", "ends": "2026-12-24" });
    let told = json!({
        "odd": [odd("fake", "substituted"), odd("fool", "wrong-answer"), odd("short", "cut-off")],
        "expiring": [ends, gone],
    });
    scene.round(told, 1).await;
    let expected = [
        "substituted #1 c1 fake: substituted",
        "substituted #1 c1 fool: wrong-answer",
        "expiring #1 c1 old: ends on 2026-12-24",
    ];
    assert_eq!(scene.lasting(2).await, expected);
    assert_eq!(scene.picture(None, 2).await.lasting[2].mark, "2026-12-24");
    let look = scene.store.begin_round(G, "apply", at(3)).await.unwrap();
    scene.store.end_round(look, &json!({ "whole": false }), at(3)).await.unwrap();
    assert_eq!(scene.lasting(3).await, expected, "a look at a few says nothing of the rest");
    scene.round(json!({}), 4).await;
    assert_eq!(scene.lasting(4).await, [""; 0]);
}

#[tokio::test]
async fn what_is_wanted_is_told_as_the_mode_has_it() {
    let mut scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    scene.wants(&["dead", "<i>"], &["new"], json!([])).await;
    let wanted = "#1 c1 : 2 to be taken off (dead gone 2× over 10m, <i> gone 2× over 10m), 1 to be added (new)";
    for (mode, cause) in [(Mode::Observe, "wanted"), (Mode::Propose, "proposed"), (Mode::Apply, "proposed")] {
        scene.gateway().mode = mode;
        assert_eq!(scene.lasting(2).await, [format!("{cause} {wanted}")]);
    }
    let held = |guard: &str| {
        let many: Vec<_> = ["a", "b", "c", "d"].iter().map(|model| removal(model)).collect();
        json!([{ "channel": channel(1), "removals": many, "additions": [], "guard": guard, "why": "too many" }])
    };
    scene.wants(&[], &[], held("channel-limit")).await;
    let brief = "gone 2× over 10m";
    let told = format!("held #1 c1 : held by channel-limit: 4 off (a {brief}, b {brief}, c {brief}, …); too many");
    assert_eq!(scene.lasting(2).await, [told]);
    scene.wants(&[], &[], held("channel-down")).await;
    assert_eq!(scene.lasting(2).await, [""; 0], "that nothing answers is told as that");
    scene.wants(&[], &["new"], json!([])).await;
    assert_eq!(scene.lasting(2).await, ["proposed #1 c1 : 1 to be added (new)"]);
    scene.gateway().mode = Mode::Observe;
    assert_eq!(scene.lasting(2).await, [""; 0], "nobody waits for it");
    scene.wants(&["dead"], &[], json!([])).await;
    scene.store.withdraw_proposal(G, 1).await.unwrap();
    assert_eq!(scene.lasting(2).await, [""; 0]);
}

#[tokio::test]
async fn a_mark_is_of_what_is_wanted_and_not_of_the_round() {
    let scene = Scene::new().await;
    let first = scene.wants(&["a", "b"], &["c"], json!([])).await;
    let mut again = Proposal { round: 9, at: at(99), ..first.clone() };
    again.change.removed.reverse();
    again.change.removed[0].reason.count = 40;
    assert_eq!(proposals::mark(G, &first), proposals::mark(G, &again));
    assert!(
        proposals::mark(G, &first).len() == 16 && proposals::mark(G, &first).chars().all(|c| c.is_ascii_hexdigit())
    );
    let mut others = BTreeSet::from([proposals::mark(G, &first), proposals::mark("other", &first)]);
    for (removed, added) in [(&["a"][..], &["c"][..]), (&["a", "b"], &[]), (&["a"], &["b", "c"]), (&["ab"], &["c"])] {
        others.insert(proposals::mark(G, &scene.wants(removed, added, json!([])).await));
    }
    let held = json!([{ "channel": channel(1), "removals": [], "additions": ["x"], "guard": "unpriced", "why": "" }]);
    others.insert(proposals::mark(G, &scene.wants(&["a", "b"], &["c"], held).await));
    assert_eq!(others.len(), 7, "{others:?}");
}

#[tokio::test]
async fn another_writer_is_told_until_a_person_lets_us_go_on() {
    let scene = Scene::new().await;
    scene.seen(3, "enabled", None, 0).await;
    let scope = HoldScope { gateway: Some(G.to_owned()), channel: Some(3), ..HoldScope::default() };
    scene.store.hold(&scope, "by hand", at(1)).await.unwrap();
    assert_eq!(scene.lasting(2).await, [""; 0]);
    let why = format!("{} somebody took back", crate::store::ANOTHER_WRITER);
    scene.store.hold(&scope, &why, at(1)).await.unwrap();
    assert_eq!(scene.lasting(2).await, [format!("contested #3 c3 : {why}")]);
    scene.store.release(&scope).await.unwrap();
    assert_eq!(scene.lasting(2).await, [""; 0]);
}

#[tokio::test]
async fn a_budget_is_nearly_and_wholly_used_up_and_anew_tomorrow() {
    let mut scene = Scene::new().await;
    let day = crate::budget::day(at(0));
    let spend = async |requests, tokens| {
        scene.store.spend(&[(day, "", Expense { requests, tokens, cost: 0 })]).await.unwrap();
    };
    spend(79, 10).await;
    scene.config.budget.requests = 100;
    assert_eq!(scene.lasting(1).await, [""; 0]);
    let spend = async |requests, tokens| {
        scene.store.spend(&[(day, "", Expense { requests, tokens, cost: 0 })]).await.unwrap();
    };
    spend(1, 0).await;
    assert_eq!(scene.lasting(1).await, ["budget requests: 80 of 100 requests on 2026-11-21 (UTC)"]);
    assert_eq!(scene.picture(None, 1).await.lasting[0].mark, "80");
    spend(20, 0).await;
    assert_eq!(scene.picture(None, 1).await.lasting[0].mark, "100");
    scene.config.budget.tokens = 10;
    assert_eq!(scene.lasting(1).await.len(), 2);
    assert_eq!(scene.lasting(13 * 60).await.len(), 1, "by then we are late, and have spent nothing");
}

#[tokio::test]
async fn we_are_late_only_once_we_ran_so_long_and_a_gateway_that_cannot_be_read_is_told_as_that() {
    let scene = Scene::new().await;
    assert_eq!(scene.lasting(180).await, [""; 0], "three hours are not over");
    assert_eq!(scene.lasting(181).await, ["stale : no good round yet"]);
    scene.round(json!({}), -600).await;
    assert_eq!(scene.lasting(180).await, [""; 0], "the round before our start is not ours to answer for");
    scene.round(json!({ "errors": ["no sk-canary12345"] }), 170).await;
    assert_eq!(scene.lasting(181).await, ["stale : the last good round: 2026-11-21T02:00:00Z; no ***"]);
    scene.round(json!({ "blackout": ["own-network", "cut off"] }), 172).await;
    assert_eq!(scene.lasting(181).await, ["stale : the last good round: 2026-11-21T02:00:00Z"]);

    scene.store.trouble(G, Some("cannot connect"), at(174)).await.unwrap();
    scene.store.trouble(G, Some("refused"), at(178)).await.unwrap();
    assert_eq!(scene.lasting(181).await, ["gateway-unreachable : refused"], "one trouble, told once");
    assert_eq!(scene.picture(None, 181).await.lasting[0].since, at(174));
    assert!(scene.picture(None, 181).await.unsure.contains(G), "what was told of our being late is not over");
    scene.store.trouble(G, None, at(179)).await.unwrap();
    assert!(!scene.picture(None, 181).await.unsure.contains(G));
    assert!(scene.picture(None, 100).await.unsure.contains(G), "nor with a start");
    scene.round(json!({ "blackout": ["many-channels-down", "3 of 3"] }), 180).await;
    assert_eq!(scene.lasting(181).await, [""; 0]);
}

#[tokio::test]
async fn what_was_written_is_news_by_the_journals_number() {
    let scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    let applied = Some(ChangeState::Applied);
    assert_eq!(highest(&scene.store, &scene.config).await.unwrap(), BTreeMap::from([(G.to_owned(), 0)]));
    let first =
        scene.change(json!({ "removed": [removal("dead")], "added": ["new"], "restored": ["back"] }), applied, 1).await;
    scene.change(json!({ "removed": [removal("x")] }), Some(ChangeState::Conflict), 2).await;
    scene.change(json!({}), applied, 3).await;
    let whole = [
        "1 withdrawn #1 c1 dead: gone 2× over 10m: no such undo Some(1)",
        "1 new #1 c1 new:  undo Some(1)",
        "1 restored #1 c1 back:  undo Some(1)",
    ];
    assert_eq!(scene.news(0).await, whole);
    assert_eq!(scene.news(first).await, [""; 0]);
    assert_eq!(scene.picture(None, 9).await.news, [], "a gateway that nobody was told of has no news");

    // 4 takes 1 back, while 5 is not settled: what comes after it waits.
    let undo = json!({ "undoes": 1, "removed": [removal("new")], "restored": ["dead"] });
    scene.change(undo, applied, 4).await;
    let open = scene.change(json!({ "removed": [removal("late")] }), None, 5).await;
    scene.change(json!({ "added": ["later"] }), applied, 6).await;
    let undone = [
        "1 withdrawn #1 c1 dead: gone 2× over 10m: no such undo None",
        "1 new #1 c1 new:  undo None",
        "1 restored #1 c1 back:  undo None",
        "4 withdrawn #1 c1 new: change 1 was taken back by hand undo Some(4)",
        "4 restored #1 c1 dead: change 1 was taken back by hand undo Some(4)",
    ];
    assert_eq!(scene.news(0).await, undone);
    assert_eq!(highest(&scene.store, &scene.config).await.unwrap()[G], open - 1);
    let settling = scene.store.open_intents(G).await.unwrap().pop().unwrap();
    scene.store.settle(settling, ChangeState::Applied, None, "", at(7)).await.unwrap();
    assert_eq!(scene.news(4).await.len(), 2);
    assert_eq!(highest(&scene.store, &scene.config).await.unwrap()[G], 6);
}

#[tokio::test]
async fn news_are_told_a_part_at_a_time_and_never_half_of_a_change() {
    let scene = Scene::new().await;
    for minute in 0..3 {
        scene.change(json!({ "added": ["a", "b", "c"] }), Some(ChangeState::Applied), minute).await;
    }
    let numbers = async |noted: i64, most: usize| -> Vec<i64> {
        let noted = BTreeMap::from([(G.to_owned(), noted)]);
        let glance = scene.store.glance(&[G], &noted, most, at(9)).await.unwrap();
        glance.news.iter().map(|news| news.id).collect()
    };
    assert_eq!(numbers(0, 100).await, [1, 2, 3]);
    assert_eq!(numbers(0, 7).await, [1, 2]);
    assert_eq!(numbers(2, 1).await, [3], "a change larger than the part is told whole");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_an_error_and_no_picture_in_which_all_is_well() {
    let scene = Scene::new().await;
    scene.store.clone().close().await;
    assert!(read(&scene.store, &scene.config, &BTreeMap::new(), at(0), at(1)).await.is_err());
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_is_told_of_while_it_is_one() {
    let mut scene = Scene::new().await;
    let to = crate::store::Address { receiver: "ops".to_owned(), chat: String::new() };
    let post = scene.store.post(&to, "{}", at(0)).await.unwrap();
    scene.store.posted(post, crate::store::Posting::Dead, at(1), "404").await.unwrap();
    assert_eq!(scene.lasting(2).await, [""; 0], "nobody wants to tell it anything");
    let settings = crate::config::ReceiverConfig::default();
    scene.config.notify.receivers.insert("ops".to_owned(), settings.clone());
    assert_eq!(scene.lasting(2).await, ["receiver-down ops: 404"]);
    let off = crate::config::ReceiverConfig { enabled: false, ..settings };
    scene.config.notify.receivers.insert("ops".to_owned(), off);
    assert_eq!(scene.lasting(2).await, [""; 0]);
}

#[tokio::test]
async fn what_of_a_channel_can_be_judged_is_told_with_the_picture() {
    use crate::notify::event::ChannelSight::{Answers, Down, Off};
    let scene = Scene::new().await;
    scene.seen(1, "enabled", None, 0).await;
    scene.seen(2, "enabled", Some((Outcome::KeyBad, "words")), 0).await;
    scene.seen(3, "auto-disabled", Some((Outcome::KeyBad, "words")), 0).await;
    scene.seen(4, "unreadable", None, 0).await;
    let channels = &scene.picture(None, 1).await.channels[G];
    assert_eq!(
        channels.iter().map(|(id, sight)| (*id, *sight)).collect::<Vec<_>>(),
        [(1, Answers), (2, Down), (3, Off), (4, Off)]
    );
}

#[path = "tests/litellm.rs"]
mod litellm;
