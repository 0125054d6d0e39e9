//! A question that somebody else asks for us: counted as ours is.
//!
//! Decides: whether it may be asked. Must not know: who asks it, and how.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::inquiry::Inquiry;
use super::purse::{Claim, Scopes};
use super::unsent;
use crate::clock;
use crate::model::{Observation, Shape};

/// What it may use up: nobody tells the gateway to be brief in every version of it.
const TOKENS: u64 = 100;

impl Inquiry {
    /// Has a question asked if the budget lets it through, in its turn. `account` is whose daily limit it takes from,
    /// `requests` how many it is of upstreams: let through as one, counted as all.
    pub async fn ask_through(
        &self,
        account: &str,
        requests: u32,
        ask: impl Future<Output = Observation>,
    ) -> Observation {
        self.turn().await;
        let books = self.prober.books.as_ref();
        let claim = match books {
            None => Claim::uncounted(),
            Some(books) => {
                let scopes = Scopes { account: Arc::from(account), free: None };
                match books.purse.claim(scopes, TOKENS).await {
                    Ok(mut claim) => {
                        books.purse.along(&mut claim, requests.saturating_sub(1)).await;
                        claim
                    }
                    Err(refusal) => return unsent(refusal, Shape::MaxTokens),
                }
            }
        };
        self.prober.sent.fetch_add(1, Ordering::Relaxed);
        let seen = ask.await;
        if seen.was_sent() {
            self.prober.answered.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(books) = books {
            books.purse.settle(&claim, None).await;
        }
        Observation { at: clock::now(), ..seen }
    }

    /// Notes that somebody answered a question that uses nothing up: our own network works.
    pub fn heard(&self) {
        self.prober.answered.fetch_add(1, Ordering::Relaxed);
    }
}
