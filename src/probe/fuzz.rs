//! Answers that nobody ever sent: mutations of those met in the field, by the thousand, thrown at everything that reads
//! an answer. Nothing may panic or grow, and only a table may deny a model.
//!
//! Decides: what must hold for any bytes. Must not know: what a given answer means.
//!
//! Two seconds with a fixed seed; `CHANNELWARDEN_FUZZ_SECONDS` gives it longer, and another seed each time, which a
//! failure prints with the answer (`CHANNELWARDEN_FUZZ_SEED` plays it again).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::classify::stream::Events;
use super::classify::stream::tests::streams;
use super::classify::{Asked, classify, parse};
use super::quality::{Sum, weigh};
use super::wait;
use crate::http::Reply;
use crate::model::{Dialect, ModelName, Outcome, Shape};
use crate::upstream::{NAMES_AT_MOST, read_page};

/// Longer answers are cut: the reader of bodies has a cap too.
const LONGEST: usize = 64 << 10;
const DIALECTS: [Dialect; 5] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini, Dialect::Cohere, Dialect::Ollama];
/// What formats are made of.
const PIECES: [&str; 30] = [
    "data: ",
    "\n\n",
    "\r",
    "[DONE]",
    "event: error\n",
    ": ping\n\n",
    "\"error\":",
    "null",
    "{}",
    "[]",
    "\"choices\":[",
    "{\"delta\":{\"content\":\"",
    "\"message\":\"",
    "\"code\":404,",
    "\"model_not_found\"",
    "request id:",
    "<think>",
    "</think>",
    "\u{feff}",
    "<!doctype html>",
    "1e999",
    "-1",
    "18446744073709551616",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
    "\\u0000",
    "余额不足",
    "\u{ff11}",
    "<html",
    "\"type\":\"response.failed\",",
];

#[derive(Deserialize)]
struct Row {
    s: u16,
    #[serde(default)]
    h: Option<String>,
    #[serde(default)]
    hd: BTreeMap<String, String>,
    b: Value,
}

struct Case {
    host: String,
    dialect: Dialect,
    shape: Shape,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Says with what it happened, if it happens.
struct Told<'a>(u64, &'a Case);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Case { host, dialect, shape, status, headers, body } = self.1;
            let body = String::from_utf8_lossy(body);
            eprintln!("seed {}: {host} {dialect:?} {shape:?} {status} {headers:?}\n{body:?}", self.0);
        }
    }
}

fn corpus() -> Vec<Case> {
    let rows: Vec<Row> = json5::from_str(include_str!("../../tests/outcomes.json5")).unwrap();
    let mut cases = vec![];
    for Row { s, h, hd, b } in rows {
        let headers = hd.iter().map(|(name, value)| {
            (HeaderName::try_from(name.as_str()).unwrap(), HeaderValue::try_from(value.as_str()).unwrap())
        });
        cases.push(Case {
            host: h.unwrap_or_else(|| "upstream.test".to_owned()),
            dialect: Dialect::OpenAi,
            shape: Shape::MaxTokens,
            status: s,
            headers: headers.collect(),
            body: b.as_str().map_or_else(|| b.to_string(), str::to_owned).into_bytes(),
        });
    }
    for (asked, body) in streams() {
        let Asked { host, dialect, shape } = asked;
        let (host, body) = (host.to_owned(), body.into_bytes());
        cases.push(Case { host, dialect, shape, status: 200, headers: HeaderMap::new(), body });
    }
    cases
}

fn mutated(random: &mut Rng, corpus: &[Case]) -> Case {
    let base = &corpus[random.usize(..corpus.len())];
    let keep = random.bool();
    let mut headers = base.headers.clone();
    for name in ["content-type", "retry-after", "retry-after-ms", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        let values =
            ["0", "text/event-stream", "application/json", "1e400", "-5", "1795262430000", "6m0s", "\u{7f}x", "NaN"];
        if let (true, Ok(value)) = (random.u8(..) < 60, HeaderValue::try_from(values[random.usize(..values.len())])) {
            headers.insert(name, value);
        }
    }
    let mut body = base.body.clone();
    for _ in 0..random.usize(..8) {
        let other = &corpus[random.usize(..corpus.len())].body;
        mutate(&mut body, random, other);
    }
    body.truncate(LONGEST);
    Case {
        host: if keep { base.host.clone() } else { corpus[random.usize(..corpus.len())].host.clone() },
        dialect: if keep { base.dialect } else { DIALECTS[random.usize(..DIALECTS.len())] },
        shape: if keep { base.shape } else { Shape::ALL[random.usize(..Shape::ALL.len())] },
        status: if random.u8(..) < 128 {
            base.status
        } else {
            [200, 200, 400, 429, 503, random.u16(100..1000)][random.usize(..6)]
        },
        headers,
        body,
    }
}

