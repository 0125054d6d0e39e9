//! One request and its answer, with the times at which what of it came.
//!
//! Decides: how much of an answer is read, and when the first event, token and word of the answer were there.
//! Must not know: what the answer means.

use std::sync::atomic::Ordering;

use reqwest::Request;

use super::Prober;
use super::classify::stream::Events;
use super::classify::{Answer, Asked};
use super::purse::Claim;
use crate::http::{Seen, TransportKind, Watch, Way};
use crate::model::{Shape, Timing};
use crate::upstream::Target;

/// The most that is read of a whole answer.
pub(super) const ANSWER_CAP: usize = 64 << 10;
/// A vector takes more: some have eight thousand numbers.
const VECTOR_CAP: usize = 1 << 20;
/// The most that is read of a stream.
const STREAM_CAP: usize = 256 << 10;

/// What came of one question.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) answer: Answer,
    pub(super) timing: Timing,
}

impl Prober {
    /// Sends; once more on a fresh connection when the first was closed under us, if the budget lets it.
    pub(super) async fn exchange(
        &self,
        target: &Target,
        request: Request,
        again: impl Fn() -> Option<Request>,
        asked: Asked<'_>,
        fresh: bool,
        claim: &mut Claim,
    ) -> Heard {
        // Made anew where it is sent once more: hardly any is, and a copy of each would cost.
        let (mut request, mut fresh, mut first) = (request, fresh, true);
        loop {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let (answer, timing) = self.hear(target, request, asked, fresh).await;
            if answer.is_ok() {
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            let reset = answer.as_ref().is_err_and(|failure| failure.kind == TransportKind::Reset);
            if !(reset && first && self.again(claim).await) {
                return Heard { answer, timing };
            }
            let Some(same) = again() else { return Heard { answer, timing } };
            (request, fresh, first) = (same, true, false);
        }
    }

    async fn hear(&self, target: &Target, request: Request, asked: Asked<'_>, fresh: bool) -> (Answer, Timing) {
        let cap = match asked.shape.streams() {
            true => STREAM_CAP,
            false if asked.shape == Shape::Embedding => VECTOR_CAP,
            false => ANSWER_CAP,
        };
        let way = Way { proxy: target.proxy.as_ref(), cap, fresh };
        let mut timing = Timing::default();
        let mut stamps = Stamps::new(asked);
        let answer = self.http.send_watched(request, way, &mut timing, &mut stamps).await;
        timing.first_event_ms = stamps.first_event;
        timing.first_token_ms = stamps.first_token;
        timing.first_answer_ms = stamps.first_answer;
        (answer, timing)
    }
}

/// Watches a stream, and notes when what first came.
struct Stamps<'a> {
    streams: bool,
    events: Events<'a>,
    first_event: Option<u32>,
    first_token: Option<u32>,
    first_answer: Option<u32>,
}

impl<'a> Stamps<'a> {
    fn new(asked: Asked<'a>) -> Self {
        let streams = asked.shape.streams();
        Self { streams, events: Events::new(asked), first_event: None, first_token: None, first_answer: None }
    }
}

impl Watch for Stamps<'_> {
    fn streams(&self) -> bool {
        self.streams
    }

    fn see(&mut self, body: &[u8], at: u32) -> Seen {
        if !self.streams {
            return Seen::Nothing;
        }
        let before = self.events.heard;
        self.events.advance(body);
        if self.events.heard == before {
            return if self.events.is_over() { Seen::Ended } else { Seen::Nothing };
        }
        let stamp = |stamp: &mut Option<u32>, now: bool| {
            if now {
                stamp.get_or_insert(at);
            }
        };
        let said = &self.events.said;
        stamp(&mut self.first_event, true);
        stamp(&mut self.first_token, said.has_token());
        if self.first_answer.is_none() {
            stamp(&mut self.first_answer, said.has_answer());
        }
        match (self.events.is_enough(), self.events.is_over(), self.first_token) {
            (true, _, _) => Seen::Enough,
            (false, true, _) => Seen::Ended,
            (false, false, Some(_)) => Seen::Token,
            (false, false, None) => Seen::Event,
        }
    }
}
