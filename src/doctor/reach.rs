//! Hosts and clocks: whether each host answers at all, and what time it thinks it is.
//!
//! Decides: how a host is asked without a key and without cost, and whose clock is wrong. Must not know: channels, models.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::DATE;
use reqwest::{Method, Request};
use url::Url;

use super::finding::{Check, Finding, Level, Place};
use super::ours::plural;
use crate::clock;
use crate::http::{Http, Transport, TransportKind};
use crate::model::Secret;

/// Hosts asked at once.
pub(super) const AT_ONCE: usize = 8;
/// Hosts asked in all.
pub(super) const MOST: usize = 60;
/// A clock that differs by more is wrong, if others agree; a `Date` counts whole seconds and travels.
const DIFFERS: i64 = 30;
/// By more, signatures and tokens are refused.
const FAR: i64 = 300;

/// Something with a clock.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clock {
    /// Whose.
    pub(super) of: String,
    /// How many seconds it is ahead of ours.
    pub(super) ahead: i64,
}

impl Clock {
    pub(super) fn new(of: impl Into<String>, theirs: Timestamp, ours: Timestamp) -> Self {
        Self { of: of.into(), ahead: theirs.duration_since(ours).as_secs() }
    }
}

/// A host to be asked.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// `https://api.example.com:443`.
    pub(super) origin: Url,
    /// The way to it, where it has one of its own.
    pub(super) proxy: Option<Secret>,
    /// The channels that need it: "#3 of main".
    pub(super) needed_by: Vec<String>,
}

/// Asks for the headers of its front page: any answer will do. No key is sent, and nothing is billed.
pub(super) async fn ask(http: &Http, host: &Host) -> Result<Option<Clock>, Transport> {
    let sent = clock::now();
    let reply = http.send(Request::new(Method::HEAD, host.origin.clone()), host.proxy.as_ref(), 1024).await?;
    let half = reply.latency / 2;
    let ours = sent.saturating_add(half).unwrap_or(sent);
    let date = reply.headers.get(DATE).and_then(|value| value.to_str().ok());
    let theirs = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    Ok(theirs.map(|theirs| Clock::new(name(&host.origin), theirs, ours)))
}

