//! Files of gateways that were given: what each is, told from its contents, and what is wrong with it, by line.
//!
//! Decides: which kind of file a text is. Must not know: who asks. No value of a file is ever shown: it may be a key.

mod command;
mod compose;
mod container;
mod environment;
mod litellm;
mod probe;

use std::io::Read as _;
use std::path::Path;

use super::finding::{Check, Finding, Level, Place, word};
use super::litellm::LIVELINESS;
use crate::config::{Config, Node};

/// So much of a file is read.
const CAP: u64 = 8 << 20;
/// What a text has at the beginning of a line that was meant as one of these files.
const SECTIONS: [&str; 3] = ["services:", "model_list:", "general_settings:"];
/// How to make a master key. The file is no shell: a `$(…)` in it would be the key itself.
pub(super) const NEW_KEY: &str =
    "LITELLM_MASTER_KEY=sk-… as `openssl rand -hex 24` makes one, in the file that LiteLLM starts with";
/// The key of LiteLLM's tutorials, with which it refuses to start since 1.106.
const WELL_KNOWN: &str = "sk-1234";

/// Reads a file that was given.
pub(super) fn read(file: &Path, config: Option<&Config>) -> Vec<Finding> {
    let bad = |why: String| {
        let finding = Finding::new(Check::File, Level::Error, Place::file(file, None), "the file cannot be read");
        vec![finding.because(why).fix(format!("ls -l {}", word(file)))]
    };
    // A device or a pipe tells no length: no more is read than may be.
    let mut bytes = vec![];
    match std::fs::File::open(file).and_then(|opened| opened.take(CAP + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > CAP => bad("it is larger than 8 MiB: give a part of it".to_owned()),
        Ok(_) => of_text(file, &String::from_utf8_lossy(&bytes), config),
        Err(error) => bad(error.to_string()),
    }
}

/// As [`read`], of its text.
pub(super) fn of_text(file: &Path, text: &str, config: Option<&Config>) -> Vec<Finding> {
    let sheet = Sheet { file, config };
    let text = text.trim_start_matches('\u{feff}');
    let parsed = Node::parse(text);
    let (kind, found) = match &parsed {
        Ok(node) if node.get("services").is_some() => ("compose file", compose::look(&sheet, node)),
        Ok(node)
            if ["model_list", "litellm_settings", "general_settings"].iter().any(|key| node.get(key).is_some()) =>
        {
            ("LiteLLM configuration", litellm::look(&sheet, node))
        }
        Ok(node) if container::is_one(node) => ("container", container::look(&sheet, node)),
        Ok(node) if node.get("gateways").is_some() => {
            let finding = sheet.say(Level::Note, Some(1), "this is a configuration of our own");
            return vec![finding.fix(format!("channelwarden --config {} doctor", word(file)))];
        }
        Ok(_) | Err(_) if environment::is_one(text) => ("environment file", environment::look(&sheet, text)),
        Err(broken) if text.lines().any(|line| SECTIONS.iter().any(|key| line.starts_with(key))) => {
            if broken.twice {
                let finding = sheet.say(Level::Error, broken.line, "this key stands here a second time");
                return vec![
                    finding
                        .because("Docker refuses such a file, and LiteLLM takes the last of them without a word: what stands below the first one does nothing")
                        .fix("put what belongs to it below one key, and delete the other; the rest of the file is looked through then"),
                ];
            }
            let finding = sheet.say(Level::Error, broken.line, "this is not valid YAML");
            return vec![
                finding
                    .because("what is given there cannot be read by Docker or LiteLLM either")
                    .fix("set the indentation, quotes and brackets of this line right"),
            ];
        }
        // Of a log it is only said what is known to be wrong: what is not known is not well.
        Ok(_) | Err(_) => return container::of_output(&sheet, text),
    };
    if found.iter().all(|finding| finding.level == Level::Note) {
        let well = Finding::ok(Check::File, Place::file(file, None), format!("nothing is wrong with this {kind}"));
        return [vec![well], found].concat();
    }
    found
}

/// The file that is looked at.
struct Sheet<'a> {
    file: &'a Path,
    /// Our own configuration, where there is one.
    config: Option<&'a Config>,
}

impl Sheet<'_> {
    fn say(&self, level: Level, line: Option<usize>, what: impl AsRef<str>) -> Finding {
        Finding::new(Check::File, level, Place::file(self.file, line), what)
    }

    /// The setting that people are told of and that exists in no version.
    fn dead_setting(&self, line: usize, name: &str) -> Finding {
        self.say(Level::Warning, Some(line), format!("{name} does nothing: it exists in no version of LiteLLM"))
            .because("LiteLLM passes over settings that it does not know, without a word; /health wants the key all the same")
            .fix(format!("delete this line; a health check needs no key at {LIVELINESS}"))
    }

    /// A master key that stands in the file, with what is wrong with it.
    fn master_key(&self, line: usize, key: &str, instead: &str) -> Option<Finding> {
        if is_reference(key) {
            return None;
        }
        if refused_by_litellm(key) {
            return Some(
                self.say(Level::Error, Some(line), "LiteLLM refuses to start with this master key")
                    .because("it is empty or the one of the tutorials: since 1.106 the proxy exits at once; before, everybody knew the key")
                    .fix(instead),
            );
        }
        weakness(key)
            .map(|why| self.say(Level::Warning, Some(line), "the master key can be guessed").because(why).fix(instead))
    }
}

/// `${VAR}`, `os.environ/VAR`: not the secret itself.
fn is_reference(value: &str) -> bool {
    value.starts_with('$') || value.starts_with("os.environ/")
}

/// Whether LiteLLM 1.106 and later refuse to start with this master key.
pub(super) fn refused_by_litellm(key: &str) -> bool {
    key.trim().is_empty() || key.trim() == WELL_KNOWN
}

/// Why a master key can be guessed, if it can.
pub(super) fn weakness(key: &str) -> Option<&'static str> {
    let key = key.trim();
    let tail = key.strip_prefix("sk-").unwrap_or(key).to_ascii_lowercase();
    let words =
        ["12345", "abcdef", "changeme", "change-me", "password", "secret", "litellm", "master", "example", "your"];
    if refused_by_litellm(key) {
        Some("it is the one of the tutorials, with which LiteLLM refuses to start since 1.106")
    } else if key.contains("$(") {
        Some("it holds `$(…)`, which no environment file runs: these words themselves are the key")
    } else if tail.len() < 16 {
        Some("it is shorter than 16 characters")
    } else if words.iter().any(|word| tail.contains(word)) {
        Some("it holds a sequence or word that everybody tries first; whoever has it spends your credit")
    } else {
        None
    }
}

/// A text that looks like a provider's key.
fn is_key(value: &str) -> bool {
    let value = value.trim();
    let known = ["sk-", "sk_", "AIza", "gsk_", "xai-", "pplx-", "hf_", "r8_", "AKIA"]
        .iter()
        .any(|start| value.starts_with(start));
    known && value.len() >= 12
}

/// The line that a container's health check should have, for the port that LiteLLM listens at.
pub(super) fn probe_line(port: u16) -> String {
    format!(
        "[\"CMD\", \"python3\", \"-c\", \"import urllib.request as u; u.urlopen('http://127.0.0.1:{port}{LIVELINESS}', timeout=5)\"]"
    )
}

#[cfg(test)]
#[path = "files/tests.rs"]
mod tests;
