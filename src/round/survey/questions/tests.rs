use std::collections::BTreeMap;

use super::*;
use crate::model::{Fingerprint, Outcome, Reason, Status, Withdrawn};

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
        created: 0,
        name: String::new(),
        type_number: 1,
        status: Status::Enabled,
        base_url: None,
        keys: vec![],
        organization: None,
        models: None,
        group: None,
        mapping: Ok(Mapping(mapping.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())),
        other: None,
        proxy: None,
        headers: BTreeMap::new(),
        auto_sync: false,
        ignored_models: ignored.iter().map(|rule| (*rule).to_owned()).collect(),
        test_model: None,
        fingerprint: Fingerprint(String::new()),
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
    let rules = Rules { models, policy: &policy };
    let listed = WorkingList::split(listed).unwrap();
    let questions = Questions::new(channel, &listed, &names(offered), &known, rules, scope, now);
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
    let listed = "gpt-4*,mine-1,round,text-embedding-3-small,ok";
    let asked = asked(&channel, listed, "mine-2,bge-m3", &[], &models, &Scope::default(), at(0));
    assert_eq!(
        (asked.candidates.as_str(), asked.unprobed.as_str()),
        ("ok", "gpt-4*,mine-1,round,text-embedding-3-small")
    );
}

#[test]
fn a_name_that_differs_in_case_only_is_not_new_and_ignored_ones_are_not_added() {
    let asked = full(&channel(&[], &["ignored"]), "DeepSeek-V3", "deepseek-v3,ignored,new", &[], 0);
    assert_eq!(asked.candidates, "DeepSeek-V3,new");
    let asked = full(&channel(&[], &["regex:^x"]), "a", "new", &[], 0);
    assert_eq!(asked.candidates, "a", "a pattern is not ours to read: nothing is added past it");
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
fn every_model_is_among_the_first_in_some_round_and_keeps_its_place() {
    let models: BTreeMap<_, _> = (0..40).map(|n| (name(&format!("m-{n:02}")), None)).collect();
    let by_name: Vec<_> = models.keys().cloned().collect();
    let mut first = HashSet::new();
    for round in 1..100 {
        let turn = in_turn(round, models.clone());
        assert_eq!(turn.len(), 40);
        assert!(turn.iter().all(|(place, model, _)| by_name[*place] == *model));
        first.extend(turn.into_iter().take(4).map(|(_, model, _)| model));
    }
    assert_eq!(first.len(), 40);
}