/// `api.example.com:443`.
pub(super) fn name(origin: &Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    origin.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What a host that does not answer means.
pub(super) fn silent(host: &Host, failure: &Transport) -> Finding {
    let name = name(&host.origin);
    let bare = host.origin.host_str().unwrap_or_default().to_owned();
    let (what, fix) = match failure.kind {
        TransportKind::Dns => ("its name does not resolve", format!("getent hosts {bare}")),
        TransportKind::Tls => (
            "TLS fails",
            format!(
                "openssl s_client -connect {name} -servername {bare} </dev/null; probe.ca_file trusts another authority"
            ),
        ),
        TransportKind::TimedOut | TransportKind::Connect => {
            ("it cannot be reached", format!("nc -vz {}", name.replace(':', " ")))
        }
        TransportKind::Setup => {
            ("the channel's proxy cannot be used", "set the channel's proxy right in the gateway".to_owned())
        }
        TransportKind::Reset | TransportKind::Protocol | TransportKind::Body => {
            ("it does not answer as a web server does", format!("curl -sSI {}", host.origin))
        }
    };
    let more = host.needed_by.len().saturating_sub(3);
    let first = host.needed_by.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    let needed_by = if more > 0 { format!("{first} and {more} more") } else { first };
    let what = format!("{name}: {what}; needed by {needed_by}");
    Finding::new(Check::Upstream, Level::Warning, Place::default(), what).because(failure.to_string()).fix(fix)
}

/// A host that did not even fail in time.
pub(super) fn late(host: &Host) -> Finding {
    let why = format!("no answer within {} s", PATIENCE.as_secs());
    silent(host, &Transport { kind: TransportKind::TimedOut, why, latency: PATIENCE })
}

/// What the hosts' answers come to.
pub(super) fn summed(asked: usize, silent: Vec<Finding>, left_off: usize) -> Vec<Finding> {
    let say = |level, what: String| Finding::new(Check::Upstream, level, Place::default(), what);
    let mut found = vec![];
    if asked > silent.len() {
        let more = if left_off > 0 { format!("; {left_off} more were not asked") } else { String::new() };
        let what = format!("{} of {} answered{more}", asked - silent.len(), plural(asked, "host"));
        found.push(say(Level::Ok, what));
    } else if asked > 1 {
        let finding = say(Level::Error, format!("none of {asked} upstream hosts can be reached"));
        found.push(
            finding
                .because("it is our own network rather than all of them")
                .fix("getent hosts openrouter.ai; ip route"),
        );
    }
    found.extend(silent);
    found
}

/// Whose clock is wrong: ours, where most others agree that it is; else theirs.
pub(super) fn clocks(mut clocks: Vec<Clock>) -> Vec<Finding> {
    clocks.sort_by_key(|clock| clock.ahead);
    let say = |level, what: String| Finding::new(Check::Clock, level, Place::default(), what);
    let Some(median) = clocks.get(clocks.len() / 2).map(|clock| clock.ahead) else { return vec![] };
    let (mut found, mut zero) = (vec![], 0);
    let agree = clocks.iter().filter(|clock| (clock.ahead - median).abs() <= DIFFERS).count();
    if median.abs() > DIFFERS && agree >= 2 {
        zero = median;
        let level = if median.abs() > FAR { Level::Error } else { Level::Warning };
        let way = if median > 0 { "behind" } else { "ahead" };
        found.push(
            say(level, format!("this machine's clock is {} s {way}: {agree} others agree", median.abs()))
                .because("times of rounds, of budgets and of alerts are wrong, and TLS and signed calls may fail")
                .fix("timedatectl set-ntp true"),
        );
    }
    let far = |clock: &&Clock| (clock.ahead - zero).abs() > DIFFERS;
    found.extend(clocks.iter().filter(far).take(5).map(|clock| {
        let ahead = clock.ahead - zero;
        let way = if ahead > 0 { "ahead" } else { "behind" };
        say(Level::Warning, format!("the clock of {} is {} s {way}", clock.of, ahead.abs()))
            .because("what it says happened when (its log, its quota) cannot be joined with what we saw")
            .fix("timedatectl set-ntp true, on that machine")
    }));
    if found.is_empty() {
        found.push(say(Level::Ok, format!("{} agree with ours", plural(clocks.len(), "clock"))));
    }
    found
}

/// How long one host may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ahead: &[i64]) -> Vec<(Level, String)> {
        let clocks = ahead.iter().enumerate().map(|(n, ahead)| Clock { of: format!("h{n}"), ahead: *ahead }).collect();
        super::clocks(clocks).into_iter().map(|finding| (finding.level, finding.what)).collect()
    }

    #[test]
    fn the_clock_that_disagrees_with_most_is_wrong() {
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[0, 2, -1]), [(Level::Ok, "3 clocks agree with ours".to_owned())]);
        assert_eq!(of(&[0, 1, 90]), [(Level::Warning, "the clock of h2 is 90 s ahead".to_owned())]);
        assert_eq!(of(&[-100]), [(Level::Warning, "the clock of h0 is 100 s behind".to_owned())]);
        let ours = "this machine's clock is 120 s behind: 3 others agree";
        assert_eq!(of(&[120, 121, 119]), [(Level::Warning, ours.to_owned())]);
        let mixed = of(&[-4000, -4001, 0]);
        assert_eq!(mixed[0], (Level::Error, "this machine's clock is 4000 s ahead: 2 others agree".to_owned()));
        assert_eq!(mixed[1], (Level::Warning, "the clock of h2 is 4000 s ahead".to_owned()));
        assert_eq!(mixed.len(), 2);
    }
}
