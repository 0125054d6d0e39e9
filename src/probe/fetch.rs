//! Asks an upstream for something it tells about itself, at the pace of probes.
//!
//! Decides: what an answer that is no JSON shows. Must not know: what is read out of it.

use std::sync::atomic::Ordering;

use serde_json::Value;
use url::Url;

use super::classify::{Answer, Asked, Finding, classify};
use super::exchange::ANSWER_CAP;
use super::pace::{Lanes, Refusal};
use super::{Inquiry, unsent};
use crate::model::{Outcome, Shape};
use crate::upstream::Target;
use crate::upstream::protocol::list_request;

/// The most that is read of one answer.
const CAP: usize = 16 << 20;

/// What was asked for did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{outcome}: {why}")]
pub struct Unread {
    /// What that shows.
    pub outcome: Outcome,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// In one short redacted line.
    pub why: String,
}

impl Inquiry {
    /// The JSON at `url`, which is on the target's host: its key goes along.
    ///
    /// # Errors
    /// What came instead, or why nothing was sent.
    pub async fn fetch(&self, target: &Target, url: Url) -> Result<Value, Unread> {
        let answer = self.get(target, &self.lanes(target), url, CAP).await.map_err(|refusal| {
            let unsent = unsent(refusal, Shape::MaxTokens);
            Unread { outcome: unsent.outcome, status: None, why: unsent.detail }
        })?;
        let status = answer.as_ref().ok().map(|reply| reply.status);
        if let Ok(reply) = &answer {
            if reply.truncated {
                let why = format!("the answer is larger than {} MiB", CAP >> 20);
                return Err(Unread { outcome: Outcome::Suspect, status, why });
            }
            if (200..300).contains(&reply.status)
                && let Ok(value) = serde_json::from_slice::<Value>(reply.body.trim_ascii())
            {
                return Ok(value);
            }
        }
        let finding = instead(target, answer);
        Err(Unread { outcome: finding.outcome, status, why: target.redact(&finding.detail) })
    }

    /// What stands at `url`, asked for when it may be.
    pub(super) async fn get(&self, target: &Target, lanes: &Lanes, url: Url, cap: usize) -> Result<Answer, Refusal> {
        let prober = &self.prober;
        let (_pass, _counted) = prober.leave(lanes, None, 0).await?;
        prober.sent.fetch_add(1, Ordering::Relaxed);
        let answer = prober.http.send(list_request(target, url), target.proxy.as_ref(), cap).await;
        if answer.is_ok() {
            prober.answered.fetch_add(1, Ordering::Relaxed);
            lanes.heard();
        }
        Ok(answer)
    }
}

/// What an answer is that is not what was asked for: its beginning tells, and a body of many megabytes may take sixty
/// times as much as JSON.
pub(super) fn instead(target: &Target, mut answer: Answer) -> Finding {
    if let Ok(reply) = &mut answer {
        reply.truncated |= reply.body.len() > ANSWER_CAP;
        reply.body.truncate(ANSWER_CAP);
    }
    classify(&Asked::of(target, Shape::MaxTokens), &answer)
}