fn mutate(body: &mut Vec<u8>, random: &mut Rng, other: &[u8]) {
    let at = random.usize(..=body.len());
    let end = at + random.usize(..=(body.len() - at).min(64));
    match random.u8(..8) {
        0 => body.truncate(at),
        1 => drop(body.drain(at..end)),
        2 => body.insert(at, random.u8(..)),
        3 => {
            let again = body[at..end].to_vec();
            body.splice(at..at, again.repeat(random.usize(1..20)));
        }
        4 => {
            let from = random.usize(..=other.len());
            body.splice(at..end, other[from..].iter().copied());
        }
        5 if !body.is_empty() => {
            let at = random.usize(..body.len());
            body[at] ^= 1 << random.u8(..8);
        }
        _ => drop(body.splice(at..at, PIECES[random.usize(..PIECES.len())].bytes())),
    }
}

/// What holds for any answer.
fn check(case: &Case, random: &mut Rng, now: Timestamp, page: &Url, model: &ModelName) {
    let asked = Asked { host: &case.host, dialect: case.dialect, shape: case.shape };
    let truncated = random.u8(..) < 30;
    let (headers, body, latency) = (case.headers.clone(), case.body.clone(), Duration::ZERO);
    let answer = Ok(Reply { status: case.status, headers, body, truncated, latency });
    let mut found = classify(&asked, &answer);
    assert!(found.by_table || !matches!(found.outcome, Outcome::Gone | Outcome::NoAccess), "{found:?}");
    assert!(found.marks.is_empty() || found.outcome == Outcome::Works, "{found:?}");
    assert!(found.said.is_none() || (200..300).contains(&case.status), "{found:?}");
    assert!(found.said.as_ref().is_none_or(|said| said.text.len() + said.reasoning.len() <= 8192));
    assert!(found.detail.len() <= 16 << 10, "{}", found.detail.len());

    let before = found.outcome;
    weigh(&mut found, &asked, "OpenAI", model, Some(Sum::pick(random)));
    let money = [Outcome::Works, Outcome::KeyBroke];
    assert!(found.outcome == before || money.contains(&before) && money.contains(&found.outcome), "{before} {found:?}");

    let (mut whole, mut pieces) = (Events::new(asked), Events::new(asked));
    whole.advance(&case.body);
    let mut read = 0;
    while read < case.body.len() {
        read += random.usize(1..=(case.body.len() - read).min(700));
        pieces.advance(&case.body[..read]);
    }
    assert_eq!(pieces, whole);

    if let Ok(reply) = &answer
        && let Some(wait) = wait::asked(asked.host, reply, parse(&asked, reply).as_ref(), now)
    {
        let seconds = wait.until.duration_since(now).as_secs();
        assert!((1..=24 * 3600).contains(&seconds), "{wait:?}");
    }
    if let Some(page) = read_page(&case.body, page) {
        assert!(page.offered.len() <= NAMES_AT_MOST);
        assert!(page.next.is_none_or(|next| next.host_str() == Some("upstream.test")));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own setting, not the program's")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_answer_breaks_a_reader() {
    let seconds = setting("CHANNELWARDEN_FUZZ_SECONDS");
    let seed = setting("CHANNELWARDEN_FUZZ_SEED").unwrap_or_else(|| seconds.map_or(1, |_| fastrand::u64(..)));
    let mut random = Rng::with_seed(seed);
    let corpus = corpus();
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let page = Url::parse("https://upstream.test/v1/models").unwrap();
    let model = ModelName::parse("gpt-4o").unwrap();
    let (until, mut tried) = (Instant::now() + Duration::from_secs(seconds.unwrap_or(2)), 0_u64);
    while Instant::now() < until {
        let case = mutated(&mut random, &corpus);
        let _told = Told(seed, &case);
        check(&case, &mut random, now, &page, &model);
        tried += 1;
    }
    assert!(tried > 100, "only {tried} answers were tried");
    println!("{tried} answers, seed {seed}");
}
