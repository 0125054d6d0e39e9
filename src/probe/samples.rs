//! Refusals that no table knows, collected for whoever extends the tables.
//!
//! Decides: which answers are worth keeping, and which are the same. Must not know: where they are kept.

use std::fmt::Write as _;
use std::sync::Mutex;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Ask;
use super::classify::Finding;
use super::pace::locked;
use crate::http::Reply;
use crate::model::{ModelName, Outcome, Sample};
use crate::upstream::Target;

/// The most that one round keeps: an upstream with an id in every answer must not fill the store.
const AT_MOST: usize = 50;

/// What one round collected, each sort once.
#[derive(Debug, Default)]
pub(super) struct Samples(Mutex<Vec<Sample>>);

impl Samples {
    /// Keeps the answer if no table knew it and it has words that one could know.
    pub(super) fn note(&self, target: &Target, ask: &Ask<'_>, reply: &Reply, finding: &Finding, at: Timestamp) {
        let refused = reply.status >= 400 || finding.outcome == Outcome::Unknown;
        // A page or a bare rate limit is known without its words.
        let plain = finding.outcome == Outcome::ChannelConfig || matches!(reply.status, 429 | 529);
        if finding.by_table || !refused || plain || reply.body.trim_ascii().is_empty() {
            return;
        }
        let also = ask.manner.headers.values().map(String::as_str);
        let body = target.redact_whole(&String::from_utf8_lossy(&reply.body), also, Sample::LONGEST);
        let host = &target.endpoints.host;
        let fingerprint = fingerprint(host, reply.status, &body, ask.model);
        let mut kept = locked(&self.0);
        if kept.len() < AT_MOST && kept.iter().all(|one| one.fingerprint != fingerprint) {
            kept.push(Sample { fingerprint, host: host.clone(), status: reply.status, body, at });
        }
    }

    /// What was collected so far.
    pub(super) fn collected(&self) -> Vec<Sample> {
        locked(&self.0).clone()
    }
}

/// A hash over what stays the same: words with a digit in them are ids, times or counts.
fn fingerprint(host: &str, status: u16, body: &str, model: &ModelName) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{host} {status}"));
    let words = body.replace(model.as_str(), " ").to_lowercase();
    for word in words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.chars().any(|c| c.is_ascii_digit())) {
        hash.update(word);
        hash.update(" ");
    }
    let mut hex = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ids_and_the_models_name_make_no_new_sort() {
        let of = |host, status, body, model| fingerprint(host, status, body, &ModelName::parse(model).unwrap());
        let one = of("a.test:443", 400, r#"{"error":"no luck with gpt-4o (request id: 2026112)"}"#, "gpt-4o");
        assert_eq!(one, of("a.test:443", 400, r#"{"error":"No luck with qwen-max (request id: ab3f)"}"#, "qwen-max"));
        assert_ne!(one, of("a.test:443", 400, r#"{"error":"bad luck with gpt-4o (request id: 1)"}"#, "gpt-4o"));
        assert_ne!(one, of("a.test:443", 403, r#"{"error":"no luck with gpt-4o (request id: 1)"}"#, "gpt-4o"));
        assert_ne!(one, of("b.test:443", 400, r#"{"error":"no luck with gpt-4o (request id: 1)"}"#, "gpt-4o"));
    }
}
