//! Asks an upstream for its list of models.
//!
//! Decides: how many pages, and what a list that is none means. Must not know: what the list is used for.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use serde_json::Value;
use url::Url;

use super::classify::{Answer, Asked, classify};
use super::{Inquiry, unsent};
use crate::model::{Outcome, Shape};
use crate::upstream::protocol::{list_request, loaded};
use crate::upstream::{Listing, NAMES_AT_MOST, Page, Target, read_page};

/// The most that is read of one page.
const PAGE_CAP: usize = 16 << 20;
/// The most pages that are followed.
const PAGES_AT_MOST: usize = 50;

impl Inquiry {
    /// The names that the upstream's own list offers, asked for at the same pace as probes. A list that breaks off
    /// between pages is a failed one: half of it would look as if the rest were gone.
    pub async fn list(&self, target: &Target) -> Listing {
        match target.endpoints.list.clone() {
            Some(first) => self.pages(target, first).await,
            None => Listing::Unlisted,
        }
    }

    /// The models that the upstream has in memory, where asking any other one would load it; `None` where none is ever
    /// loaded by asking.
    pub async fn loaded(&self, target: &Target) -> Option<Listing> {
        Some(self.pages(target, loaded(target)?).await)
    }

    async fn pages(&self, target: &Target, first: Url) -> Listing {
        let (prober, lanes) = (&self.prober, self.lanes(target));
        let (mut seen, mut offered) = (HashSet::new(), Vec::new());
        let mut next = Some(first);
        for _ in 0..PAGES_AT_MOST {
            let Some(url) = next.take() else { break };
            let answer = match prober.pace.pass(&lanes).await {
                Ok(_pass) => {
                    prober.sent.fetch_add(1, Ordering::Relaxed);
                    let answer =
                        prober.http.send(list_request(target, url.clone()), target.proxy.as_ref(), PAGE_CAP).await;
                    if answer.is_ok() {
                        prober.answered.fetch_add(1, Ordering::Relaxed);
                        lanes.circuit.heard();
                    }
                    answer
                }
                Err(refusal) => {
                    let unsent = unsent(refusal, Shape::MaxTokens);
                    return Listing::Failed { outcome: unsent.outcome, why: unsent.detail };
                }
            };
            match read(&Asked::of(target, Shape::MaxTokens), &answer, &url) {
                Ok(page) => {
                    offered.extend(page.offered.into_iter().filter(|one| seen.insert(one.name.clone())));
                    next = page.next.filter(|_| offered.len() < NAMES_AT_MOST);
                }
                Err((outcome, why)) => return Listing::Failed { outcome, why: target.redact(&why) },
            }
        }
        offered.truncate(NAMES_AT_MOST);
        if offered.is_empty() { Listing::Empty } else { Listing::Offered(offered) }
    }
}

/// The page in an answer, or what the answer shows instead and why.
fn read(list: &Asked<'_>, answer: &Answer, asked: &Url) -> Result<Page, (Outcome, String)> {
    if let Ok(reply) = answer {
        if reply.truncated {
            return Err((Outcome::Suspect, format!("the list is larger than {} MiB", PAGE_CAP >> 20)));
        }
        if (200..300).contains(&reply.status) {
            let value = serde_json::from_slice::<Value>(reply.body.trim_ascii());
            let page = value.as_ref().ok().and_then(|value| read_page(value, asked));
            let nothing = value.is_ok_and(|value| value.as_object().is_some_and(serde_json::Map::is_empty));
            if let Some(page) = page.or_else(|| nothing.then(Page::default)) {
                return Ok(page);
            }
        }
    }
    let finding = classify(list, answer);
    let is_answer = matches!(finding.outcome, Outcome::Suspect | Outcome::Works | Outcome::Empty);
    Err(if is_answer && answer.is_ok() {
        (Outcome::Suspect, "the answer is no list of models".to_owned())
    } else {
        (finding.outcome, finding.detail)
    })
}
