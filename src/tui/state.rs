//! What is looked at, and what a key makes of it.
//!
//! Decides: which answers are kept, which questions the open tab needs, what is selected, and what stands over the lists.
//! Must not know: terminals, and how a question travels. Pure.

mod items;
mod keys;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::items::{Item, items};
use super::deed::Deed;
use super::question::{Answer, Kind, Question, SORTS, Window};
use super::seen::{Change, Channel, Deployment, Done, Model, Process, Status, Wanted};

/// A part of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Overview,
    Channels,
    Models,
    Changes,
    LiteLlm,
    Resources,
}

impl Tab {
    /// All of them, in their order on the screen.
    pub(crate) const ALL: [Self; 6] =
        [Self::Overview, Self::Channels, Self::Models, Self::Changes, Self::LiteLlm, Self::Resources];

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Channels => "channels",
            Self::Models => "models",
            Self::Changes => "changes",
            Self::LiteLlm => "LiteLLM",
            Self::Resources => "resources",
        }
    }
}

/// What a key asks for that the state cannot do itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    Quit,
    /// Ask everything again, now.
    Refresh,
    /// Put this to the API.
    Act(Deed),
}

/// What stands over the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Over {
    #[default]
    Nothing,
    Help,
    /// All of the selected row.
    Detail,
    /// Shall it be done?
    Confirm(Deed),
    /// What came of it.
    Told(Told),
}

/// Something to be read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    /// Whether it is good news.
    pub(crate) good: bool,
}

/// Where one is in a tab's list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The selected row.
    pub(crate) at: usize,
    /// What is searched for; empty: nothing.
    pub(crate) search: String,
}

/// How a gateway's process was at the latest looks, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    looked: Option<Timestamp>,
    /// Percent of a core.
    pub(crate) cpu: Vec<Option<u64>>,
    /// In bytes.
    pub(crate) memory: Vec<Option<u64>>,
}

/// Looks at a process that are kept.
const LOOKS: usize = 120;

/// Everything that is drawn.
#[derive(Debug)]
pub(crate) struct State {
    /// What is looked at, for people.
    pub(crate) of: String,
    pub(crate) tab: Tab,
    pub(crate) over: Over,
    /// The first line of what stands over the list.
    pub(crate) scrolled: u16,
    /// Whether the search is being typed.
    pub(crate) typing: bool,
    /// Whether the screen is too small for anything: nobody says yes to a question that is not seen.
    pub(crate) unseen: bool,
    /// What is being done just now.
    pub(crate) acting: Option<String>,
    /// A word on the latest key, until the next.
    pub(crate) hint: Option<String>,
    /// The place in [`SORTS`].
    pub(crate) sort: usize,
    /// Lines of the terminal.
    lines: usize,
    places: [Place; Tab::ALL.len()],
    pub(crate) status: Answer<Status>,
    pub(crate) channels: Answer<Vec<Channel>>,
    pub(crate) models: Answer<Vec<Model>>,
    /// The question that the models are the answer to, and where in the list they begin.
    models_of: (String, Window),
    pub(crate) changes: Answer<Vec<Change>>,
    pub(crate) plan: Answer<Vec<Wanted>>,
    pub(crate) deployments: Answer<Vec<Deployment>>,
    past: Vec<(String, Past)>,
}

impl State {
    /// Before any answer.
    pub(crate) fn new(of: &str, lines: u16) -> Self {
        Self {
            of: of.to_owned(),
            tab: Tab::Overview,
            over: Over::Nothing,
            scrolled: 0,
            typing: false,
            unseen: false,
            acting: None,
            hint: None,
            sort: 0,
            lines: usize::from(lines),
            places: std::array::from_fn(|_| Place::default()),
            status: Answer::default(),
            channels: Answer::default(),
            models: Answer::default(),
            models_of: (String::new(), Window::default()),
            changes: Answer::default(),
            plan: Answer::default(),
            deployments: Answer::default(),
            past: vec![],
        }
    }

    /// The terminal has so many lines.
    pub(crate) fn resized(&mut self, lines: u16) {
        self.lines = usize::from(lines);
    }

    /// Where one is in the open list.
    pub(crate) fn place(&self) -> &Place {
        &self.places[self.tab as usize]
    }

    fn place_mut(&mut self) -> &mut Place {
        &mut self.places[self.tab as usize]
    }

    /// The past of a gateway's process.
    pub(crate) fn past(&self, gateway: &str) -> Option<&Past> {
        self.past.iter().find_map(|(name, past)| (name == gateway).then_some(past))
    }

    /// What is to be asked for the open tab.
    pub(crate) fn questions(&self) -> Vec<Question> {
        let mut questions = vec![Question::status()];
        match self.tab {
            Tab::Overview | Tab::Resources => {}
            Tab::Channels => questions.push(Question::channels()),
            Tab::Models => questions.push(self.models_question()),
            Tab::Changes => questions.extend([Question::plan(), Question::changes()]),
            Tab::LiteLlm => questions.push(Question::deployments()),
        }
        questions
    }

    fn models_window(&self) -> Window {
        Window::around(self.places[Tab::Models as usize].at, self.lines)
    }

    fn models_question(&self) -> Question {
        let search = &self.places[Tab::Models as usize].search;
        Question::models(self.models_window(), search, SORTS[self.sort])
    }

