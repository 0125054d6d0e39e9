use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{GatewayKind, Outcome, Reason};

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

/// A finding of its own time: `hour` hours after the first.
fn reason(hour: usize) -> Reason {
    let since = Timestamp::from_second(1_800_000_000 + i64::try_from(hour).unwrap() * 3600).unwrap();
    Reason { outcome: Outcome::Gone, count: 2, since, over_s: 600, detail: String::new() }
}

/// A channel from one letter a model: `w` works, `g` confirmed gone, `k` confirmed gone but kept, `u` unknown; and
/// off the list: `n` new and working, `r` withdrawn by us and working again, `o` offered but not to be added.
fn survey(id: i64, letters: &str) -> Survey {
    let judged: Vec<Judged> = letters
        .chars()
        .enumerate()
        .map(|(place, letter)| Judged {
            model: name(&format!("{letter}{place}")),
            verdict: match letter {
                'g' | 'k' => Verdict::Withdraw(reason(place)),
                'u' => Verdict::Unknown,
                _ => Verdict::Working,
            },
            withdrawn: letter == 'r',
            word: if letter == 'k' { Word::Keep } else { Word::Nothing },
            may_add: letter == 'n',
            learnt: letter != 'u',
        })
        .collect();
    let listed = judged.iter().map(|judged| judged.model.clone());
    let advertised = WorkingList::new(listed.filter(|model| "wgku".contains(&model.as_str()[..1]))).unwrap();
    Survey {
        channel: ChannelRef { id, created: 0, name: format!("c{id}") },
        before: advertised.join(),
        fingerprint: Fingerprint("f".to_owned()),
        advertised,
        groups: vec!["default".to_owned()],
        enabled: true,
        test_model: None,
        probed: judged.len(),
        alive: letters.chars().filter(|letter| "wnro".contains(*letter)).count(),
        judged,
        resting: vec![],
    }
}

fn drafted(letters: &str) -> Draft {
    draft(&survey(1, letters), &Limits::default()).unwrap()
}

fn guards(draft: &Draft) -> Vec<Guard> {
    draft.held.iter().map(|held| held.guard).collect()
}

fn routes(pairs: &[(&str, &str, i64)]) -> Vec<Route> {
    pairs.iter().map(|(g, m, c)| Route { group: (*g).to_owned(), model: name(m), channel: *c }).collect()
}

#[test]
fn all_well_is_no_plan() {
    assert!(draft(&survey(1, "wwu"), &Limits::default()).is_none());
}

#[test]
fn dead_names_go_the_order_stays_and_new_names_are_appended() {
    let draft = drafted("wgwwnro");
    assert_eq!(draft.change.after.join(), "w0,w2,w3,r5,n4");
    assert!(draft.held.is_empty());
}

#[test]
fn a_list_that_began_with_a_chat_model_still_does() {
    let list = |before: &str, off: &str| {
        let removal = Removal { model: name(off), reason: reason(0) };
        listed(&WorkingList::split(before).unwrap(), &[removal], &[], &[]).unwrap().join()
    };
    assert_eq!(list("gpt-4,dall-e-3,bge-m3,gpt-5,x", "gpt-4"), "gpt-5,dall-e-3,bge-m3,x");
    assert_eq!(list("gpt-4,dall-e-3", "gpt-4"), "dall-e-3", "there is none");
    assert_eq!(list("dall-e-3,bge-m3,gpt-5", "dall-e-3"), "bge-m3,gpt-5", "it began with none");
    assert_eq!(list("gpt-4,dall-e-3,gpt-5", "gpt-5"), "gpt-4,dall-e-3", "the first one stays");
    let removal = Removal { model: name("gpt-4"), reason: reason(0) };
    let before = WorkingList::split("gpt-4,dall-e-3").unwrap();
    let after = listed(&before, &[removal], &[name("gpt-5")], &[name("gpt-6")]).unwrap();
    assert_eq!(after.join(), "gpt-5,dall-e-3,gpt-6", "one that comes back will do");
}

