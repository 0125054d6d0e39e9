use std::collections::BTreeMap;

use super::super::offer::Anew;
use super::*;
use crate::config::ProbeConfig;
use crate::model::{Offered, Outcome, Reason, Withdrawn};
use crate::store::Listed;

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

fn names(text: &str) -> Vec<ModelName> {
    text.split(',').filter_map(ModelName::parse).collect()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
}

fn channel(mapping: &[(&str, &str)], ignored: &[&str]) -> Channel {
    Channel {
        id: 1,
        type_number: 1,
        mapping: Ok(Mapping(mapping.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())),
        ignored_models: ignored.iter().map(|rule| (*rule).to_owned()).collect(),
        ..Channel::bare("")
    }
}

/// What a channel advertising `listed`, whose upstream offers `offered`, is asked: candidates and upstream names.
struct Asked {
    candidates: String,
    upstream: String,
    unprobed: String,
}

fn asked(
    channel: &Channel,
    listed: &str,
    offered: &str,
    known: &[(&str, Standing)],
    models: &ModelsConfig,
    scope: &Scope,
    now: Timestamp,
) -> Asked {
    let known = known.iter().map(|(model, standing)| (name(model), standing.clone())).collect();
    let policy = VerdictPolicy::default();
    let rules = Rules { models, policy: &policy, manners: &[], kinds: &ProbeConfig::default().kinds };
    let listed = WorkingList::split(listed).unwrap();
    let offer = Offer { names: names(offered), ..Offer::default() };
    let questions = Questions::new(channel, &listed, &offer, &known, rules, scope, now);
    let join = |names: Vec<String>| names.join(",");
    Asked {
        candidates: join(questions.candidates.iter().map(|candidate| candidate.model.to_string()).collect()),
        upstream: join(questions.upstream.keys().map(ToString::to_string).collect()),
        unprobed: join(questions.unprobed.iter().map(|(model, _)| model.to_string()).collect()),
    }
}

fn full(channel: &Channel, listed: &str, offered: &str, known: &[(&str, Standing)], minute: i64) -> Asked {
    asked(channel, listed, offered, known, &ModelsConfig::default(), &Scope::default(), at(minute))
}

fn withdrawn(next: i64) -> Standing {
    let reason = Reason { outcome: Outcome::Gone, count: 2, since: at(0), over_s: 600, detail: String::new() };
    Standing {
        withdrawn: Some(Withdrawn { at: at(0), reason, attempts: 1 }),
        next_probe: Some(at(next)),
        ..Standing::default()
    }
}

fn alive(minute: i64) -> Standing {
    Standing { last_alive: Some(at(minute)), ..Standing::default() }
}

#[test]
fn many_aliases_of_one_target_are_one_question_and_the_target_is_not_offered_as_new() {
    let channel = channel(&[("a", "target"), ("b", "target")], &[]);
    let asked = full(&channel, "a,b,c", "target,c,new", &[], 0);
    assert_eq!((asked.candidates.as_str(), asked.upstream.as_str()), ("a,b,c,new", "c,new,target"));
}

#[test]
fn what_we_cannot_judge_is_named_and_not_asked() {
    let models = ModelsConfig { exclude: vec!["mine-*".to_owned()], ..ModelsConfig::default() };
    let channel = channel(&[("round", "circle"), ("circle", "round")], &[]);
    let listed = "gpt-4*,mine-1,round,dall-e-3,sora-2,ok";
    let asked = asked(&channel, listed, "mine-2,whisper-1", &[], &models, &Scope::default(), at(0));
    assert_eq!((asked.candidates.as_str(), asked.unprobed.as_str()), ("ok", "gpt-4*,mine-1,round,dall-e-3,sora-2"));
}

#[test]
fn a_name_that_differs_in_case_only_is_not_new_and_ignored_ones_are_not_added() {
    let asked = full(&channel(&[], &["ignored"]), "DeepSeek-V3", "deepseek-v3,ignored,new", &[], 0);
    assert_eq!(asked.candidates, "DeepSeek-V3,new");
    let asked = full(&channel(&[], &["regex:^x"]), "a", "new,x-new", &[], 0);
    assert_eq!(asked.candidates, "a,new");
    let asked = full(&channel(&[], &["regex:(x"]), "a", "new", &[], 0);
    assert_eq!(asked.candidates, "a", "nothing is added past a pattern that cannot be read");
}

