//! Whatever is pressed, on whatever screen, and whenever answers come.

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

use super::fixture::{answer_all, filled, now};
use super::pictures::picture;
use crate::tui::question::Kind;
use crate::tui::state::{Over, State, Wish, items};

#[derive(Clone, Debug)]
enum Step {
    Key(KeyCode),
    Size(u16, u16),
    Answers,
    Fails,
    Shrinks,
    Done,
    Huge,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let codes = [
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(1),
    ];
    let step = prop_oneof![
        8 => proptest::sample::select(codes.to_vec()).prop_map(Step::Key),
        8 => proptest::sample::select("qr?/uasyn1234567jkgG模x".chars().collect::<Vec<_>>()).prop_map(|c| Step::Key(KeyCode::Char(c))),
        2 => (1_u16..=220, 1_u16..=70).prop_map(|(width, height)| Step::Size(width, height)),
        3 => Just(Step::Answers),
        1 => Just(Step::Fails),
        1 => Just(Step::Shrinks),
        1 => Just(Step::Done),
        1 => Just(Step::Huge),
    ];
    vec(step, 1..60)
}

fn take(state: &mut State, step: &Step, size: &mut (u16, u16)) {
    match step {
        Step::Key(code) => {
            let asked = matches!(state.over, Over::Confirm(_));
            let wish = state.key(KeyEvent::new(*code, KeyModifiers::NONE));
            if let Wish::Act(deed) = wish {
                assert!(asked && state.acting.is_none(), "nothing is done without a question, and one thing at a time");
                state.acts(&deed);
            }
        }
        Step::Size(width, height) => {
            *size = (*width, *height);
            state.resized(*height);
        }
        Step::Answers => answer_all(state),
        Step::Fails => {
            for question in state.questions() {
                state.answered(&question, Err("no".to_owned()), now());
            }
        }
        Step::Shrinks => {
            for question in state.questions() {
                state.answered(&question, Ok(json!([])), now());
            }
        }
        // Whoever answers there: each figure is the largest that there is, and so is each list.
        Step::Huge => {
            let figures = || {
                let names = [
                    "models",
                    "working",
                    "down",
                    "degraded",
                    "withdrawn",
                    "up",
                    "total",
                    "held",
                    "uptime_s",
                    "memory_bytes",
                ];
                names.into_iter().map(|name| (name.to_owned(), json!(u64::MAX))).collect::<serde_json::Map<_, _>>()
            };
            let mut row = figures();
            row.insert("counts".to_owned(), json!(figures()));
            let status = json!({ "totals": figures(), "gateways": [row], "processes": [row] });
            for question in state.questions() {
                let rows = json!(vec![json!(row); if question.kind == Kind::Models { 250 } else { 2 }]);
                let told = if question.kind == Kind::Status { status.clone() } else { rows };
                state.answered(&question, Ok(told), now());
            }
        }
        Step::Done => state.acted(Err("no".to_owned())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn nothing_panics_and_the_selection_is_a_row(steps in steps()) {
        let (mut state, mut size) = (filled(24), (80, 24));
        for step in &steps {
            take(&mut state, step, &mut size);
            let count = items(&state).count;
            prop_assert!(state.place().at < count.max(1), "{} of {count}", state.place().at);
            picture(&state, size, true);
        }
    }
}
