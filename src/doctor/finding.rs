//! What the doctor says: findings, and what they come to.
//!
//! Decides: how bad each level is, and that no foreign text moves a cursor. Must not know: what is checked, how it is shown.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::model::is_invisible;

/// What is looked at, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// Our own configuration.
    Config,
    /// Our own store.
    Store,
    /// A gateway's database.
    Database,
    /// A gateway's admin API and its token.
    Api,
    /// When a gateway's users see what is written.
    Cache,
    /// The hosts behind channels.
    Upstream,
    /// Clocks.
    Clock,
    /// What probing used up today, and keys that rest.
    Quota,
    /// What is not to be written.
    Holds,
    /// Whether the loop runs.
    Loop,
    /// `LiteLLM`.
    LiteLlm,
    /// A file that was given.
    File,
}

impl Check {
    /// Its heading.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Store => "store",
            Self::Database => "database",
            Self::Api => "api",
            Self::Cache => "cache",
            Self::Upstream => "upstream",
            Self::Clock => "clock",
            Self::Quota => "quota",
            Self::Holds => "holds",
            Self::Loop => "loop",
            Self::LiteLlm => "litellm",
            Self::File => "file",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// It works, but not as it should, or not for long.
    Warning,
    /// It does not work, costs money, or lets strangers in.
    Error,
}

impl Level {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding is about: a key of our configuration, a line of a file, or nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// A key of our configuration, such as `gateways.main.api.token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A line of it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Place {
    /// A key of our configuration.
    pub fn key(key: impl Into<String>) -> Self {
        Self { key: Some(shown(&key.into())), ..Self::default() }
    }

    /// A file, and a line of it where one is known.
    pub fn file(file: &Path, line: Option<usize>) -> Self {
        Self { file: Some(shown(&file.display().to_string())), line, key: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line, &self.key) {
            (Some(file), Some(line), _) => write!(f, "{file}:{line}"),
            (Some(file), None, _) => f.write_str(file),
            (None, _, Some(key)) => f.write_str(key),
            (None, _, None) => Ok(()),
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// How bad it is.
    pub level: Level,
    /// What it is about.
    pub place: Place,
    /// What is so, in one sentence.
    pub what: String,
    /// Why that is so, or matters; may be empty.
    pub why: String,
    /// What to do: a command, or the line to write; may be empty where nothing is to be done.
    pub fix: String,
}

impl Finding {
    /// Without why and fix. Foreign words lose what could move a cursor or hide.
    pub fn new(check: Check, level: Level, place: Place, what: impl AsRef<str>) -> Self {
        let what = shown(what.as_ref()).replace('\n', " ");
        Self { check, level, place, what, why: String::new(), fix: String::new() }
    }

    /// All is well.
    pub fn ok(check: Check, place: Place, what: impl AsRef<str>) -> Self {
        Self::new(check, Level::Ok, place, what)
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, why: impl AsRef<str>) -> Self {
        Self { why: shown(why.as_ref()), ..self }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn fix(self, fix: impl AsRef<str>) -> Self {
        Self { fix: shown(fix.as_ref()), ..self }
    }
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst level.
    pub worst: Level,
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Of these findings, brought into the order of the checks.
    pub fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.check);
        Self { worst: findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok), findings }
    }

    /// How many are of this level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The exit code: 0 nothing worse than notes, 2 warnings, 1 errors.
    pub fn exit_code(&self) -> u8 {
        match self.worst {
            Level::Ok | Level::Note => 0,
            Level::Warning => 2,
            Level::Error => 1,
        }
    }
}

/// A word that a shell takes as it stands.
pub(super) fn word(of: &Path) -> String {
    let text = of.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Foreign text with a mark for whatever would move the cursor or be invisible; lines stay lines.
fn shown(text: &str) -> String {
    let mark = |c: char| if c != '\n' && (c.is_control() || is_invisible(c)) { '\u{fffd}' } else { c };
    text.trim_end().chars().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_the_exit_code() {
        let of = |levels: &[Level]| {
            let findings = levels.iter().map(|level| Finding::new(Check::Store, *level, Place::default(), "x"));
            Report::new(findings.collect()).exit_code()
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[Level::Ok, Level::Note]), 0);
        assert_eq!(of(&[Level::Warning, Level::Note]), 2);
        assert_eq!(of(&[Level::Warning, Level::Error, Level::Ok]), 1);
    }

    #[test]
    fn a_shell_takes_a_file_by_its_name_whatever_that_is() {
        for (name, quoted) in
            [("/a/b-1.env", "/a/b-1.env"), ("a b;c", "'a b;c'"), ("it's", r"'it'\''s'"), ("$(x)", "'$(x)'")]
        {
            assert_eq!(word(Path::new(name)), quoted);
        }
    }

    #[test]
    fn no_foreign_word_moves_the_cursor() {
        let finding = Finding::new(Check::Api, Level::Note, Place::key("gateways.\u{1b}x"), "a\u{202e}b\u{7}\nc\n");
        assert_eq!(finding.what, "a\u{fffd}b\u{fffd} c", "a name makes no line of its own");
        assert_eq!(finding.place.to_string(), "gateways.\u{fffd}x");
    }
}