#[test]
fn a_withdrawn_model_is_asked_when_due_and_never_as_a_new_one() {
    let known = [("gone", withdrawn(60))];
    assert_eq!(full(&channel(&[], &[]), "a", "gone", &known, 59).candidates, "a");
    assert_eq!(full(&channel(&[], &[]), "a", "gone", &known, 60).candidates, "a,gone");
}

#[test]
fn an_offered_name_that_never_worked_is_asked_with_growing_gaps() {
    let failed = |count| Standing { denied: Some(Streak { count, since: at(0), last: at(0) }), ..Standing::default() };
    for (count, minute, expected) in [(1, 59, "a"), (1, 60, "a,ghost"), (3, 239, "a"), (3, 240, "a,ghost")] {
        let asked = full(&channel(&[], &[]), "a", "ghost", &[("ghost", failed(count))], minute);
        assert_eq!(asked.candidates, expected, "{count} failures, minute {minute}");
    }
    // On the list it is asked every round.
    assert_eq!(full(&channel(&[], &[]), "ghost", "", &[("ghost", failed(3))], 1).candidates, "ghost");
}

#[test]
fn a_partial_round_asks_what_is_due_and_two_siblings_that_answered_last() {
    let due = Standing { next_probe: Some(at(10)), ..alive(0) };
    let later = Standing { next_probe: Some(at(20)), ..alive(0) };
    let known = [
        ("due", due),
        ("later", later),
        ("a", alive(1)),
        ("b", alive(3)),
        ("c", alive(2)),
        ("never", Standing::default()),
    ];
    let scope = Scope { due: Some(vec![1]), ..Scope::default() };
    let models = ModelsConfig::default();
    let asked = asked(&channel(&[], &[]), "a,b,c,due,later,never", "", &known, &models, &scope, at(10));
    assert_eq!(asked.candidates, "b,c,due", "in the order of the list");
}

#[test]
fn every_model_is_among_the_first_in_some_round_and_goes_from_key_to_key() {
    const CHAT: Way = Way { kind: Kind::Chat, shape: None, fresh: false, looked: None, manner: None };
    let models: BTreeMap<_, _> = (0..40).map(|n| (name(&format!("m-{n:02}")), CHAT)).collect();
    let by_name: Vec<_> = models.keys().cloned().collect();
    let mut first = HashSet::new();
    for round in 1..100 {
        let turn = in_turn(round, models.clone());
        assert_eq!(turn.len(), 40);
        let behind = usize::try_from(round).unwrap();
        assert!(turn.iter().all(|(place, model, _)| by_name[*place - behind] == *model), "the next key each round");
        first.extend(turn.into_iter().take(4).map(|(_, model, _)| model));
    }
    assert_eq!(first.len(), 40);
}

/// How the models of a channel are asked, by name, with what its upstream's list says of them.
fn ways(
    listed: &str,
    offered: Vec<Offered>,
    known: &[(&str, Standing)],
    rules: &[ProbeRule],
    minute: i64,
) -> Questions {
    let (models, policy) = (ModelsConfig::default(), VerdictPolicy::default());
    let mut kinds = ProbeConfig::default().kinds;
    kinds.push(Kind::Image);
    let rules = Rules { models: &models, policy: &policy, manners: rules, kinds: &kinds };
    let known = known.iter().map(|(model, standing)| (name(model), standing.clone())).collect();
    let listing = Listed { at: at(0), keys: String::new(), offered, control: None };
    let offer = Offer { listed: Some(listing), ..Offer::default() };
    let listed = WorkingList::split(listed).unwrap();
    Questions::new(&channel(&[], &[]), &listed, &offer, &known, rules, &Scope::default(), at(minute))
}

