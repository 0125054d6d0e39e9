//! The dashboard at work: keys in, questions out, answers in.
//!
//! Decides: when a question is put again; that of each kind one is under way, and one act. Nothing here waits for an
//! answer: a slow API keeps no key. Must not know: what is drawn, and what a key means.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::crossterm::event::Event;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::deed::Deed;
use super::draw::{Palette, draw, is_too_small};
use super::question::{Kind, Question};
use super::screen::Screen;
use super::state::{State, Wish};
use crate::client::{Client, ClientError};
use crate::clock;
use crate::crash::panic_point;
use crate::say::remark;
use crate::signals::Signals;

/// How often "12 s ago" is drawn anew.
const TICK: Duration = Duration::from_millis(500);
/// The longest wait for what is read.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest wait for an act that is under way when the dashboard is told to end.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// What is looked at, and how.
#[derive(Clone, Debug)]
pub struct Top {
    /// Whom to ask.
    pub reader: Client,
    /// Whom to have act: the same place, with more patience.
    pub actor: Client,
    /// How often the open tab is asked for.
    pub every: Duration,
    /// Whether the terminal shows colours.
    pub colour: bool,
}

/// Shows the dashboard until it is told to end.
///
/// # Errors
/// The terminal cannot be used, or is gone.
pub async fn run(top: Top) -> anyhow::Result<()> {
    let (mut ending, mut hangup) = (Signals::to_end()?, Signals::hangup()?);
    let mut acts = JoinSet::new();
    let acting = {
        let mut screen = Screen::open()?;
        let (columns, lines) = screen.size()?;
        let mut state = State::new(top.reader.place(), lines);
        state.unseen = is_too_small(columns, lines);
        tokio::select! {
            ended = show(&top, &mut screen, &mut state, &mut acts) => ended?,
            () = ending.come() => {}
            () = hangup.come() => {}
        }
        state.acting
    };
    if let Some(acting) = acting {
        remark!("under way: {acting}");
        let told = match timeout(LAST_WAIT, acts.join_next()).await {
            Ok(Some(Ok(Ok(_)))) => "it is done".to_owned(),
            Ok(Some(Ok(Err(why)))) => format!("it was not done: {why}"),
            Ok(Some(Err(_)) | None) | Err(_) => "what came of it stands in `channelwarden history`".to_owned(),
        };
        remark!("{told}");
    }
    Ok(())
}

type Acts = JoinSet<Result<Value, String>>;

async fn show(top: &Top, screen: &mut Screen, state: &mut State, acts: &mut Acts) -> anyhow::Result<()> {
    let palette = Palette { colour: top.colour };
    let (mut asker, mut answers) = Asker::new(top);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        asker.ask(state.questions());
        let now = clock::now();
        screen.draw(|frame| draw(frame, state, now, palette))?;
        tokio::select! {
            event = screen.next() => {
                let mut next = Some(event?);
                while let Some(event) = next {
                    match take(state, &event) {
                        Wish::Nothing => {}
                        Wish::Quit => return Ok(()),
                        Wish::Refresh => asker.forget(),
                        Wish::Act(deed) => act(top, state, acts, &deed),
                    }
                    next = screen.also();
                }
            }
            Some((question, answer)) = answers.recv() => {
                asker.landed(question.kind);
                state.answered(&question, answer, clock::now());
            }
            Some(done) = acts.join_next() => {
                state.acted(done.unwrap_or_else(|_| Err("a mistake of ours: see `channelwarden history`".to_owned())));
                asker.forget();
            }
            _ = tick.tick() => {}
        }
    }
}

fn take(state: &mut State, event: &Event) -> Wish {
    match event {
        Event::Key(key) => {
            panic_point("top-key");
            state.key(*key)
        }
        Event::Resize(columns, lines) => {
            state.resized(*lines);
            state.unseen = is_too_small(*columns, *lines);
            Wish::Nothing
        }
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => Wish::Nothing,
    }
}

/// One at a time: the state offers no second one.
fn act(top: &Top, state: &mut State, acts: &mut Acts, deed: &Deed) {
    state.acts(deed);
    let (actor, path, body) = (top.actor.clone(), deed.path.clone(), deed.body());
    acts.spawn(async move {
        actor.post(&path, &body).await.map_err(|error| match error {
            ClientError::NotAllowed(_) => format!(
                "{error}; this dashboard may only read: --token-env names a variable with the token that may act"
            ),
            ClientError::Unreachable(_) | ClientError::Refused { .. } | ClientError::Odd(_) => error.to_string(),
        })
    });
}

/// A question, and what came of it.
type Answered = (Question, Result<Value, String>);

/// Who puts questions.
struct Asker {
    reader: Client,
    every: Duration,
    tell: mpsc::UnboundedSender<Answered>,
    /// Dropped with the dashboard, and with it what is under way.
    tasks: JoinSet<()>,
    /// The latest question of each kind, when it was put, and whether it is under way.
    latest: BTreeMap<Kind, (String, Option<Instant>, bool)>,
}

impl Asker {
    /// With the answers, of which there is at most one of each kind.
    fn new(top: &Top) -> (Self, mpsc::UnboundedReceiver<Answered>) {
        let (tell, answers) = mpsc::unbounded_channel();
        let (reader, every) = (top.reader.clone(), top.every);
        (Self { reader, every, tell, tasks: JoinSet::new(), latest: BTreeMap::new() }, answers)
    }

    /// Puts those that are due: other than the latest of their kind, or as old as `every`.
    fn ask(&mut self, questions: Vec<Question>) {
        while self.tasks.try_join_next().is_some() {}
        for question in questions {
            let latest = self.latest.entry(question.kind).or_default();
            let (path, at, flying) = &*latest;
            let fresh = *path == question.path && at.is_some_and(|at| at.elapsed() < self.every);
            if *flying || fresh {
                continue;
            }
            *latest = (question.path.clone(), Some(Instant::now()), true);
            let (reader, tell) = (self.reader.clone(), self.tell.clone());
            self.tasks.spawn(async move {
                let answer = match timeout(PATIENCE, reader.get(&question.path)).await {
                    Ok(answer) => answer.map_err(|error| error.to_string()),
                    Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
                };
                panic_point("top-answer");
                let _ = tell.send((question, answer));
            });
        }
    }

    fn landed(&mut self, kind: Kind) {
        if let Some((.., flying)) = self.latest.get_mut(&kind) {
            *flying = false;
        }
    }

    /// Everything is due.
    fn forget(&mut self) {
        for (_, at, _) in self.latest.values_mut() {
            *at = None;
        }
    }
}
