//! What is asked of the API, and what was last answered.
//!
//! Decides: paths and queries, and how old an answer is. Must not know: how a question travels, and what is drawn. Pure.

use jiff::Timestamp;
use url::form_urlencoded::byte_serialize;

/// Rows of a list that is asked for whole: the most that one answer holds.
pub(crate) const ROWS: usize = 1000;
/// Changes and proposals, the newest.
const NEWEST: usize = 200;
/// Windows into the models begin at a multiple of this, so that a step down is no new question.
const STEP: usize = 50;

/// A kind of question; of each at most one is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Status,
    Channels,
    Models,
    Changes,
    Plan,
    Deployments,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) kind: Kind,
    pub(crate) path: String,
}

impl Question {
    pub(crate) fn status() -> Self {
        Self { kind: Kind::Status, path: "/api/status".to_owned() }
    }

    pub(crate) fn channels() -> Self {
        Self { kind: Kind::Channels, path: format!("/api/channels?limit={ROWS}") }
    }

    pub(crate) fn changes() -> Self {
        Self { kind: Kind::Changes, path: format!("/api/changes?limit={NEWEST}") }
    }

    pub(crate) fn plan() -> Self {
        Self { kind: Kind::Plan, path: format!("/api/plan?limit={NEWEST}") }
    }

    pub(crate) fn deployments() -> Self {
        Self { kind: Kind::Deployments, path: "/api/litellm/models".to_owned() }
    }

    pub(crate) fn models(window: Window, search: &str, sort: Sort) -> Self {
        let Window { offset, limit } = window;
        let search: String = byte_serialize(search.as_bytes()).collect();
        let Sort { by, descending, .. } = sort;
        let path = format!("/api/models?sort={by}&desc={descending}&search={search}&limit={limit}&offset={offset}");
        Self { kind: Kind::Models, path }
    }
}

/// An order of the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    /// The API's name of it.
    by: &'static str,
    descending: bool,
    /// For people.
    pub(crate) words: &'static str,
}

/// The orders that one key walks through.
pub(crate) const SORTS: [Sort; 6] = [
    Sort { by: "place", descending: false, words: "by place" },
    Sort { by: "name", descending: false, words: "by name" },
    Sort { by: "failures", descending: true, words: "most failures first" },
    Sort { by: "uptime", descending: false, words: "lowest uptime first" },
    Sort { by: "latency", descending: true, words: "slowest first" },
    Sort { by: "seen", descending: true, words: "latest looked at first" },
];

/// The part of the models that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

impl Window {
    /// What a screen with so many lines can show around this row.
    pub(crate) fn around(row: usize, lines: usize) -> Self {
        let half = lines.clamp(1, ROWS).div_ceil(STEP) * STEP;
        Self { offset: row.saturating_sub(half) / STEP * STEP, limit: 2 * half + STEP }
    }
}

/// What was answered last.
#[derive(Clone, Debug)]
pub(crate) struct Answer<T> {
    /// `None`: nothing yet.
    pub(crate) value: Option<T>,
    /// When it came.
    pub(crate) at: Option<Timestamp>,
    /// Why the latest question was not answered; `None`: it was.
    pub(crate) failed: Option<String>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self { value: None, at: None, failed: None }
    }
}

impl<T> Answer<T> {
    /// Takes an answer; a failure leaves the older one as it is.
    pub(crate) fn take(&mut self, answer: Result<T, String>, now: Timestamp) {
        match answer {
            Ok(value) => *self = Self { value: Some(value), at: Some(now), failed: None },
            Err(why) => self.failed = Some(why),
        }
    }
}

impl<T> Answer<Vec<T>> {
    pub(crate) fn rows(&self) -> &[T] {
        self.value.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_covers_the_screen_around_its_row_and_moves_in_steps() {
        for lines in [1, 22, 58, 100, 400] {
            for row in [0, 1, 49, 50, 99, 100, 4_999] {
                let Window { offset, limit } = Window::around(row, lines);
                assert!(offset % STEP == 0 && offset <= row.saturating_sub(lines), "{row} {lines}");
                assert!(row + lines <= offset + limit, "{row} {lines}");
            }
        }
        assert_eq!(Window::around(130, 22), Window::around(149, 22));
        assert!(Window::around(0, usize::MAX).limit <= 5000);
    }

    #[test]
    fn what_is_searched_for_is_escaped() {
        let Question { path, .. } = Question::models(Window { offset: 50, limit: 150 }, "a&b=模", SORTS[2]);
        assert_eq!(path, "/api/models?sort=failures&desc=true&search=a%26b%3D%E6%A8%A1&limit=150&offset=50");
    }
}
