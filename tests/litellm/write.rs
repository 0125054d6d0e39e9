//! Models taken off and put back by blocking deployments: journaled, compared, undone, and never more than may be.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use channelwarden::apply::{self, Outcome, Undo};
use channelwarden::clock;
use channelwarden::config::HealthBy;
use channelwarden::gateway::Gateway;
use channelwarden::model::{Change, ChannelRef, Guard, Image, WorkingList};
use channelwarden::round::Report;
use channelwarden::store::{ChangeState, HoldScope};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::litellm::{Deployed, MASTER_KEY, StandIn, State};

/// A deployment in the database.
fn stored(name: &str, upstream: &str) -> Deployed {
    Deployed { in_database: true, ..Deployed::new(name, upstream) }
}

/// One of another account.
fn elsewhere(name: &str) -> Deployed {
    Deployed { api_base: None, ..stored(name, &format!("openrouter/{name}")) }
}

fn dead(one: Deployed) -> Deployed {
    Deployed { state: State::Ill("gpt-gone"), ..one }
}

/// An account with two deployments of "dead" and four models that are well, of which another account serves "dead" too.
fn usual() -> Vec<Deployed> {
    let mut all: Vec<_> = ["a", "b", "c", "d"].map(|name| stored(name, &format!("openai/{name}"))).into();
    all.extend([dead(stored("dead", "openai/one")), dead(stored("dead", "openai/two")), elsewhere("dead")]);
    all
}

const ONE: &str = "id-dead-openai-one";
const TWO: &str = "id-dead-openai-two";

async fn bench(deployments: Vec<Deployed>, mode: &str) -> Bench {
    let stand_in = StandIn::start(deployments).await;
    stand_in.knobs().database = true;
    let api = json!({ "url": stand_in.url(), "token": MASTER_KEY });
    Bench::over(stand_in, json!({ "gateways": { "main": { "kind": "litellm", "api": api, "mode": mode } } })).await
}

impl Bench {
    fn blocked(&self) -> Vec<String> {
        let knobs = self.stand_in.knobs();
        let mut ids: Vec<_> = knobs.deployments.iter().filter(|one| one.blocked).map(|one| one.id.clone()).collect();
        ids.sort();
        ids
    }

    fn posts(&self) -> usize {
        self.stand_in.knobs().count("POST /model/")
    }

    async fn gateway(&self) -> Gateway {
        Gateway::open("main", &self.config.gateways["main"], &self.config.probe, "salt").await.unwrap()
    }

    async fn undo(&self, change: i64, how: Undo) -> Outcome {
        let (gateway, turn) = (self.gateway().await, self.store.turn().await.unwrap());
        let record = self.store.change(change).await.unwrap().unwrap();
        apply::undo(&self.store, &gateway, &record, how, &turn).await.unwrap()
    }

    async fn apply(&self, change: &Change) -> Outcome {
        let (gateway, turn) = (self.gateway().await, self.store.turn().await.unwrap());
        apply::apply(&self.store, &gateway, change, None, &turn).await.unwrap()
    }
}

/// The channel whose list has this name, and not less than `names` of them.
async fn channel(gateway: &Gateway, name: &str, names: usize) -> (ChannelRef, String, Image) {
    let (channels, _) = crate::bench::all(gateway).await;
    for channel in channels.into_values() {
        let list = channel.advertised().unwrap();
        if list.names().len() >= names && list.names().iter().any(|one| one.as_str() == name) {
            let image = gateway.image(channel.id).await.unwrap().unwrap();
            let reference = ChannelRef { id: channel.id, created: channel.created, name: channel.name };
            return (reference, channel.models.unwrap(), image);
        }
    }
    panic!("no channel has {name:?}");
}

/// The change that makes this list of the account's with "dead".
async fn change(gateway: &Gateway, list: &str) -> Change {
    let (reference, before, _) = channel(gateway, "dead", 2).await;
    let fingerprint = gateway.channel(reference.id).await.unwrap().unwrap().fingerprint;
    let after = WorkingList::split(list).unwrap();
    Change { channel: reference, before, fingerprint, after, removed: vec![], added: vec![], restored: vec![] }
}

