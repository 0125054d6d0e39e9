//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde_json::json;

use super::fixture::{answer_all, filled, now, press, write};
use crate::tui::question::Question;
use crate::tui::state::{Over, State, Tab, Wish, items};

fn on(tab: Tab) -> State {
    let mut state = filled(24);
    state.tab = tab;
    answer_all(&mut state);
    state
}

#[test]
fn quit_and_refresh() {
    let mut state = on(Tab::Overview);
    assert_eq!(press(&mut state, KeyCode::Char('r')), Wish::Refresh);
    assert_eq!(press(&mut state, KeyCode::Char('q')), Wish::Quit);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    for over in [Over::Nothing, Over::Help, Over::Detail] {
        state.over = over;
        assert_eq!(state.key(interrupt), Wish::Quit);
    }
    state.over = Over::Nothing;
    press(&mut state, KeyCode::Char('/'));
    assert_eq!(press(&mut state, KeyCode::Char('q')), Wish::Nothing, "it is typed");
    assert_eq!(state.key(interrupt), Wish::Quit);
    let released = KeyEvent { kind: KeyEventKind::Release, ..interrupt };
    assert_eq!(state.key(released), Wish::Nothing);
}

#[test]
fn tabs_by_number_and_in_turn() {
    let mut state = on(Tab::Overview);
    for (at, tab) in Tab::ALL.into_iter().enumerate() {
        press(&mut state, KeyCode::Char(char::from_digit(u32::try_from(at).unwrap() + 1, 10).unwrap()));
        assert_eq!(state.tab, tab);
    }
    for (code, tab) in [
        (KeyCode::Tab, Tab::Overview),
        (KeyCode::Right, Tab::Channels),
        (KeyCode::Left, Tab::Overview),
        (KeyCode::BackTab, Tab::Resources),
        (KeyCode::Char('7'), Tab::Resources),
        (KeyCode::Char('0'), Tab::Resources),
    ] {
        press(&mut state, code);
        assert_eq!(state.tab, tab, "{code}");
    }
}

#[test]
fn walking_stops_at_both_ends() {
    let mut state = on(Tab::Models);
    for (code, at) in [
        (KeyCode::Up, 0),
        (KeyCode::Down, 1),
        (KeyCode::Char('j'), 2),
        (KeyCode::Char('k'), 1),
        (KeyCode::PageDown, 19),
        (KeyCode::PageUp, 1),
        (KeyCode::End, 4_999),
        (KeyCode::Down, 4_999),
        (KeyCode::Char('g'), 0),
        (KeyCode::Char('G'), 4_999),
        (KeyCode::Home, 0),
    ] {
        press(&mut state, code);
        assert_eq!(state.place().at, at, "{code}");
    }
}

#[test]
fn a_search_leaves_what_has_the_text_in_it() {
    let mut state = on(Tab::Channels);
    press(&mut state, KeyCode::End);
    press(&mut state, KeyCode::Char('/'));
    write(&mut state, "ACMx");
    assert_eq!(items(&state).count, 0);
    press(&mut state, KeyCode::Backspace);
    assert_eq!((items(&state).count, state.place().at), (1, 0));
    press(&mut state, KeyCode::Enter);
    assert!(!state.typing && state.place().search == "ACM");
    press(&mut state, KeyCode::Esc);
    assert_eq!(items(&state).count, 5);
    press(&mut state, KeyCode::Char('/'));
    write(&mut state, &"模".repeat(200));
    assert_eq!(state.place().search.chars().count(), 100);
    press(&mut state, KeyCode::Esc);
    assert!(!state.typing && state.place().search.is_empty());
}