    /// Where the kept models begin in the list, and how many there are in all, as far as is known.
    pub(crate) fn models_at(&self) -> (usize, usize) {
        let (_, Window { offset, limit }) = self.models_of;
        let rows = self.models.rows().len();
        let searched = !self.places[Tab::Models as usize].search.is_empty();
        let told = self.status.value.as_ref().filter(|_| !searched && rows == limit);
        let told = told.map_or(0, |status| usize::try_from(status.totals.models).unwrap_or(usize::MAX));
        (offset, told.max(if rows == 0 { 0 } else { offset.saturating_add(rows) }))
    }

    /// Takes what was answered; of an answer to an older question of its kind nothing is kept.
    pub(crate) fn answered(&mut self, question: &Question, answer: Result<Value, String>, now: Timestamp) {
        let other_models = question.kind == Kind::Models && self.models_of.0 != question.path;
        let selected = self.selected().filter(|_| !other_models).map(|item| item.identity());
        match question.kind {
            Kind::Status => {
                self.status.take(answer.and_then(read), now);
                self.remember();
            }
            Kind::Channels => self.channels.take(answer.and_then(read), now),
            Kind::Models => {
                let asked = self.models_question();
                if asked != *question {
                    return;
                }
                if answer.is_ok() {
                    self.models_of = (asked.path, self.models_window());
                }
                self.models.take(answer.and_then(read), now);
            }
            Kind::Changes => self.changes.take(answer.and_then(read), now),
            Kind::Plan => self.plan.take(answer.and_then(read), now),
            Kind::Deployments => self.deployments.take(answer.and_then(read), now),
        }
        self.find_again(selected);
    }

    /// The selection stays on its row, wherever that went.
    fn find_again(&mut self, selected: Option<String>) {
        let shown = items(self);
        let found = selected.and_then(|name| shown.rows.iter().position(|item| item.identity() == name));
        let (from, count) = (shown.from, shown.count);
        let at = found.map_or(self.place().at, |row| from + row);
        self.place_mut().at = at.min(count.saturating_sub(1));
    }

    /// The selected row.
    pub(crate) fn selected(&self) -> Option<Item<'_>> {
        let shown = items(self);
        shown.rows.get(self.place().at.checked_sub(shown.from)?).copied()
    }

    /// An act is under way.
    pub(crate) fn acts(&mut self, deed: &Deed) {
        self.acting = Some(deed.title.clone());
    }

    /// What came of it. A reader without the right to act is told how to get it.
    pub(crate) fn acted(&mut self, answer: Result<Value, String>) {
        let Some(title) = self.acting.take() else { return };
        let done = answer.and_then(read::<Done>);
        let good = done.as_ref().is_ok_and(|done| done.channels.iter().all(|line| line.outcome == "applied"));
        let lines = match done {
            Ok(done) => {
                let channel = |line: super::seen::DoneChannel| {
                    let change = line.change.map(|id| format!(", change {id}")).unwrap_or_default();
                    let why = if line.why.is_empty() { String::new() } else { format!(": {}", line.why) };
                    let (gateway, id, name) = (line.gateway, line.channel, line.channel_name);
                    format!("{} {gateway} #{id} {name}{change}{why}", line.outcome)
                };
                let lines: Vec<_> = done.channels.into_iter().map(channel).chain(done.notes).collect();
                if lines.is_empty() { vec!["done".to_owned()] } else { lines }
            }
            Err(why) => vec![why],
        };
        let title = if good { format!("Done: {title}") } else { format!("Not done: {title}") };
        (self.over, self.scrolled) = (Over::Told(Told { title, lines, good }), 0);
    }

    /// The worst that is wrong with the answers, and how old the oldest of those shown is.
    pub(crate) fn freshness(&self) -> (Option<&str>, Option<Timestamp>) {
        let all = [
            (Kind::Status, self.status.failed.as_deref(), self.status.at),
            (Kind::Channels, self.channels.failed.as_deref(), self.channels.at),
            (Kind::Models, self.models.failed.as_deref(), self.models.at),
            (Kind::Changes, self.changes.failed.as_deref(), self.changes.at),
            (Kind::Plan, self.plan.failed.as_deref(), self.plan.at),
            (Kind::Deployments, self.deployments.failed.as_deref(), self.deployments.at),
        ];
        let asked: Vec<_> = self.questions().into_iter().map(|question| question.kind).collect();
        let shown = all.into_iter().filter(|(kind, ..)| asked.contains(kind));
        let failed = shown.clone().find_map(|(_, failed, _)| failed);
        (failed, shown.filter_map(|(.., at)| at).min())
    }

    /// Keeps the processes' figures, once a look.
    fn remember(&mut self) {
        let Some(status) = self.status.value.as_ref() else { return };
        self.past.retain(|(name, _)| status.processes.iter().any(|process| process.gateway == *name));
        for Process { gateway, at, cpu_percent, memory_bytes, .. } in &status.processes {
            if self.past.iter().all(|(name, _)| name != gateway) {
                self.past.push((gateway.clone(), Past::default()));
            }
            let Some((_, past)) = self.past.iter_mut().find(|(name, _)| name == gateway) else { continue };
            if past.looked == *at {
                continue;
            }
            past.looked = *at;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "percent of some cores")]
            past.cpu.push(cpu_percent.map(|percent| percent.clamp(0.0, 1e6) as u64));
            past.memory.push(*memory_bytes);
            if past.cpu.len() > LOOKS {
                past.cpu.remove(0);
                past.memory.remove(0);
            }
        }
    }
}

fn read<T: DeserializeOwned>(answer: Value) -> Result<T, String> {
    serde_json::from_value(answer).map_err(|_| "the answer is none of channelwarden's: is this its address?".to_owned())
}