fn applied(report: &Report) -> Vec<(i64, String)> {
    let changes = report.changes.iter();
    let done = changes.filter_map(|line| match &line.outcome {
        Some(Outcome::Applied(id)) => Some((*id, line.change.after.join())),
        _ => None,
    });
    done.collect()
}

#[tokio::test]
async fn what_is_gone_is_blocked_and_comes_back_by_itself() {
    let bench = bench(usual(), "apply").await;
    assert_eq!(applied(&bench.round().await), [], "never on one failure");
    let report = bench.round().await;
    let [(id, list)] = &applied(&report)[..] else { panic!("{report:?}") };
    assert_eq!(list, "a,b,c,d");
    assert_eq!((bench.blocked(), bench.posts()), (vec![ONE.to_owned(), TWO.to_owned()], 2));
    let record = bench.store.change(*id).await.unwrap().unwrap();
    assert_eq!(record.state, ChangeState::Applied);
    assert_eq!(record.intent.removed[0].model.as_str(), "dead");
    assert_eq!(record.after.unwrap().models, "a,b,c,d");
    // Blocked ones are asked all the same; nothing is written twice.
    bench.round().await;
    assert_eq!((bench.blocked().len(), bench.posts()), (2, 2));
    for id in [ONE, TWO] {
        bench.stand_in.knobs().find(id).state = State::Well;
    }
    let mut back = vec![];
    for _ in 0..4 {
        back.extend(applied(&bench.round().await));
    }
    assert_eq!(back.len(), 1, "{back:?}");
    assert_eq!((bench.blocked(), bench.posts()), (Vec::<String>::new(), 4));
}

#[tokio::test]
async fn an_undo_opens_exactly_what_was_open() {
    let mut deployments = usual();
    // Of another name of the account, somebody blocked one of two.
    deployments.extend([stored("half", "openai/half"), Deployed { blocked: true, ..stored("half", "openai/other") }]);
    let bench = bench(deployments, "apply").await;
    let gateway = bench.gateway().await;
    let (reference, list, before) = channel(&gateway, "dead", 2).await;
    assert_eq!(list, "a,b,c,d,dead,half", "in an order of its own: LiteLLM's changes with each write");
    let (_, Some((id, _))) = (bench.round().await, applied(&bench.round().await).pop()) else { panic!() };
    assert_eq!(bench.undo(id, Undo::Rehearse).await, Outcome::Rehearsed);
    assert_eq!(bench.posts(), 2, "a rehearsal sends nothing");
    assert!(matches!(bench.undo(id, Undo::Commit).await, Outcome::Applied(_)));
    assert_eq!(bench.blocked(), ["id-half-openai-other"]);
    assert_eq!(gateway.image(reference.id).await.unwrap().unwrap(), before);
    let again = bench.undo(id, Undo::Commit).await;
    assert!(matches!(&again, Outcome::Conflict(why) if why.contains("taken back already")), "{again:?}");
}

#[tokio::test]
async fn observing_and_rehearsing_send_nothing() {
    let bench = bench(usual(), "observe").await;
    bench.round().await;
    let report = bench.round().await;
    assert_eq!(report.changes.len(), 1, "{report:?}");
    assert_eq!(report.changes[0].outcome, None);
    let gateway = bench.gateway().await;
    let change = change(&gateway, "a,b,c,d").await;
    assert_eq!(apply::rehearse(&gateway, &change).await.unwrap(), Outcome::Rehearsed);
    assert_eq!((bench.posts(), bench.blocked()), (0, vec![]));
}

#[tokio::test]
async fn somebody_elses_edit_and_a_hold_win() {
    let bench = bench(usual(), "apply").await;
    let gateway = bench.gateway().await;
    let change = change(&gateway, "a,b,c,d").await;
    bench.store.hold(&HoldScope::default(), "stop", clock::now()).await.unwrap();
    let held = bench.apply(&change).await;
    assert!(matches!(&held, Outcome::OnHold(why) if why.contains("stop")), "{held:?}");
    for hold in bench.store.holds().await.unwrap() {
        bench.store.release(&hold.scope).await.unwrap();
    }
    // One of the two is blocked; another's upstream is another one; the account is gone.
    bench.stand_in.knobs().find(ONE).blocked = true;
    let outcome = bench.apply(&change).await;
    assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("somebody blocked")), "{outcome:?}");
    bench.stand_in.knobs().deployments.iter_mut().for_each(|one| one.blocked = false);
    let posts = bench.posts();
    for edit in [
        (|one: &mut Deployed| one.upstream = "openai/other".to_owned()) as fn(&mut Deployed),
        |one| one.blocked = true,
        |one| one.name = "renamed".to_owned(),
        |one| one.api_base = Some("http://127.0.0.1:1/elsewhere".to_owned()),
    ] {
        let before = bench.stand_in.knobs().deployments.clone();
        edit(bench.stand_in.knobs().find("id-a-openai-a"));
        let outcome = bench.apply(&change).await;
        assert!(matches!(outcome, Outcome::Conflict(_)), "{outcome:?}");
        bench.stand_in.knobs().deployments = before;
    }
    assert_eq!(bench.posts(), posts);
}