#[test]
fn models_are_searched_and_sorted_by_who_has_all_of_them() {
    let mut state = on(Tab::Models);
    press(&mut state, KeyCode::End);
    press(&mut state, KeyCode::Char('/'));
    write(&mut state, "-123");
    let question = state.questions().pop().unwrap();
    assert!(question.path.contains("search=-123&") && question.path.contains("offset=0"), "{}", question.path);
    answer_all(&mut state);
    assert_eq!(items(&state).count, 10, "model-1230 to -1239");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('s'));
    assert!(state.questions().pop().unwrap().path.contains("sort=name"));
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut state = on(Tab::Models);
    let older = state.questions().pop().unwrap();
    press(&mut state, KeyCode::Char('/'));
    write(&mut state, "x");
    state.answered(&older, Ok(json!([])), now());
    assert!(!state.models.rows().is_empty());
}

#[test]
fn the_selection_stays_on_its_row_when_newer_ones_come() {
    let mut state = on(Tab::Changes);
    for _ in 0..2 {
        press(&mut state, KeyCode::Down);
    }
    let before = state.selected().unwrap().identity();
    assert_eq!(before, "change 57");
    let newer = json!([{ "id": 58, "state": "applied" }, { "id": 57, "state": "applied" }]);
    state.answered(&Question::changes(), Ok(newer), now());
    assert_eq!((state.selected().unwrap().identity(), state.place().at), (before, 3));
    state.answered(&Question::changes(), Ok(json!([])), now());
    state.answered(&Question::plan(), Ok(json!([])), now());
    assert!(state.selected().is_none() && state.place().at == 0);
}

#[test]
fn nobody_says_yes_on_a_screen_too_small_for_the_question() {
    let mut state = on(Tab::Changes);
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Char('u'));
    assert!(matches!(state.over, Over::Confirm(_)));
    state.unseen = true;
    assert_eq!(press(&mut state, KeyCode::Char('y')), Wish::Nothing);
    assert_eq!(state.over, Over::Nothing);
}

#[test]
fn an_undo_is_put_once_and_only_after_a_yes() {
    for (code, yes) in [
        (KeyCode::Char('y'), true),
        (KeyCode::Enter, true),
        (KeyCode::Char('n'), false),
        (KeyCode::Esc, false),
        (KeyCode::Char('u'), false),
        (KeyCode::Char('q'), false),
        (KeyCode::Char(' '), false),
    ] {
        let mut state = on(Tab::Changes);
        press(&mut state, KeyCode::Down);
        press(&mut state, KeyCode::Down);
        assert_eq!(press(&mut state, KeyCode::Char('u')), Wish::Nothing);
        let Over::Confirm(deed) = state.over.clone() else { panic!("it is asked first") };
        assert!(deed.title.contains("change 57") && deed.title.contains("main #3 Acme"), "{}", deed.title);
        // What comes in behind the dialog does not change it.
        state.answered(&Question::changes(), Ok(json!([{ "id": 99, "state": "applied", "undoable": true }])), now());
        press(&mut state, KeyCode::Down);
        assert_eq!(press(&mut state, code), if yes { Wish::Act(deed.clone()) } else { Wish::Nothing }, "{code}");
        assert_eq!(state.over, Over::Nothing);
        assert_eq!(deed.path, "/api/changes/57/undo");
    }
}

#[test]
fn one_act_at_a_time_and_leaving_waits_for_it() {
    let mut state = on(Tab::Changes);
    press(&mut state, KeyCode::Char('a'));
    let Wish::Act(deed) = press(&mut state, KeyCode::Enter) else { panic!("it was confirmed") };
    state.acts(&deed);
    press(&mut state, KeyCode::Char('a'));
    assert!(state.over == Over::Nothing && state.hint.as_ref().unwrap().contains("one at a time"));
    assert_eq!(press(&mut state, KeyCode::Char('q')), Wish::Nothing);
    let line = json!({ "gateway": "main", "channel": 3, "channel_name": "Acme", "outcome": "applied", "change": 58, "why": "" });
    state.acted(Ok(json!({ "channels": [line], "notes": [] })));
    let Over::Told(told) = &state.over else { panic!("it is told") };
    assert!(told.good && told.lines == ["applied main #3 Acme, change 58"], "{told:?}");
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(press(&mut state, KeyCode::Char('q')), Wish::Quit);
}

