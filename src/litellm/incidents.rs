//! Which troubles of a `LiteLLM` last: when one begins, goes on and ends, by what was seen of it.
//!
//! Decides: how many signs make a trouble, and what ends one. Silence, what nobody can judge, and a cooldown, which hides
//! what came before it, end nothing. Must not know: where signs are read, who is told, the clock.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Class, Incident, SignSource};

/// What one look at, or one line about, a deployment, a public name or the proxy showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// The public name; empty: the proxy itself, which only [`SignSource::Check`] tells of.
    pub subject: String,
    /// The deployment's id; empty: not known which.
    pub deployment: String,
    /// What it showed. What shows nothing is no sign.
    pub found: Found,
    /// In words, redacted. Foreign text.
    pub detail: String,
    /// Who says so.
    pub source: SignSource,
    /// When (UTC).
    pub at: Timestamp,
}

/// Well, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It answers.
    Well,
    /// It does not.
    Trouble(Class),
}

/// What is so now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    /// All that lasts, each deployment's cause once.
    pub lasting: Vec<Incident>,
    /// Public names that a cooldown hides, of which nobody knows why: each may be asked once by `/health?model=`. A sign of
    /// that, or ten minutes, takes it off.
    pub confirm: Vec<String>,
}

/// Two failures in a row, or one that nobody has contradicted for so long: `LiteLLM` tries three times by itself.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);
/// So many users' requests have to fail by the server's fault…
const LINES: usize = 3;
/// …within this time. Also for how long a cause explains a cooldown, which itself takes seconds.
const SOON: SignedDuration = SignedDuration::from_mins(10);
/// After this long without a line, the log has no more to say of what it said.
const FADED: SignedDuration = SignedDuration::from_hours(1);
/// The same of questions, which may be asked hours apart.
const UNASKED: SignedDuration = SignedDuration::from_hours(24);

/// Weighs signs against what lasts. `signs`: those of the last hour, at least the latest of each deployment by `/health`, in
/// any order; what was weighed before changes nothing. One from the future waits for its time. `present`: the public name
/// and id of every deployment there is; `None`: not known.
pub fn weigh(lasting: &[Incident], signs: &[Sign], present: Option<&[(String, String)]>, now: Timestamp) -> Weighed {
    let of_proxy = |sign: &Sign| sign.source == SignSource::Check;
    let mut signs: Vec<&Sign> =
        signs.iter().filter(|sign| sign.at <= now && sign.subject.is_empty() == of_proxy(sign)).collect();
    signs.sort_by_key(|sign| sign.at);
    let mut scales = Scales { lasting: lasting.to_vec(), runs: HashMap::new() };
    for sign in &signs {
        // What had begun by then: a cooldown hides it, too.
        scales.uncontradicted(sign.at);
        scales.take(sign);
    }
    scales.uncontradicted(now);
    scales.lasting.retain(|one| {
        let is_there = present.is_none_or(|present| is_present(one, present));
        let healed = present.is_some_and(|present| all_well(one, &signs, present));
        is_there && !healed && !faded(one, now)
    });
    let confirm = unexplained(&scales.lasting, &signs, now);
    Weighed { lasting: scales.lasting, confirm }
}

/// Failures of the server's own in a row, by subject, deployment and source.
type Runs<'a> = HashMap<(&'a str, &'a str, SignSource), Vec<&'a Sign>>;

struct Scales<'a> {
    lasting: Vec<Incident>,
    runs: Runs<'a>,
}

