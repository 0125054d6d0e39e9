//! What is wrong with a configuration, and how it is shown: place, path, remedy, and the line without its values.

use std::fmt;
use std::io;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::outline::{KeyPath, Place, is_name};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// Empty for the whole text.
    pub(super) path: KeyPath,
    /// `None`: not said by the parser and not found by the path.
    pub(super) at: Option<Place>,
    /// What is wrong and what to do, without any value that could be a secret.
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(path: KeyPath, message: impl Into<String>) -> Self {
        Self { path, at: None, message: message.into() }
    }
}

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file was found.
    #[error("no configuration found; looked for:\n{}\nwrite one (config.example.json5 explains every key) or name it with --config FILE", listed(.looked))]
    NotFound {
        /// Where it was looked for, in order.
        looked: Vec<PathBuf>,
    },
    /// The file is there, or was named, and cannot be read.
    #[error("the configuration {} cannot be read: {why}; {}", .path.display(), remedy(.why))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// The file has mistakes: all that were found, each with its place.
    #[error("{0}")]
    Invalid(Report),
    /// There is nothing to migrate: the file is in our own form already.
    #[error("{} is in channelwarden's own form already: nothing to migrate", .path.display())]
    NothingToMigrate {
        /// The file.
        path: PathBuf,
    },
    /// The configuration cannot be put into words.
    #[error("the configuration cannot be written: {message}")]
    Unwritable {
        /// Why.
        message: String,
    },
}

/// What to do about a file that cannot be read.
fn remedy(why: &io::Error) -> &'static str {
    if why.kind() == io::ErrorKind::NotFound {
        "check the path"
    } else if why.kind() == io::ErrorKind::IsADirectory {
        "it is a folder: a container engine makes one where the file to mount is not there"
    } else if why.kind() == io::ErrorKind::PermissionDenied {
        "the user that we run as must be able to read it (in our image user 10001, with our unit the group channelwarden)"
    } else {
        "check the path and its rights"
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let line = |path: &PathBuf| {
        let seen = if path.is_file() {
            " (is there, and empty)"
        } else if path.is_dir() {
            " (is a folder: a container engine makes one where the file to mount is not there)"
        } else {
            ""
        };
        format!("  {}{seen}", path.display())
    };
    paths.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The mistakes of one file, ready to be shown; holds no value of the file.
#[derive(Clone, Debug)]
pub struct Report {
    count: usize,
    text: String,
}

impl Report {
    /// How many mistakes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `words`: the names a shown line may keep; all else on it is blanked.
    pub(super) fn new(file: &str, text: &str, mut problems: Vec<Problem>, words: &[String]) -> Self {
        problems.sort_by_key(|problem| problem.at);
        problems.dedup();
        let shown: Vec<_> = problems.iter().map(|problem| show(file, text, problem, words)).collect();
        Self { count: problems.len(), text: shown.join("\n\n") }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn show(file: &str, text: &str, problem: &Problem, words: &[String]) -> String {
    let path = if problem.path.0.is_empty() { String::new() } else { format!("`{}`: ", problem.path) };
    let Some(at) = problem.at else {
        return format!("{file}: {path}{}", problem.message);
    };
    let head = format!("{file}:{}:{}: {path}{}", at.line, at.column, problem.message);
    let Some(line) = text.lines().nth(at.line - 1) else { return head };
    // The message names the path, so the line may too.
    let named = problem.path.0.iter().filter(|key| is_name(key));
    let is_known = |word: &str| words.iter().chain(named.clone()).any(|known| known == word);
    let (line, span) = blanked(line, at.column, &is_known);
    if line.trim().is_empty() || line.len() > 400 {
        return head;
    }
    let snippet = Snippet::source(line).line_start(at.line).annotation(AnnotationKind::Primary.span(span));
    let group = [annotate_snippets::Group::with_level(Level::ERROR).element(snippet)];
    format!("{head}\n{}", Renderer::plain().render(&group))
}

/// The line with every word replaced by `***` that is not known to be harmless, and the bytes of the word (or
/// character) at the column. Values may be secrets wherever they stand, so only known words are kept.
fn blanked(line: &str, column: usize, is_known: &dyn Fn(&str) -> bool) -> (String, std::ops::Range<usize>) {
    let mut out = String::new();
    let mut span = None;
    let mut chars = line.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        let start = out.len();
        let mut last = index;
        if matches!(c, '{' | '}' | '[' | ']' | ',' | ':') || c.is_whitespace() {
            out.push(if c == '\t' { ' ' } else { c });
        } else {
            let quote = Some(c).filter(|c| matches!(c, '"' | '\''));
            let mut word = if quote.is_some() { String::new() } else { c.to_string() };
            let ends = |next: char| match quote {
                Some(quote) => next == quote,
                None => next.is_whitespace() || matches!(next, '{' | '}' | '[' | ']' | ',' | ':' | '"' | '\''),
            };
            while let Some((at, next)) = chars.next_if(|(_, next)| !ends(*next)) {
                last = at;
                word.push(next);
                if quote.is_some() && next == '\\' {
                    word.extend(chars.next().map(|(_, escaped)| escaped));
                }
            }
            let quote = quote.map(String::from).unwrap_or_default();
            if !quote.is_empty()
                && let Some((at, _)) = chars.next()
            {
                last = at;
            }
            let word = if is_known(&word) { word.as_str() } else { "***" };
            out.extend([quote.as_str(), word, quote.as_str()]);
        }
        if (index..=last).contains(&(column - 1)) {
            span = Some(start..out.len());
        }
    }
    let end = out.len();
    (out, span.unwrap_or(end..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank(line: &str, column: usize) -> (String, String) {
        let (text, span) = blanked(line, column, &|word| ["every", "probe", "true"].contains(&word));
        let marked = text[span].to_owned();
        (text, marked)
    }

    #[test]
    fn only_known_words_of_a_line_are_kept() {
        assert_eq!(
            blank(r#"  probe: { "every": "sk-1 \" 2", x: 12 } // note"#, 21),
            (r#"  probe: { "every": "***", ***: *** } *** ***"#.to_owned(), r#""***""#.to_owned())
        );
        assert_eq!(blank("every: true", 8), ("every: true".to_owned(), "true".to_owned()));
        assert_eq!(blank("key: 'unclosed secret: {x", 6).0, "***: '***'");
        assert_eq!(blank("\u{6a21}: p\u{e9}w, d", 4), ("***: ***, ***".to_owned(), "***".to_owned()));
        assert_eq!(blank("probe", 99), ("probe".to_owned(), String::new()));
    }
}