#[test]
fn what_the_operator_keeps_and_what_is_unknown_stays() {
    assert!(draft(&survey(1, "wkuo"), &Limits::default()).is_none());
}

#[test]
fn a_channel_on_which_nothing_answers_keeps_its_list() {
    let draft = drafted("ggu");
    assert_eq!(guards(&draft), [Guard::ChannelDown]);
    assert!(draft.change.is_empty());
    assert_eq!(draft.change.after.join(), "g0,g1,u2");
}

#[test]
fn too_much_of_one_channel_is_held_whole_and_can_be_let_through() {
    let draft = drafted("wwwgggn");
    assert_eq!(guards(&draft), [Guard::ChannelLimit]);
    assert_eq!(draft.change.after.join(), "w0,w1,w2,g3,g4,g5,n6");
    let lifted = lift(&draft.change, &draft.held).unwrap();
    assert_eq!(lifted.after.join(), "w0,w1,w2,n6");
}

#[test]
fn models_that_turned_bad_together_wait() {
    let limits = Limits { channel_share: 1.0, ..Limits::default() };
    let mut survey = survey(1, "wwwgggg");
    let apart = draft(&survey, &limits).unwrap();
    assert_eq!(guards(&apart), [], "an hour between each: no outage");
    for judged in &mut survey.judged {
        if let Verdict::Withdraw(reason) = &mut judged.verdict {
            reason.since = Timestamp::from_second(1_800_000_000).unwrap();
        }
    }
    assert_eq!(guards(&draft(&survey, &limits).unwrap()), [Guard::Correlated]);
}

#[test]
fn what_is_on_hold_is_neither_taken_off_nor_put_on() {
    let mut survey = survey(1, "wgnr");
    survey.judged.iter_mut().for_each(|judged| judged.word = Word::Hold);
    assert!(draft(&survey, &Limits::default()).is_none());
}

#[test]
fn a_kept_model_that_we_withdrew_before_comes_back() {
    let mut survey = survey(1, "wr");
    survey.judged.iter_mut().for_each(|judged| judged.word = Word::Keep);
    assert_eq!(draft(&survey, &Limits::default()).unwrap().change.restored, [name("r1")]);
}

#[test]
fn looks_at_doubtful_models_share_the_rounds_allowance() {
    let others = routes(&[("default", "g1", 99)]);
    for (withdrawn_lately, expected) in [(9, vec![]), (10, vec![Guard::RoundLimit])] {
        let mut drafts = [drafted("wgw")];
        let facts = Facts { pairs: 50, withdrawn_lately, ..Facts::default() };
        conclude(&mut drafts, &facts, &others, &Limits::default());
        assert_eq!(guards(&drafts[0]), expected);
    }
}

#[test]
fn before_it_is_written_a_change_is_looked_at_again() {
    let decided = drafted("wgwgwwwwn").change;
    let now = |routes, untouchable: &[&str], seen: &[&str]| Now {
        routes,
        groups: vec!["default".to_owned()],
        enabled: true,
        untouchable: untouchable.iter().map(|model| name(model)).collect(),
        last_route_seen: seen.iter().map(|model| name(model)).collect(),
    };
    let both = routes(&[("default", "g1", 9), ("default", "g3", 9)]);
    let one = routes(&[("default", "g1", 9), ("default", "g3", 1)]);
    let again = |now| reconsider(decided.clone(), now).unwrap();
    assert_eq!(again(now(&both, &[], &[])), (decided.clone(), vec![]));
    // The other channel that served g3 gave it up meanwhile.
    let (change, held) = again(now(&one, &[], &[]));
    assert_eq!((change.after.join().as_str(), held[0].guard), ("w0,w2,g3,w4,w5,w6,w7,n8", Guard::LastRoute));
    assert_eq!(again(now(&one, &[], &["g3"])).0, decided);
    // The operator has since put one off limits.
    let (change, held) = again(now(&both, &["g1", "n8"], &[]));
    assert_eq!((change.after.join().as_str(), held[0].guard), ("w0,g1,w2,w4,w5,w6,w7", Guard::OnHold));
}

