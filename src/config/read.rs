//! From text to values: the syntax by the file's ending, and the parsers' errors in our words.
//!
//! Must not know: what a key means.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::keys::{KnownKeys, nearest};
use super::outline::{KeyPath, Outline, Place};
use super::problem::Problem;

/// How a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// JSON with comments, trailing commas, single quotes and bare keys; plain JSON too.
    Json5,
    /// YAML 1.2.
    Yaml,
}

/// A text, and where everything in it stands.
pub(super) struct Document<'a> {
    text: &'a str,
    syntax: Syntax,
    pub(super) outline: Outline,
}

/// Strict booleans: `on`, `n` and the like stay texts, as an operator who writes a model's name means them.
pub(super) fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true, with_snippet: false }
}

impl<'a> Document<'a> {
    /// `.yaml` and `.yml` are YAML, all else is JSON5.
    pub(super) fn new(path: &Path, text: &'a str) -> Self {
        let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let is_yaml = ending.is_some_and(|ending| ending == "yaml" || ending == "yml");
        let syntax = if is_yaml { Syntax::Yaml } else { Syntax::Json5 };
        let outline = match syntax {
            Syntax::Json5 => Outline::of_json5(text),
            Syntax::Yaml => Outline::of_yaml(text),
        };
        Self { text, syntax, outline }
    }

    /// Reads the text as `T`, whose keys are `known`.
    ///
    /// # Errors
    /// All unknown and repeated keys, or the first other mistake.
    pub(super) fn read<T: DeserializeOwned>(&self, known: &KnownKeys) -> Result<T, Vec<Problem>> {
        if let Some(at) = self.outline.too_deep {
            let message = "nested more than 128 deep; no key of a configuration is".to_owned();
            return Err(vec![Problem { path: KeyPath::default(), at: Some(at), message }]);
        }
        let mut problems = known.unknown(&self.outline);
        problems.extend(self.outline.repeated().into_iter().map(|(path, at, first)| Problem {
            path,
            at: Some(at),
            message: format!("stands twice (first at line {}); keep one of them", first.line),
        }));
        match self.deserialize(&known.words()) {
            Ok(value) if problems.is_empty() => Ok(value),
            // serde stops at an unknown or repeated key too; ours says all of them, with the place and the nearest known.
            Err(problem) if problems.is_empty() || !is_about_a_key(&problem.message) => {
                problems.push(problem);
                Err(problems)
            }
            Ok(_) | Err(_) => Err(problems),
        }
    }

    fn deserialize<T: DeserializeOwned>(&self, words: &[String]) -> Result<T, Problem> {
        let (path, at, message) = match self.syntax {
            Syntax::Json5 => {
                let mut deserializer = json5::Deserializer::from_str(self.text);
                let error = match serde_path_to_error::deserialize(&mut deserializer) {
                    Ok(value) => return Ok(value),
                    Err(error) => error,
                };
                let at = error.inner().position().map(|at| Place { line: at.line + 1, column: at.column + 1 });
                let path = key_path(error.path());
                if let Some(code) = error.inner().code() {
                    let at = at.or_else(|| self.outline.place(&path)).or_else(|| self.start());
                    let (message, of_a_value) = json5_fault(code);
                    let path = if of_a_value { path } else { KeyPath::default() };
                    return Err(Problem { path, at, message });
                }
                (path, at, error.inner().to_string())
            }
            Syntax::Yaml => {
                let mut path = KeyPath::default();
                let read = |deserializer: serde_saphyr::Deserializer<'_, '_>| {
                    serde_path_to_error::deserialize(deserializer).map_err(|error| {
                        path = key_path(error.path());
                        error.into_inner()
                    })
                };
                let error = match serde_saphyr::with_deserializer_from_str_with_options(self.text, yaml_options(), read)
                {
                    Ok(value) => return Ok(value),
                    Err(error) => error,
                };
                let count = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
                let at = error.location().map(|at| Place { line: count(at.line()), column: count(at.column()) });
                (path, at, error.without_snippet().to_string())
            }
        };
        let message = in_our_words(&message, words);
        // The outline knows the value's place; a parser often only the place where it gave up.
        let at = if path.0.is_empty() { at.or_else(|| self.start()) } else { self.outline.place(&path).or(at) };
        Err(Problem { path, at, message })
    }

    fn start(&self) -> Option<Place> {
        (!self.text.trim().is_empty()).then_some(Place { line: 1, column: 1 })
    }
}

fn is_about_a_key(message: &str) -> bool {
    message.starts_with("unknown key") || message.starts_with("duplicate ")
}

fn key_path(path: &serde_path_to_error::Path) -> KeyPath {
    KeyPath(
        path.iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(format!("[{index}]")),
                Segment::Map { key } => Some(key.clone()),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect(),
    )
}