impl<'a> Scales<'a> {
    fn take(&mut self, sign: &'a Sign) {
        match sign.found {
            Found::Well => self.well(sign),
            Found::Trouble(class @ (Class::Credits | Class::Auth)) => {
                self.runs.remove(&key(sign));
                if !self.goes_on(sign, class) {
                    self.begin(sign, class, sign.at, 1);
                }
            }
            Found::Trouble(Class::Server) => {
                if !self.goes_on(sign, Class::Server) {
                    self.server(sign);
                }
            }
            Found::Trouble(Class::Masked) => {
                for one in self.lasting.iter_mut().filter(|one| one.subject == sign.subject && one.last < sign.at) {
                    one.last = sign.at;
                    one.times = one.times.saturating_add(1);
                }
            }
            Found::Trouble(Class::Rate | Class::Config | Class::Blocked | Class::ProxyAuth | Class::Unknown) => {}
        }
    }

    /// What ends by it. What was seen after it stays.
    fn well(&mut self, sign: &Sign) {
        let of_users = |source| matches!(source, SignSource::Chat | SignSource::Log);
        let ends = |subject: &str, deployment: &str, source| {
            subject == sign.subject
                && match sign.source {
                    SignSource::Health | SignSource::Check => deployment == sign.deployment && !of_users(source),
                    // Another deployment, or a fallback, may have answered: nothing of what `/health` found.
                    SignSource::Chat => deployment.is_empty() && of_users(source),
                    SignSource::Log => false,
                }
        };
        self.runs.retain(|(subject, deployment, source), _| !ends(subject, deployment, *source));
        self.lasting.retain(|one| one.last > sign.at || !ends(&one.subject, &one.deployment, one.source));
    }

    /// Whether it is of what lasts already: of the same deployment, of one of the name where the sign does not say which, or of
    /// the name, of which it is then known which deployment it is.
    fn goes_on(&mut self, sign: &Sign, class: Class) -> bool {
        let same = |one: &Incident| one.subject == sign.subject && one.class == class;
        let exact = self.lasting.iter().position(|one| same(one) && one.deployment == sign.deployment);
        let either = |one: &Incident| same(one) && (one.deployment.is_empty() || sign.deployment.is_empty());
        let at = exact.or_else(|| self.lasting.iter().position(either));
        let Some(one) = at.and_then(|at| self.lasting.get_mut(at)) else { return false };
        if one.last < sign.at {
            one.last = sign.at;
            one.times = one.times.saturating_add(1);
            one.detail.clone_from(&sign.detail);
            if one.deployment.is_empty() {
                one.deployment.clone_from(&sign.deployment);
            }
            // What `/health` found, only `/health` ends.
            if one.source != SignSource::Health {
                one.source = sign.source;
            }
            if !sign.deployment.is_empty() {
                // An older cause of the same one.
                self.lasting.retain(|one| {
                    one.subject != sign.subject || one.deployment != sign.deployment || one.class == class
                });
            }
        }
        true
    }

    fn server(&mut self, sign: &'a Sign) {
        let run = self.runs.entry(key(sign)).or_default();
        let enough = match sign.source {
            SignSource::Health | SignSource::Chat | SignSource::Check => 2,
            SignSource::Log => {
                run.retain(|earlier| sign.at.duration_since(earlier.at) <= SOON);
                LINES
            }
        };
        run.push(sign);
        if run.len() >= enough {
            self.confirmed(&key(sign));
        }
    }

    /// A failure that `/health` found, and since then nothing else.
    fn uncontradicted(&mut self, now: Timestamp) {
        let is_old = |run: &[&Sign]| run.first().is_some_and(|first| now.duration_since(first.at) >= AT_ONCE);
        let health = self.runs.iter().filter(|((.., source), run)| *source == SignSource::Health && is_old(run));
        let mut old: Vec<_> = health.map(|(key, _)| *key).collect();
        old.sort_unstable_by_key(|(subject, deployment, _)| (*subject, *deployment));
        for key in old {
            self.confirmed(&key);
        }
    }

