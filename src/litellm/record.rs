//! Lines of `LiteLLM`'s log as records: what was said, when, and which request's end stood right behind it.
//!
//! Decides: where a record begins and ends, in its plain form and as JSON, which stand mixed in one stream; what of it is
//! kept. Must not know: which record is a failure, where lines come from, or what time it is.

mod access;
mod wrapped;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use serde_json::Value;

pub use self::access::Access;
pub use self::wrapped::{Docker, JournalEntry, journal};

/// What is kept of a record's words, in bytes. What comes behind them is its traceback.
const WORDS: usize = 8 * 1024;
/// What is kept of a name or a call's id, in characters.
const NAME: usize = 256;
/// What of a plain line is looked at, in bytes.
const LINE: usize = 2 * WORDS;

/// The line with a record's public name, and how it goes on behind the name.
const GROUP: (&str, &str) = ("LiteLLM: model group '", "' failed with the error above");
/// The same in older versions, which say it at the end of the words.
const GROUP_BEFORE: &str = "Received Model Group=";
/// What it asks for behind a failure that it does not expect, in a record of its own: part of that failure.
const ASIDE: &str = "This looks like a bug in LiteLLM";
/// Where the words end and the stack begins.
const STACK: &str = "Traceback (most recent call last)";

/// When a record was written, as it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time of day, with neither date nor zone: plain lines.
    Clock(Time),
    /// A date and time without a zone: JSON.
    Local(DateTime),
    /// A time: told by what keeps the lines (docker, the journal).
    Exact(Timestamp),
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub when: When,
    /// `DEBUG` to `CRITICAL`.
    pub level: String,
    /// What was said, its first 8 KB, without the traceback. Foreign text.
    pub words: String,
    /// The public name that it is about (`model group 'X' failed`). Foreign text.
    pub group: Option<String>,
    /// `litellm_call_id`, where it stands beside the words (JSON).
    pub call: Option<String>,
}

/// A record that is whole, and the line of uvicorn's that stood right behind it, if one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The record.
    pub record: Record,
    /// The request that was answered next: often the record's own.
    pub access: Option<Access>,
}

/// What one line is.
enum Line<'a> {
    /// A record begins; `true`: it is whole, and no line behind it belongs to it.
    Start(Record, bool),
    /// A request was answered.
    Access(Access),
    /// Uvicorn says something else.
    Other,
    /// Part of the record before, or junk.
    More(&'a str),
}

/// A record that may go on.
#[derive(Debug)]
struct Open<P> {
    at: P,
    record: Record,
    whole: bool,
    /// The traceback has begun.
    stack: bool,
}

/// Puts lines together to records. `P` is where a line stood.
#[derive(Debug)]
pub struct Records<P> {
    open: Option<Open<P>>,
}

impl<P> Default for Records<P> {
    fn default() -> Self {
        Self { open: None }
    }
}

impl<P> Records<P> {
    /// Takes the next line, without its end; `exact`: when it was written, where that is known. What it completes.
    pub fn line(&mut self, line: &[u8], at: P, exact: Option<Timestamp>) -> Option<Closed> {
        if self.open.is_none() && !may_begin(line) {
            return None;
        }
        let json = line.first() == Some(&b'{');
        let seen = if json { line } else { line.get(..LINE).unwrap_or(line) };
        let text = String::from_utf8_lossy(seen);
        match read(&text, exact) {
            Line::Start(record, whole) => {
                let open = Open { at, record, whole, stack: false };
                self.open.replace(open).map(|open| open.close(None))
            }
            Line::Access(access) => self.open.take().map(|open| open.close(Some(access))),
            Line::Other => self.finish(),
            Line::More(text) => {
                if let Some(open) = self.open.as_mut().filter(|open| !open.whole) {
                    open.more(text);
                }
                None
            }
        }
    }

    /// Nothing comes any more: the record that was open is whole.
    pub fn finish(&mut self) -> Option<Closed> {
        self.open.take().map(|open| open.close(None))
    }

    /// Where the record that is not whole yet begins.
    pub fn begins(&self) -> Option<&P> {
        self.open.as_ref().map(|open| &open.at)
    }
}

impl<P> Open<P> {
    fn more(&mut self, line: &str) {
        // The traceback repeats the words: its name counts where they were cut before theirs.
        if !self.stack || self.record.group.is_none() {
            self.record.group = group_in(line).or_else(|| self.record.group.take());
        }
        if line.starts_with(GROUP.0) {
            return;
        }
        self.stack |= line.starts_with(STACK) || line.starts_with("ERROR: ");
        if !self.stack && self.record.words.len() < WORDS {
            self.record.words.push('\n');
            push_up_to(&mut self.record.words, line);
        }
    }

