//! One line of the code tables.
//!
//! Decides: when a rule matches a fault. Must not know: which rules there are.

use super::fault::Fault;
use crate::model::{Outcome, Shape};

/// What a matching rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// This was shown.
    Is(Outcome),
    /// Our request's form was refused; this one may be taken.
    Try(Shape),
    /// This was shown, unless the request asked for more tokens than it must: it may be asked again with the fewest.
    Fewer(Outcome),
}

/// Everything named must match; an empty list names nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    hosts: &'static [&'static str],
    statuses: &'static [u16],
    codes: &'static [&'static str],
    params: &'static [&'static str],
    text: &'static [&'static str],
    and_text: &'static [&'static str],
    says: Says,
}

/// The rule that matches anything, to be narrowed.
pub(super) const ANY: Rule = Rule {
    hosts: &[],
    statuses: &[],
    codes: &[],
    params: &[],
    text: &[],
    and_text: &[],
    says: Says::Is(Outcome::Unknown),
};

impl Rule {
    /// Only these hosts, and names below them.
    pub(super) const fn at(self, hosts: &'static [&'static str]) -> Self {
        Self { hosts, ..self }
    }

    /// Only these statuses.
    pub(super) const fn status(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    /// Any of these codes, in lower case.
    pub(super) const fn code(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    /// Any of these refused parameters.
    pub(super) const fn param(self, params: &'static [&'static str]) -> Self {
        Self { params, ..self }
    }

    /// Any of these in the message, in lower case.
    pub(super) const fn text(self, text: &'static [&'static str]) -> Self {
        Self { text, ..self }
    }

    /// And any of these.
    pub(super) const fn and(self, and_text: &'static [&'static str]) -> Self {
        Self { and_text, ..self }
    }

    /// What it then is.
    pub(super) const fn is(self, outcome: Outcome) -> Self {
        Self { says: Says::Is(outcome), ..self }
    }

    /// Which shape may then be taken.
    pub(super) const fn then(self, shape: Shape) -> Self {
        Self { says: Says::Try(shape), ..self }
    }

    /// What it then is if no fewer tokens can be asked for.
    pub(super) const fn fewer(self, outcome: Outcome) -> Self {
        Self { says: Says::Fewer(outcome), ..self }
    }

    /// Whether everything it names matches.
    pub(super) fn matches(&self, host: &str, fault: &Fault) -> bool {
        fn any(wanted: &[&str], met: impl Fn(&str) -> bool) -> bool {
            wanted.is_empty() || wanted.iter().any(|one| met(one))
        }
        (self.statuses.is_empty() || self.statuses.contains(&fault.status))
            && any(self.hosts, |suffix| is_below(host, suffix))
            && any(self.codes, |code| fault.has_code(code))
            && any(self.params, |param| fault.param == param)
            && any(self.text, |part| fault.text.contains(part))
            && any(self.and_text, |part| fault.text.contains(part))
    }
}

/// What the first matching rule says.
pub(super) fn first(rules: &[Rule], host: &str, fault: &Fault) -> Option<Says> {
    rules.iter().find(|rule| rule.matches(host, fault)).map(|rule| rule.says)
}

/// Whether `host` (with or without a port) is `domain` or a name below it.
pub(super) fn is_below(host: &str, domain: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