    fn confirmed(&mut self, key: &(&'a str, &'a str, SignSource)) {
        let run = self.runs.remove(key).unwrap_or_default();
        let times = u32::try_from(run.len()).unwrap_or(u32::MAX);
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            self.begin(last, Class::Server, first.at, times);
        }
    }

    fn begin(&mut self, sign: &Sign, class: Class, since: Timestamp, times: u32) {
        // Of a name, several causes may last: that of each deployment behind it. A look knows whose.
        if matches!(sign.source, SignSource::Health | SignSource::Check) {
            let older = |one: &Incident| {
                one.subject == sign.subject && one.deployment == sign.deployment && one.source == sign.source
            };
            if self.lasting.iter().any(|one| older(one) && one.last > sign.at) {
                return;
            }
            self.lasting.retain(|one| !older(one));
        } else {
            // Old news of a name that was looked at since.
            let known = |one: &Incident| !one.deployment.is_empty() && one.last >= sign.at;
            if self.lasting.iter().any(|one| one.subject == sign.subject && known(one)) {
                return;
            }
        }
        self.lasting.push(Incident {
            subject: sign.subject.clone(),
            deployment: sign.deployment.clone(),
            class,
            since,
            last: sign.at,
            times,
            detail: sign.detail.clone(),
            source: sign.source,
        });
    }
}

fn key(sign: &Sign) -> (&str, &str, SignSource) {
    (&sign.subject, &sign.deployment, sign.source)
}

/// Whether its deployment, or its name, is still there.
fn is_present(one: &Incident, present: &[(String, String)]) -> bool {
    one.subject.is_empty()
        || present.iter().any(|(name, id)| *name == one.subject && (one.deployment.is_empty() || *id == one.deployment))
}

/// Whether every deployment of a name was found well after users' requests last failed.
fn all_well(one: &Incident, signs: &[&Sign], present: &[(String, String)]) -> bool {
    let well = |id: &str| {
        let of_it =
            |sign: &&Sign| sign.source == SignSource::Health && sign.subject == one.subject && sign.deployment == id;
        // Whatever came after that is another trouble: the old lines do not tell of it.
        signs.iter().copied().filter(of_it).any(|sign| sign.found == Found::Well && sign.at >= one.last)
    };
    let mut all = present.iter().filter(|(name, _)| *name == one.subject).peekable();
    one.deployment.is_empty() && all.peek().is_some() && all.all(|(_, id)| well(id))
}

fn faded(one: &Incident, now: Timestamp) -> bool {
    let silent = now.duration_since(one.last);
    one.deployment.is_empty()
        && match one.source {
            SignSource::Log => silent >= FADED,
            SignSource::Chat => silent >= UNASKED,
            SignSource::Health | SignSource::Check => false,
        }
}

/// Names whose deployments all rest, without anything that lasts or came right before to say why.
fn unexplained(lasting: &[Incident], signs: &[&Sign], now: Timestamp) -> Vec<String> {
    let masked = |sign: &Sign| sign.found == Found::Trouble(Class::Masked);
    let mut names: Vec<String> = vec![];
    let recent = |sign: &Sign| masked(sign) && now.duration_since(sign.at) <= SOON;
    for (at, sign) in signs.iter().enumerate().filter(|(_, sign)| recent(sign)) {
        // Cheap first: there may be thousands.
        if names.contains(&sign.subject) || lasting.iter().any(|one| one.subject == sign.subject) {
            continue;
        }
        let of_name = |other: &&&Sign| other.subject == sign.subject && !masked(other);
        let cause = signs[..at].iter().rev().find(of_name).is_some_and(|before| {
            let said = match before.found {
                Found::Well | Found::Trouble(Class::Unknown | Class::ProxyAuth | Class::Masked) => false,
                Found::Trouble(
                    Class::Credits | Class::Auth | Class::Server | Class::Rate | Class::Config | Class::Blocked,
                ) => true,
            };
            said && sign.at.duration_since(before.at) <= SOON
        });
        if !cause && !signs[at..].iter().filter(of_name).any(|after| after.source == SignSource::Health) {
            names.push(sign.subject.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests;