    fn close(self, access: Option<Access>) -> Closed {
        Closed { record: self.record, access }
    }
}

/// Whether a line may be the first of a record: cheap, for what is neither.
fn may_begin(line: &[u8]) -> bool {
    line.first().is_some_and(|first| first.is_ascii_digit() || matches!(first, b'{' | 0x1b))
}

fn read(text: &str, exact: Option<Timestamp>) -> Line<'_> {
    if text.starts_with('{') {
        return from_json(text, exact).unwrap_or(Line::More(text));
    }
    let bare = without_colours(text);
    if let Some(access) = access::plain(&bare) {
        return Line::Access(access);
    }
    match start(&bare, exact) {
        Some(record) if record.words.starts_with(ASIDE) => Line::More(""),
        Some(record) => Line::Start(record, false),
        // Its errors are part of what they are about: an error handler that fails itself (no prisma).
        None if bare.starts_with("INFO:     ") => Line::Other,
        None => Line::More(text),
    }
}

/// `03:40:50 - LiteLLM Proxy:ERROR: file.py:1687 - words`.
fn start(line: &str, exact: Option<Timestamp>) -> Option<Record> {
    let (clock, rest) = line.split_at_checked(8)?;
    let (logger, rest) = rest.strip_prefix(" - ")?.split_once(':')?;
    let (level, rest) = rest.split_once(": ")?;
    let (place, words) = rest.split_once(" - ")?;
    let (file, number) = place.split_once(':')?;
    let named = logger.starts_with("LiteLLM") && is_level(level) && !file.is_empty() && !file.contains(' ');
    if !named || number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let when = Time::strptime("%H:%M:%S", clock).ok().map(When::Clock)?;
    Some(record(exact.map_or(when, When::Exact), level, words))
}

/// A record of `JSON_LOGS`. What an upstream answered stands merged among its members: only those that `LiteLLM` writes
/// first are believed.
fn from_json(text: &str, exact: Option<Timestamp>) -> Option<Line<'_>> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return None };
    let Some(Value::String(message)) = members.remove("message") else { return None };
    let level = members.get("level")?.as_str().filter(|level| is_level(level))?;
    let of_uvicorn = members.get("component").and_then(Value::as_str).is_some_and(|from| from.starts_with("uvicorn"));
    if of_uvicorn {
        let error = level == "ERROR";
        return Some(access::request(&message).map_or(if error { Line::More("") } else { Line::Other }, Line::Access));
    }
    if message.starts_with(ASIDE) {
        return Some(Line::More(""));
    }
    let when = members.get("timestamp")?.as_str()?.parse().ok().map(When::Local)?;
    let (groups, words): (Vec<&str>, Vec<&str>) = message.lines().partition(|line| line.starts_with(GROUP.0));
    let mut record = record(exact.map_or(when, When::Exact), level, &words.join("\n"));
    record.group = groups.last().and_then(|line| group_in(line)).or(record.group);
    record.call = members.get("litellm_call_id").and_then(Value::as_str).map(named);
    Some(Line::Start(record, true))
}

fn record(when: When, level: &str, said: &str) -> Record {
    let mut words = String::new();
    push_up_to(&mut words, said);
    Record { when, level: level.to_owned(), group: group_in(said), words, call: None }
}

/// The public name that a line tells.
fn group_in(line: &str) -> Option<String> {
    if let Some(rest) = line.strip_prefix(GROUP.0) {
        return rest.rsplit_once(GROUP.1).map(|(name, _)| named(name));
    }
    let (_, rest) = line.rsplit_once(GROUP_BEFORE)?;
    rest.lines().next().map(named)
}

fn named(text: &str) -> String {
    text.chars().take(NAME).collect()
}

fn is_level(word: &str) -> bool {
    ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(&word)
}

/// Appends as much as there is room for.
fn push_up_to(words: &mut String, more: &str) {
    let room = WORDS.saturating_sub(words.len());
    words.push_str(&more[..more.floor_char_boundary(room)]);
}

/// The line without `\x1b[…m`: older versions colour their lines, and uvicorn on a terminal does.
fn without_colours(line: &str) -> std::borrow::Cow<'_, str> {
    if !line.contains('\x1b') {
        return line.into();
    }
    let mut parts = line.split("\x1b[");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let codes = part.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        bare.push_str(part[codes..].strip_prefix('m').unwrap_or(&part[codes..]));
    }
    bare.into()
}

#[cfg(test)]
mod tests;