#[test]
fn the_list_is_never_empty_even_when_limits_are_off() {
    // A sibling off the list answers, so the channel is not down.
    let limits = Limits { channel_share: 1.0, ..Limits::default() };
    let draft = draft(&survey(1, "ggo"), &limits).unwrap();
    assert_eq!(guards(&draft), [Guard::NeverEmpty]);
    assert_eq!(draft.change.after.join(), "g0,g1");
    assert_eq!(lift(&draft.change, &draft.held), Some(draft.change.clone()));
}

#[test]
fn new_names_over_the_limit_wait() {
    let limits = Limits { channel_additions: 1, ..Limits::default() };
    let mut drafts = [draft(&survey(1, "wnnn"), &limits).unwrap()];
    conclude(&mut drafts, &Facts::default(), &[], &limits);
    assert_eq!(drafts[0].change.added, [name("n1")]);
    assert_eq!(drafts[0].held[0].additions, [name("n2"), name("n3")]);
}

/// `n1` has a price, `n2` none, of any other it cannot be told.
fn pricing(gateway: GatewayKind, only_priced: bool) -> Facts {
    let says = [(name("n1"), Price::Priced), (name("n2"), Price::Unpriced)].into();
    Facts { pricing: Some(Pricing { gateway, only_priced, says }), ..Facts::default() }
}

#[test]
fn only_what_surely_has_a_price_is_added_where_one_is_needed() {
    let mut drafts = [drafted("wnnnr")];
    // The limit counts what is left: names without a price never stand in the way of others.
    let limits = Limits { channel_additions: 1, ..Limits::default() };
    conclude(&mut drafts, &pricing(GatewayKind::NewApi, true), &[], &limits);
    assert_eq!(drafts[0].change.after.join(), "w0,r4,n1", "what was on the list before comes back");
    assert_eq!(guards(&drafts[0]), [Guard::Unpriced, Guard::Unpriced]);
    assert_eq!(drafts[0].held[0].additions, [name("n2")]);
    assert!(drafts[0].held[0].why.starts_with("no price in New API: it would be refused and hidden"));
    assert_eq!(drafts[0].held[1].additions, [name("n3")]);
    let lifted = lift(&drafts[0].change, &drafts[0].held).unwrap();
    assert_eq!(lifted.after.join(), "w0,r4,n1,n2,n3", "a person may let them through");
}

#[test]
fn where_no_price_is_needed_one_line_tells_what_will_be_billed() {
    let facts = pricing(GatewayKind::OneApi, false);
    let mut drafts = [drafted("wnnn")];
    conclude(&mut drafts, &facts, &[], &Limits::default());
    assert_eq!(drafts[0].change.after.join(), "w0,n1,n2,n3");
    let note = drafts[0].price_note(facts.pricing.as_ref().unwrap()).unwrap();
    assert!(note.contains("no price in One API for n2: it would be billed at the default ratio 30"), "{note}");
    assert!(drafted("wn").price_note(facts.pricing.as_ref().unwrap()).is_none(), "n1 has one");
}

#[test]
fn a_name_held_for_its_price_replaces_nothing() {
    let mut drafts = [drafted("gwon")];
    drafts[0].change.removed.push(Removal { model: name("w1"), reason: reason(9) });
    drafts[0].relist();
    assert_eq!(drafts[0].change.after.join(), "n3");
    conclude(&mut drafts, &pricing(GatewayKind::NewApi, true), &[], &Limits::default());
    assert_eq!(guards(&drafts[0]), [Guard::Unpriced, Guard::NeverEmpty]);
    assert!(drafts[0].change.is_empty() && drafts[0].change.after.join() == "g0,w1");
}

#[test]
fn the_last_route_of_a_group_stays() {
    let mut drafts = [drafted("wgw")];
    conclude(
        &mut drafts,
        &Facts { pairs: 10, ..Facts::default() },
        &routes(&[("default", "g1", 1)]),
        &Limits::default(),
    );
    assert_eq!(guards(&drafts[0]), [Guard::LastRoute]);
    assert_eq!(drafts[0].change.after.join(), "w0,g1,w2");
}