#[tokio::test]
async fn the_guards_hold_here_too() {
    // Nobody else serves it.
    let mut only = usual();
    only.pop();
    let bench = bench(only, "apply").await;
    bench.round().await;
    let report = bench.round().await;
    assert!(report.held.iter().any(|held| held.guard == Guard::LastRoute), "{report:?}");
    assert_eq!(bench.posts(), 0);
}

#[tokio::test]
async fn an_account_is_never_emptied() {
    let all = vec![dead(stored("x", "openai/x")), elsewhere("x"), elsewhere("y")];
    let bench = bench(all, "apply").await;
    for _ in 0..4 {
        bench.round().await;
    }
    assert_eq!((bench.posts(), bench.blocked()), (0, vec![]));
}

#[tokio::test]
async fn what_cannot_be_blocked_or_is_blocked_in_part_by_others_is_kept() {
    let mut deployments = usual();
    deployments.extend([
        // In config.yaml alone, or beside the database.
        dead(Deployed::new("filed", "openai/filed")),
        dead(Deployed::new("both", "openai/filed-too")),
        dead(stored("both", "openai/stored")),
        dead(stored("half", "openai/half")),
        Deployed { blocked: true, ..dead(stored("half", "openai/other")) },
        // A check asks some model or other.
        dead(stored("wild/*", "openai/*")),
    ]);
    deployments.extend(["filed", "both", "half", "wild/*"].map(elsewhere));
    let bench = bench(deployments, "apply").await;
    let mut changes = vec![];
    for _ in 0..4 {
        changes.extend(applied(&bench.round().await));
    }
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0].1, "a,b,both,c,d,filed,half,wild/*");
    assert_eq!(bench.blocked(), [ONE, TWO, "id-half-openai-other"]);
}

#[tokio::test]
async fn an_id_that_means_two_of_them_is_never_blocked() {
    let mut deployments = usual();
    deployments.push(Deployed { id: ONE.to_owned(), ..stored("well", "openai/well") });
    let bench = bench(deployments, "apply").await;
    for _ in 0..4 {
        let report = bench.round().await;
        assert!(report.skipped.iter().any(|one| one.why.contains("1 of its models cannot be read")), "{report:?}");
    }
    assert_eq!((bench.posts(), bench.blocked()), (0, vec![]));
}

#[tokio::test]
async fn background_checks_have_no_date_and_take_nothing_off() {
    let mut bench = bench(usual(), "apply").await;
    bench.config.gateways.get_mut("main").unwrap().litellm.health = HealthBy::Background;
    bench.stand_in.knobs().background = Some(true);
    for _ in 0..4 {
        let report = bench.round().await;
        assert_eq!(report.outcomes[&channelwarden::model::Outcome::Gone], 1, "{report:?}");
        assert!(report.changes.is_empty() && report.held.is_empty(), "{report:?}");
    }
    assert_eq!(bench.posts(), 0);
}

#[tokio::test]
async fn a_worker_that_has_not_read_its_models_again_undoes_nothing() {
    let bench = bench(usual(), "apply").await;
    bench.round().await;
    let before = bench.stand_in.knobs().deployments.clone();
    bench.stand_in.knobs().late = Some(before.clone());
    let (report, ()) = tokio::join!(bench.round(), async {
        while bench.posts() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.stand_in.knobs().late = None;
    });
    assert_eq!(applied(&report).len(), 1, "{report:?}");
    assert_eq!(bench.blocked(), [ONE, TWO]);
    // It answers once more, and what we took off stands on its list: nobody put it back.
    bench.stand_in.knobs().late = Some(before);
    bench.round().await;
    bench.stand_in.knobs().late = None;
    for id in [ONE, TWO] {
        bench.stand_in.knobs().find(id).state = State::Well;
    }
    let mut back = vec![];
    for _ in 0..4 {
        back.extend(applied(&bench.round().await));
    }
    assert_eq!((back.len(), bench.blocked()), (1, vec![]), "{back:?}");
}