/// A parser's message without any value of the text (it may be a secret in the wrong place), in plain words.
fn in_our_words(message: &str, words: &[String]) -> String {
    let message = message.lines().next().unwrap_or_default();
    if let Some((_, expected)) = message.rsplit_once(", expected ").filter(|_| message.starts_with("invalid ")) {
        return format!("this is not {}", plain(without_place(expected)));
    }
    if let Some((_, known)) = message.split_once(", expected ").filter(|_| message.starts_with("unknown variant")) {
        let known = without_place(known).trim_start_matches("one of ").split(", ").flat_map(|part| part.split(" or "));
        let known: Vec<&str> = known.map(|name| name.trim_matches('`')).collect();
        let written = message.split('`').nth(1).unwrap_or_default();
        let hint = nearest(written, &known).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        return format!("this is none of {}{hint}", known.join(", "));
    }
    if message.starts_with("unknown field") {
        return "unknown key".to_owned();
    }
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return format!("`{field}` is missing here");
    }
    let sort = message.strip_prefix("invalid ").or_else(|| message.strip_prefix("expected "));
    if let Some(known) = sort.map(plain).filter(|words| Some(words.as_str()) != sort) {
        return format!("this is not {known}");
    }
    // serde-saphyr adds advice to programmers.
    let message = message.split(", set ").next().unwrap_or(message);
    without_quoted(without_place(message), words)
}

/// json5's own faults, whose places are exact: the words for each, and whether it is a value of the wrong sort.
const JSON5_FAULTS: [(json5::ErrorCode, &str, bool); 13] = {
    use json5::ErrorCode as Code;
    [
        (Code::ExpectedString, "this is not a text in quotes (a duration too is one: \"30s\", \"10m\", \"1h\")", true),
        (Code::ExpectedBool, "this is not true or false", true),
        (Code::ExpectedNumber, "this is not a number", true),
        (Code::ExpectedOpeningBrace, "this is not a group of keys in braces", true),
        (Code::ExpectedOpeningBracket, "this is not a list in brackets", true),
        (Code::ExpectedStringOrObject, "this is not one of the words known here, in quotes", true),
        (Code::ExpectedColon, "a `:` is missing after the key", false),
        (Code::ExpectedComma, "a `,` or a closing bracket is missing before this", false),
        (Code::EofParsingArray, "this `[` is not closed", false),
        (Code::EofParsingObject, "this `{` is not closed", false),
        (Code::EofParsingString, "this text in quotes is not closed", false),
        (Code::EofParsingValue, "a value is missing here: the text ends", false),
        (Code::LineTerminatorInString, "a text in quotes is not closed before the end of its line", false),
    ]
};

fn json5_fault(code: json5::ErrorCode) -> (String, bool) {
    let fault = JSON5_FAULTS.iter().find(|(known, ..)| *known == code);
    fault.map_or_else(
        || (format!("not valid JSON5: {code}"), false),
        |(_, words, of_a_value)| ((*words).to_owned(), *of_a_value),
    )
}

fn plain(expected: &str) -> String {
    match expected.split_whitespace().next().unwrap_or_default() {
        "a" | "an" if expected.contains("duration") => "a duration; write it as 30s, 10m, 1h or 7d".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "struct" | "map" | "mapping" => "a group of keys in braces".to_owned(),
        "a" if expected.starts_with("a map") => "a group of keys in braces".to_owned(),
        "a" if expected.starts_with("a sequence") => "a list in brackets".to_owned(),
        "a" if expected.starts_with("a string") => "a text in quotes".to_owned(),
        "a" if expected.starts_with("a boolean") => "true or false".to_owned(),
        "boolean" => "true or false".to_owned(),
        "string" => "a text in quotes".to_owned(),
        "sequence" => "a list in brackets".to_owned(),
        _ => expected.to_owned(),
    }
}

fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

/// Blanks what stands between quotes or backticks, known words excepted. An odd quote blanks the rest.
fn without_quoted(message: &str, words: &[String]) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(open) = rest.find(['"', '\'', '`']) {
        let (before, after) = rest.split_at(open);
        let quote = &after[..1];
        out.push_str(before);
        let (quoted, behind) = after[1..].split_once(quote).unwrap_or((&after[1..], ""));
        let harmless = words.iter().any(|word| word == quoted) || quoted.chars().count() == 1;
        out.extend([quote, if harmless { quoted } else { "***" }, quote]);
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parsers_message_loses_every_value() {
        let words = ["every".to_owned()];
        for (message, expected) in [
            (r#"invalid type: string "ca, expected \"nary", expected u32"#, "this is not a whole number from 0"),
            (
                r#"invalid value: string "canary", expected a duration"#,
                "this is not a duration; write it as 30s, 10m, 1h or 7d",
            ),
            (
                "unknown variant `observ`, expected one of `observe`, `apply`",
                "this is none of observe, apply; did you mean \"observe\"?",
            ),
            ("unknown variant `canary-x`, expected `observe` or `apply`", "this is none of observe, apply"),
            ("missing field `database`", "`database` is missing here"),
            ("bad 'canary' in `every` and \"can`ary", "bad '***' in `every` and \"***\""),
        ] {
            assert_eq!(in_our_words(message, &words), expected);
        }
    }
}