#[test]
fn two_channels_cannot_both_give_up_the_last_two_routes() {
    let limits = Limits::default();
    let mut drafts = [draft(&survey(1, "wgw"), &limits).unwrap(), draft(&survey(2, "wgw"), &limits).unwrap()];
    let routes = routes(&[("default", "g1", 1), ("default", "g1", 2)]);
    conclude(&mut drafts, &Facts { pairs: 10, ..Facts::default() }, &routes, &limits);
    assert_eq!(drafts[0].change.removed.len(), 1);
    assert_eq!(guards(&drafts[1]), [Guard::LastRoute]);
}

#[test]
fn a_route_must_be_left_in_every_group() {
    let mut one = drafted("wgw");
    one.groups = vec!["default".to_owned(), "vip".to_owned()];
    let mut drafts = [one];
    let routes = routes(&[("default", "g1", 1), ("vip", "g1", 1), ("default", "g1", 2)]);
    conclude(&mut drafts, &Facts { pairs: 10, ..Facts::default() }, &routes, &Limits::default());
    assert_eq!(guards(&drafts[0]), [Guard::LastRoute]);
}

#[test]
fn when_many_channels_or_our_network_are_down_nothing_is_written() {
    for facts in [
        Facts { channels_probed: 6, channels_down: 3, pairs: 100, ..Facts::default() },
        Facts { own_network: Some("cable out".to_owned()), ..Facts::default() },
    ] {
        let mut drafts = [drafted("wgwwnr")];
        conclude(&mut drafts, &facts, &routes(&[("default", "g1", 9)]), &Limits::default());
        assert!(drafts[0].change.is_empty(), "{facts:?}");
        assert_eq!(drafts[0].change.after.join(), "w0,g1,w2,w3");
    }
}

#[test]
fn too_much_over_all_channels_is_held() {
    let limits = Limits::default();
    let mut drafts: Vec<_> = (1..=5).map(|id| draft(&survey(id, "wwwg"), &limits).unwrap()).collect();
    let others: Vec<_> = routes(&[("default", "g3", 99)]);
    conclude(&mut drafts, &Facts { pairs: 20, ..Facts::default() }, &others, &limits);
    assert!(drafts.iter().all(|draft| guards(draft) == [Guard::RoundLimit] && draft.change.is_empty()));
}

proptest! {
    #[test]
    fn whatever_is_found_the_plan_stays_within_its_promises(letters in "[wgkunro]{1,40}", all_dead: bool) {
        prop_assume!(letters.contains(['w', 'g', 'k', 'u']));
        let mut survey = survey(1, &letters);
        if all_dead {
            survey.alive = 0;
        }
        let limits = Limits::default();
        let before: Vec<_> = survey.advertised.names().to_vec();
        let (alive, kept) = (survey.alive, survey.judged.iter().filter(|judged| judged.word == Word::Keep).map(|judged| judged.model.clone()).collect::<Vec<_>>());
        let Some(draft) = draft(&survey, &limits) else { return Ok(()) };
        let after = draft.change.after.names();
        // Never empty by type; what stays keeps its order, and everything not removed stays.
        let removed: Vec<_> = draft.change.removed.iter().map(|removal| &removal.model).collect();
        let expected: Vec<_> = before.iter().filter(|model| !removed.contains(model)).collect();
        prop_assert_eq!(after.iter().take(expected.len()).collect::<Vec<_>>(), expected);
        prop_assert!(removed.len() <= (before.len() * 34 / 100).max(1).min(limits.channel_count));
        prop_assert!(alive > 0 || removed.is_empty());
        prop_assert!(kept.iter().all(|model| !removed.contains(&model)));
        // Planned again on what it leaves, it wants nothing more to go or come.
        let again: HashSet<_> = after.iter().collect();
        prop_assert!(draft.change.added.iter().chain(&draft.change.restored).all(|model| again.contains(model)));
    }
}