#[tokio::test]
async fn who_cannot_block_says_what_to_do() {
    let bench = bench(usual(), "apply").await;
    let change = change(&bench.gateway().await, "a,b,c,d").await;
    bench.stand_in.knobs().old = true;
    let outcome = bench.apply(&change).await;
    assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("1.90")), "{outcome:?}");
    bench.stand_in.knobs().old = false;
    bench.stand_in.knobs().database = false;
    let outcome = bench.apply(&change).await;
    assert!(matches!(&outcome, Outcome::Refused(why) if why.contains("DATABASE_URL")), "{outcome:?}");
    assert_eq!(bench.blocked(), Vec::<String>::new());
    let states: Vec<_> = bench.store.changes("main", 9).await.unwrap().iter().map(|change| change.state).collect();
    assert_eq!(states, [ChangeState::Abandoned; 2]);
    // Nothing that could be blocked at all.
    bench.stand_in.knobs().deployments.iter_mut().for_each(|one| one.in_database = false);
    let why = bench.gateway().await.writable().unwrap_err();
    assert!(why.contains("config.yaml") && why.contains("STORE_MODEL_IN_DB"), "{why}");
}

#[tokio::test]
async fn what_fails_half_way_is_taken_back() {
    let bench = bench(usual(), "apply").await;
    let change = change(&bench.gateway().await, "a,b,c,d").await;
    bench.stand_in.knobs().stuck = Some(TWO.to_owned());
    let outcome = bench.apply(&change).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(bench.blocked(), Vec::<String>::new());
    // Both, and back what may have been done, and what was.
    assert_eq!(bench.posts(), 4);
    assert_eq!(bench.store.changes("main", 1).await.unwrap()[0].state, ChangeState::Abandoned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_two_blocks_is_settled_by_looking() {
    let bench = bench(usual(), "apply").await;
    bench.round().await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_channelwarden"))
        .arg("--config")
        .arg(bench.config_file())
        .arg("sweep")
        .env("CHANNELWARDEN_CRASH_AT", "half-committed")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let stands = tokio::task::spawn_blocking(move || {
        out.lines().map_while(Result::ok).any(|line| line.starts_with("crash-point"))
    });
    let stood = stands.await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(stood, "it ended before it was killed");
    assert_eq!((bench.blocked(), bench.posts()), (vec![ONE.to_owned()], 1));

    let (gateway, turn) = (bench.gateway().await, bench.store.turn().await.unwrap());
    let settled = apply::recover(&bench.store, &gateway, &turn).await.unwrap();
    assert!(matches!(&settled[..], [told] if told.contains("1 of its 2 deployments")), "{settled:?}");
    assert_eq!(bench.posts(), 1, "never by doing it again");
    drop(turn);
    let change = bench.store.changes("main", 1).await.unwrap().remove(0);
    assert_eq!(change.state, ChangeState::Applied);
    assert!(matches!(bench.undo(change.id, Undo::Commit).await, Outcome::Applied(_)));
    assert_eq!(bench.blocked(), Vec::<String>::new());
}

#[tokio::test]
async fn the_master_key_is_in_no_error() {
    let bench = bench(usual(), "apply").await;
    let change = change(&bench.gateway().await, "a,b,c,d").await;
    let words = json!({ "error": { "message": format!("no: Bearer {MASTER_KEY}"), "type": "x", "code": "500" } });
    bench.stand_in.knobs().instead = vec![("/model/block", 500, words.to_string())];
    let outcome: Value = serde_json::to_value(bench.apply(&change).await).unwrap();
    assert!(!outcome.to_string().contains(MASTER_KEY) && outcome["result"] == "failed", "{outcome}");
    let bytes = bench.bytes().await;
    assert!(!bytes.windows(MASTER_KEY.len()).any(|window| window == MASTER_KEY.as_bytes()));
}
