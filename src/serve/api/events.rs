//! The news as they happen, for whoever listens.
//!
//! Decides: how often progress is told, to how many, until when, and that a slow listener reads everything anew.
//! Must not know: how rounds run.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{self, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::error::{ApiError, Code};
use crate::clock;
use crate::serve::{App, Event, Live, Rights, Running};
use crate::store::{Pulse, Sort, Store, StoreError};

/// Listeners at one time.
const LISTENERS: usize = 64;
/// Between two looks at how far the rounds are.
const PROGRESS: Duration = Duration::from_millis(250);
/// Between two looks at whether another process wrote to our store.
const LOOK: Duration = Duration::from_secs(2);
/// Between two signs of life on a silent stream, so that nobody in between closes it.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// The news, as server-sent events: `progress` (how far the rounds under way are, four times a second at most),
/// `round` (one ended: read everything anew) and `changes` (a change, a proposal or a hold is other than it was); the
/// data of each is an `Event`. A comment comes every 15 seconds.
#[utoipa::path(get, path = "/api/events", tag = "overview",
    responses((status = 200, body = Event, content_type = "text/event-stream")))]
pub(super) async fn events(
    State(app): State<App>,
    Extension(rights): Extension<Rights>,
) -> Result<impl IntoResponse, ApiError> {
    if app.live.listeners() >= LISTENERS {
        let message = format!("{LISTENERS} listen already");
        return Err(
            ApiError::new(Code::Unavailable, message, "close a page, or ask /api/summary now and then").after(30)
        );
    }
    let stream = Sse::new(news(app, rights)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE));
    // A proxy that waits for a block to fill (nginx) would keep the news.
    Ok(([("x-accel-buffering", "no"), ("cache-control", "no-store")], stream))
}

struct Listener {
    app: App,
    /// By which this one listens.
    rights: Rights,
    news: Receiver<Event>,
    ticks: Interval,
    /// What was told of the rounds under way; `None`: nothing yet.
    told: Option<Vec<Running>>,
}

fn news(app: App, rights: Rights) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let mut ticks = interval(PROGRESS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener { news: app.live.listen(), app, rights, ticks, told: None };
    unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
}

impl Listener {
    /// The next event; `None`: the server stops, or who listens may not any more.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            tokio::select! {
                () = self.app.stop.cancelled() => return None,
                event = self.news.recv() => match event {
                    // Told by the ticks, so that it is not told too often.
                    Ok(Event::Progress { .. }) => {}
                    Ok(event) => return Some(as_sent(&event)),
                    // Something was missed: everything may be other than it was.
                    Err(RecvError::Lagged(_)) => return Some(as_sent(&Event::Round { gateway: String::new() })),
                    Err(RecvError::Closed) => return None,
                },
                _ = self.ticks.tick() => {
                    if !self.app.guard.still(&self.rights, clock::now()) {
                        return None;
                    }
                    let running = self.app.live.running();
                    if self.told.as_ref() != Some(&running) {
                        self.told = Some(running.clone());
                        return Some(as_sent(&Event::Progress { running }));
                    }
                }
            }
        }
    }
}

fn as_sent(event: &Event) -> sse::Event {
    let name = match event {
        Event::Progress { .. } => "progress",
        Event::Round { .. } => "round",
        Event::Messages => "messages",
        Event::Changes { .. } => "changes",
    };
    // Our own plain struct: it can always be written.
    sse::Event::default().event(name).json_data(event).unwrap_or_default()
}

/// While somebody listens, tells also what other processes write to our store, until `stop`.
pub(in crate::serve) async fn notice_others(store: Store, live: Live, stop: CancellationToken) {
    let mut pulse: Option<Pulse> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(LOOK) => {}
        }
        if live.listeners() == 0 {
            pulse = None;
        } else if let Err(error) = look(&store, &live, &mut pulse).await {
            tracing::warn!("what other processes change is not seen just now: {error}");
            pulse = None;
        }
    }
}

async fn look(store: &Store, live: &Live, pulse: &mut Option<Pulse>) -> Result<(), StoreError> {
    let Some(known) = pulse else {
        *pulse = Some(store.pulse().await?);
        return Ok(());
    };
    for (sort, gateway) in known.news().await? {
        live.tell(match sort {
            Sort::Round => Event::Round { gateway },
            Sort::Change => Event::Changes { gateway },
        });
    }
    Ok(())
}
