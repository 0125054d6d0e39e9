//! Asks an upstream for its list of models.
//!
//! Decides: how many pages, and what a list that is none means. Must not know: what the list is used for.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use url::Url;

use super::account::THE_LIST;
use super::classify::{Answer, Asked, classify};
use super::exchange::ANSWER_CAP;
use super::{Inquiry, unsent};
use crate::clock;
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
        let (mut next, mut waited) = (Some(first), Duration::ZERO);
        for _ in 0..PAGES_AT_MOST {
            let Some(url) = next.take() else { break };
            let answer = match prober.leave(&lanes, None, 0).await {
                Ok(_passed) => {
                    prober.sent.fetch_add(1, Ordering::Relaxed);
                    let answer =
                        prober.http.send(list_request(target, url.clone()), target.proxy.as_ref(), PAGE_CAP).await;
                    if let Ok(reply) = &answer {
                        prober.answered.fetch_add(1, Ordering::Relaxed);
                        lanes.heard();
                        waited += reply.latency;
                    }
                    answer
                }
                Err(refusal) => {
                    let unsent = unsent(refusal, Shape::MaxTokens);
                    return Listing::Failed { outcome: unsent.outcome, why: unsent.detail };
                }
            };
            match read(&Asked::of(target, Shape::MaxTokens), answer, &url) {
                Ok(page) => {
                    offered.extend(page.offered.into_iter().filter(|one| seen.insert(one.name.clone())));
                    next = page.next;
                    if next.is_some() && waited > prober.list_patience {
                        let after = humantime::format_duration(Duration::from_secs(waited.as_secs()));
                        let why = format!("not all of its pages within {after}");
                        return Listing::Failed { outcome: Outcome::TimedOut, why };
                    }
                }
                Err((outcome, why)) => {
                    let why = target.redact(&why);
                    // As good as a model's word on the key, if it is a refusal; a list that is given proves none.
                    let refused = matches!(outcome, Outcome::KeyBad | Outcome::KeyBroke);
                    if refused && lanes.account.note(THE_LIST, outcome, &why, None, clock::now()) {
                        self.keep(&lanes).await;
                    }
                    return Listing::Failed { outcome, why };
                }
            }
        }
        // What comes behind would look as if it were gone.
        if next.is_some() || offered.len() >= NAMES_AT_MOST {
            return Listing::Failed { outcome: Outcome::Suspect, why: "the list has no end".to_owned() };
        }
        if offered.is_empty() { Listing::Empty } else { Listing::Offered(offered) }
    }
}

/// The page in an answer, or what the answer shows instead and why.
fn read(list: &Asked<'_>, mut answer: Answer, asked: &Url) -> Result<Page, (Outcome, String)> {
    if let Ok(reply) = &mut answer {
        if reply.truncated {
            return Err((Outcome::Suspect, format!("the list is larger than {} MiB", PAGE_CAP >> 20)));
        }
        if (200..300).contains(&reply.status) {
            let nothing = reply.body.trim_ascii().strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii() == b"}");
            if let Some(page) = read_page(&reply.body, asked).or_else(|| nothing.then(Page::default)) {
                return Ok(page);
            }
        }
        // What else it is, its beginning tells.
        reply.truncated |= reply.body.len() > ANSWER_CAP;
        reply.body.truncate(ANSWER_CAP);
    }
    let finding = classify(list, &answer);
    let is_answer = matches!(finding.outcome, Outcome::Suspect | Outcome::Works | Outcome::Empty);
    Err(if is_answer && answer.is_ok() {
        (Outcome::Suspect, "the answer is no list of models".to_owned())
    } else {
        (finding.outcome, finding.detail)
    })
}
