//! What the keys do.
//!
//! Decides: the words. Must not know: the state.

use super::look::Tone;
use super::overlay::Part;

pub(super) fn parts() -> Vec<Part> {
    let keys = [
        ("q, Ctrl-C", "quit"),
        ("1 to 6", "a tab; also Tab, Shift-Tab, Left, Right"),
        ("Up, Down", "a row; also k, j, PgUp, PgDn, Home, End"),
        ("Enter", "all of the selected row; Up and Down scroll"),
        ("/", "search in this tab; Esc drops the search"),
        ("s", "models: another order"),
        ("r", "ask everything again, now"),
        ("u", "changes: take the selected change back, after a question"),
        ("a", "changes: write what is held or proposed, after a question"),
    ];
    let signs = [
        ("+", "up, applied"),
        ("~", "degraded, held, warning"),
        ("x", "down, critical"),
        ("-", "withdrawn, off"),
        ("?", "not known"),
    ];
    let row = |(name, value): (&'static str, &str)| Part::Field(name, value.to_owned());
    let mut parts: Vec<_> = keys.into_iter().map(row).collect();
    parts.push(Part::Words("The signs".to_owned(), Tone::Strong));
    parts.extend(signs.into_iter().map(row));
    parts
}