#[test]
fn the_operator_then_the_list_then_the_name_say_what_a_model_is_for() {
    let offered = vec![
        Offered { kind: Some(Kind::Embedding), ..Offered::named(name("plain")) },
        Offered { kind: Some(Kind::Chat), ..Offered::named(name("bge-chat")) },
        Offered { kind: Some(Kind::Embedding), ..Offered::named(name("ruled")) },
    ];
    let rule = ProbeRule { models: vec!["ruled".to_owned()], kind: Some(Kind::Rerank), ..ProbeRule::default() };
    let questions = ways("plain,bge-chat,ruled,bge-m3,other", offered, &[], &[rule], 0);
    let kinds: Vec<_> = questions.upstream.iter().map(|(model, way)| (model.as_str(), way.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("bge-chat", Kind::Chat),
            ("bge-m3", Kind::Embedding),
            ("other", Kind::Chat),
            ("plain", Kind::Embedding),
            ("ruled", Kind::Rerank)
        ]
    );
}

#[test]
fn what_stands_against_a_model_is_confirmed_on_another_connection() {
    let doubted = Standing { denied: Some(Streak { count: 1, since: at(0), last: at(0) }), ..Standing::default() };
    let questions = ways("doubted,fine", vec![], &[("doubted", doubted), ("fine", alive(0))], &[], 0);
    let fresh = |model: &str| questions.upstream[&name(model)].fresh;
    assert!(fresh("doubted") && !fresh("fine"));
}

#[test]
fn a_policy_other_than_probe_leaves_a_model_alone_and_says_so() {
    let rule = |model: &str, policy| ProbeRule {
        models: vec![model.to_owned()],
        policy: Some(policy),
        ..ProbeRule::default()
    };
    let rules = [rule("a", Policy::Off), rule("b", Policy::List), rule("c", Policy::Passive), rule("d", Policy::Probe)];
    let questions = ways("a,b,c,d", vec![Offered::named(name("b"))], &[], &rules, 0);
    let why: Vec<_> = questions.unprobed.iter().map(|(model, why)| format!("{model}: {why}")).collect();
    assert_eq!(
        why,
        [
            "a: the configuration says not to ask it",
            "b: the configuration says so; its upstream's list names it",
            "c: left to the gateway's own traffic"
        ]
    );
    assert_eq!(questions.upstream.keys().map(ModelName::as_str).collect::<Vec<_>>(), ["d"]);
}

#[test]
fn a_dear_model_is_asked_once_a_day_unless_something_is_to_be_confirmed() {
    let asked = |next| Standing { last: Some((Outcome::Works, at(0))), next_probe: next, ..Standing::default() };
    for (next, minute, expected) in [
        (None, 60, false),
        (None, 22 * 60, false),
        (None, 23 * 60, true),
        (Some(at(30)), 29, false),
        (Some(at(30)), 30, true),
    ] {
        let questions = ways("dall-e-3", vec![], &[("dall-e-3", asked(next))], &[], minute);
        assert_eq!(!questions.upstream.is_empty(), expected, "{next:?} {minute}");
        assert_eq!(
            (questions.unprobed.len(), questions.resting.len()),
            (usize::from(!expected), usize::from(!expected))
        );
    }
    // One that we took off is on no list: nothing is told of it, but what waits for it stays.
    let off = Standing { withdrawn: withdrawn(0).withdrawn, ..asked(None) };
    let questions = ways("a", vec![], &[("dall-e-3", off)], &[], 60);
    assert_eq!((questions.unprobed, questions.resting), (vec![], names("dall-e-3")));
}

#[test]
fn a_withdrawn_model_that_its_upstream_lists_again_is_asked_at_once() {
    let known: HashMap<_, _> = [(name("gone"), withdrawn(60))].into();
    let (models, policy) = (ModelsConfig::default(), VerdictPolicy::default());
    let rules = Rules { models: &models, policy: &policy, manners: &[], kinds: &[Kind::Chat] };
    let listed = WorkingList::split("a").unwrap();
    let candidates = |anew| {
        let offer = Offer { anew, ..Offer::default() };
        let questions = Questions::new(&channel(&[], &[]), &listed, &offer, &known, rules, &Scope::default(), at(1));
        questions.candidates.len()
    };
    assert_eq!(candidates(Anew::Nothing), 1);
    assert_eq!(candidates(Anew::Names([name("other")].into())), 1);
    assert_eq!(candidates(Anew::Names([name("gone")].into())), 2);
    assert_eq!(candidates(Anew::Everything), 2);
}