#[test]
fn what_was_not_done_is_not_called_done() {
    let mut state = on(Tab::Changes);
    for answer in
        [Ok(json!({ "channels": [{ "outcome": "conflict", "why": "somebody else" }] })), Err("no right".to_owned())]
    {
        press(&mut state, KeyCode::Char('a'));
        let Wish::Act(deed) = press(&mut state, KeyCode::Char('y')) else { panic!("it was confirmed") };
        state.acts(&deed);
        state.acted(answer);
        let Over::Told(told) = &state.over else { panic!("it is told") };
        assert!(
            !told.good && told.title.starts_with("Not done: Write what round 812 wants of main #3 Acme"),
            "{told:?}"
        );
        press(&mut state, KeyCode::Esc);
    }
}

#[test]
fn what_cannot_be_done_is_said_in_place_of_a_question() {
    let mut state = on(Tab::Changes);
    for (downs, key, said) in [
        (0, 'u', "`a` approves"),
        (1, 'a', "observed"),
        (2, 'a', "`u` takes it back"),
        (3, 'u', "conflict"),
        (4, 'u', "by change 56"),
    ] {
        press(&mut state, KeyCode::Home);
        (0..downs).for_each(|_| drop(press(&mut state, KeyCode::Down)));
        press(&mut state, KeyCode::Char(key));
        assert!(state.over == Over::Nothing && state.hint.as_ref().unwrap().contains(said), "{said}: {:?}", state.hint);
    }
    let mut state = on(Tab::Overview);
    for key in ['u', 'a'] {
        assert_eq!(press(&mut state, KeyCode::Char(key)), Wish::Nothing);
        assert_eq!(state.over, Over::Nothing);
    }
}

#[test]
fn help_and_details_open_scroll_and_close() {
    let mut state = on(Tab::Overview);
    for (open, over) in [(KeyCode::Char('?'), Over::Help), (KeyCode::Enter, Over::Detail)] {
        press(&mut state, open);
        assert_eq!((&state.over, state.scrolled), (&over, 0));
        for (code, scrolled) in [
            (KeyCode::Down, 1),
            (KeyCode::PageDown, 19),
            (KeyCode::Up, 18),
            (KeyCode::PageUp, 0),
            (KeyCode::Down, 1),
            (KeyCode::Home, 0),
        ] {
            press(&mut state, code);
            assert_eq!((&state.over, state.scrolled), (&over, scrolled), "{code}");
        }
        press(&mut state, KeyCode::Esc);
        assert_eq!(state.over, Over::Nothing);
    }
    let mut empty = State::new("here", 24);
    press(&mut empty, KeyCode::Enter);
    assert_eq!(empty.over, Over::Nothing, "there is no row");
}

#[test]
fn an_old_answer_stays_beside_the_error() {
    let mut state = on(Tab::Channels);
    state.answered(&Question::channels(), Err("slow".to_owned()), now());
    assert_eq!((state.freshness(), items(&state).count), ((Some("slow"), Some(now())), 5));
    state.answered(&Question::channels(), Ok(json!({ "no": "list" })), now());
    assert!(state.freshness().0.unwrap().contains("none of channelwarden's") && items(&state).count == 5);
    answer_all(&mut state);
    assert_eq!(state.freshness(), (None, Some(now())));
}

#[test]
fn a_process_is_remembered_once_a_look() {
    let mut state = State::new("here", 24);
    let at = |at: &str, memory: u64| json!({ "processes": [{ "gateway": "main", "found": true, "memory_bytes": memory, "at": at }] });
    for (time, memory) in [("2026-11-20T12:00:00Z", 1), ("2026-11-20T12:00:00Z", 1), ("2026-11-20T12:00:10Z", 2)] {
        state.answered(&Question::status(), Ok(at(time, memory)), now());
    }
    assert_eq!(state.past("main").unwrap().memory, [Some(1), Some(2)]);
    state.answered(&Question::status(), Ok(json!({ "processes": [] })), now());
    assert!(state.past("main").is_none());
}
