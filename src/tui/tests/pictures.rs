//! What is drawn, at three sizes.

use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};
use serde_json::json;

use super::fixture::{HOSTILE, answer, answer_all, filled, now, press, write};
use crate::tui::draw::{Palette, draw};
use crate::tui::question::Question;
use crate::tui::state::{Over, State, Tab, Wish};

const SIZES: [(u16, u16); 3] = [(40, 10), (80, 24), (200, 60)];

pub(super) fn picture(state: &State, (width, height): (u16, u16), colour: bool) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, now(), Palette { colour })).unwrap();
    terminal
}

fn text(buffer: &Buffer) -> String {
    buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect()
}

/// A picture of each size, named after what it shows.
fn pictures(name: &str, prepare: impl Fn(&mut State)) {
    for (width, height) in SIZES {
        let mut state = filled(height);
        prepare(&mut state);
        let terminal = picture(&state, (width, height), true);
        assert_snapshot!(format!("{name}_{width}x{height}"), terminal.backend());
    }
}

fn on(state: &mut State, tab: Tab) {
    state.tab = tab;
    answer_all(state);
}

#[test]
fn every_tab() {
    for tab in Tab::ALL {
        pictures(&tab.name().to_lowercase(), |state| on(state, tab));
    }
}

#[test]
fn help() {
    pictures("help", |state| drop(press(state, KeyCode::Char('?'))));
}

#[test]
fn a_question_before_an_act() {
    pictures("approve", |state| {
        on(state, Tab::Changes);
        press(state, KeyCode::Char('a'));
        assert!(matches!(state.over, Over::Confirm(_)));
    });
}

#[test]
fn what_came_of_an_act() {
    pictures("refused", |state| {
        on(state, Tab::Changes);
        press(state, KeyCode::Char('a'));
        let Wish::Act(deed) = press(state, KeyCode::Char('y')) else { panic!("it was confirmed") };
        state.acts(&deed);
        state.acted(Err("there is a hold; release it first".to_owned()));
    });
}

#[test]
fn all_of_one_row() {
    pictures("detail", |state| {
        on(state, Tab::Models);
        press(state, KeyCode::Down);
        press(state, KeyCode::Enter);
    });
}

#[test]
fn a_search() {
    pictures("search", |state| {
        on(state, Tab::Channels);
        press(state, KeyCode::Char('/'));
        write(state, "acme");
    });
}

#[test]
fn an_api_that_fails_leaves_what_was_seen() {
    pictures("failed", |state| {
        on(state, Tab::Channels);
        state.answered(&Question::status(), Err("http://127.0.0.1:8000 does not answer".to_owned()), now());
    });
}

#[test]
fn nothing_yet_and_no_gateway() {
    for (width, height) in SIZES {
        let mut state = State::new("here", height);
        let waiting = picture(&state, (width, height), true);
        assert!(text(waiting.backend().buffer()).contains("no answer yet"));
        state.answered(&Question::status(), Ok(json!({ "gateways": [] })), now());
        assert_snapshot!(format!("nothing_{width}x{height}"), picture(&state, (width, height), true).backend());
    }
}

#[test]
fn without_colours_no_cell_has_one_and_the_selection_is_still_seen() {
    for tab in Tab::ALL {
        let mut state = filled(24);
        on(&mut state, tab);
        for colour in [false, true] {
            let terminal = picture(&state, (80, 24), colour);
            let cells = terminal.backend().buffer().content();
            let coloured = cells.iter().any(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset));
            assert_eq!(coloured, colour, "{tab:?}");
            let reversed = cells[80..].chunks(80).filter(|row| row[0].modifier.contains(Modifier::REVERSED)).count();
            assert_eq!(reversed, 1, "{tab:?}");
        }
    }
}

#[test]
fn nothing_foreign_steers_the_terminal() {
    for tab in Tab::ALL {
        for size in SIZES {
            let mut state = filled(size.1);
            on(&mut state, tab);
            for over in [Over::Nothing, Over::Detail] {
                state.over = over;
                for at in 0..6 {
                    press(&mut state, KeyCode::Home);
                    (0..at).for_each(|_| drop(press(&mut state, KeyCode::Down)));
                    let text = text(picture(&state, size, true).backend().buffer());
                    let wrong = text.chars().find(|c| c.is_control() || crate::model::is_invisible(*c));
                    assert_eq!(wrong, None, "{tab:?} {size:?}");
                }
            }
        }
    }
    assert!(HOSTILE.chars().any(char::is_control) && HOSTILE.chars().any(crate::model::is_invisible));
}

#[test]
fn of_five_thousand_models_those_around_the_screen_are_asked_for_and_drawn() {
    let mut state = filled(24);
    on(&mut state, Tab::Models);
    assert!(state.models.rows().len() <= 150);
    press(&mut state, KeyCode::End);
    let text_of = |state: &State| text(picture(state, (80, 24), true).backend().buffer());
    assert!(text_of(&state).contains('…') && !text_of(&state).contains("vendor/model-4999"), "not there yet");
    let question = state.questions().pop().unwrap();
    assert!(question.path.contains("offset=4900"), "{}", question.path);
    answer(&mut state, &question);
    assert!(text_of(&state).contains("vendor/model-4999"));
    assert_eq!(state.place().at, 4_999);
    assert!(state.models.rows().len() <= 150);
}

#[test]
fn too_small_is_said() {
    let state = filled(4);
    assert!(text(picture(&state, (19, 4), true).backend().buffer()).starts_with("too small"));
    picture(&state, (1, 1), true);
}
