//! Asks an upstream for its list of models.
//!
//! Decides: how many pages, and what a list that is none means. Must not know: what the list is used for.

use std::collections::HashSet;
use std::time::Duration;

use url::Url;

use super::account::THE_LIST;
use super::classify::Answer;
use super::fetch::instead;
use super::{Inquiry, unsent};
use crate::clock;
use crate::model::{Outcome, Shape};
use crate::upstream::protocol::loaded;
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
        let lanes = self.lanes(target);
        let (mut seen, mut offered) = (HashSet::new(), Vec::new());
        let (mut next, mut waited) = (Some(first), Duration::ZERO);
        for _ in 0..PAGES_AT_MOST {
            let Some(url) = next.take() else { break };
            let answer = match self.get(target, &lanes, url.clone(), PAGE_CAP).await {
                Ok(answer) => answer,
                Err(refusal) => {
                    let unsent = unsent(refusal, Shape::MaxTokens);
                    return Listing::Failed { outcome: unsent.outcome, why: unsent.detail };
                }
            };
            waited += answer.as_ref().map_or(Duration::ZERO, |reply| reply.latency);
            match read(target, answer, &url) {
                Ok(page) => {
                    offered.extend(page.offered.into_iter().filter(|one| seen.insert(one.name.clone())));
                    next = page.next;
                    if next.is_some() && waited > self.prober.list_patience {
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
fn read(target: &Target, answer: Answer, asked: &Url) -> Result<Page, (Outcome, String)> {
    if let Ok(reply) = &answer {
        if reply.truncated {
            return Err((Outcome::Suspect, format!("the list is larger than {} MiB", PAGE_CAP >> 20)));
        }
        if (200..300).contains(&reply.status) {
            let nothing = reply.body.trim_ascii().strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii() == b"}");
            if let Some(page) = read_page(&reply.body, asked).or_else(|| nothing.then(Page::default)) {
                return Ok(page);
            }
        }
    }
    let is_reply = answer.is_ok();
    let finding = instead(target, answer);
    let is_answer = matches!(finding.outcome, Outcome::Suspect | Outcome::Works | Outcome::Empty);
    Err(if is_answer && is_reply {
        (Outcome::Suspect, "the answer is no list of models".to_owned())
    } else {
        (finding.outcome, finding.detail)
    })
}
