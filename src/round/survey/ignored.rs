//! New API's ignored models: names that the operator does not want added, exact or `regex:` and a pattern that may match
//! anywhere in a name.
//!
//! Must not know: where the rules stand. Pure.

use std::collections::HashSet;

use regex::RegexSet;

use crate::model::ModelName;

/// The rules of one channel, read.
pub(super) struct Ignored<'a> {
    exact: HashSet<&'a str>,
    patterns: RegexSet,
}

impl<'a> Ignored<'a> {
    /// `None` when a pattern cannot be read (Go's expressions are nearly ours): nothing may be added past it.
    pub(super) fn read(rules: &'a [String]) -> Option<Self> {
        let rules = || rules.iter().map(|rule| rule.trim());
        let patterns = rules().filter_map(|rule| rule.strip_prefix("regex:")).map(str::trim);
        let exact = rules().filter(|rule| !rule.starts_with("regex:")).collect();
        Some(Self { exact, patterns: RegexSet::new(patterns).ok()? })
    }

    pub(super) fn includes(&self, model: &ModelName) -> bool {
        self.exact.contains(model.as_str()) || self.patterns.is_match(model.as_str())
    }
}

/// Whether nothing is kept from being added only because a pattern cannot be read.
pub(super) fn are_readable(rules: &[String]) -> bool {
    Ignored::read(rules).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(rules: &[&str], model: &str) -> Option<bool> {
        let rules: Vec<_> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        Some(Ignored::read(&rules)?.includes(&ModelName::parse(model).unwrap()))
    }

    #[test]
    fn exact_names_and_patterns_are_told_apart() {
        let rules = [" gpt-4 ", "regex: preview$", "regex:^(dall-e|sora)"];
        for (model, expected) in
            [("gpt-4", true), ("gpt-4o", false), ("x-preview", true), ("preview-x", false), ("sora-2", true)]
        {
            assert_eq!(ignores(&rules, model), Some(expected), "{model}");
        }
        assert_eq!(ignores(&[], "gpt-4"), Some(false));
        assert_eq!(ignores(&["regex:("], "gpt-4"), None);
    }
}
