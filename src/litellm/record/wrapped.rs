//! Lines that docker and the journal wrapped in JSON, with a time of their own.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// What is kept of a line that came in pieces, in bytes.
const LONGEST: usize = 1024 * 1024;

/// One line of docker's `json-file`.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(default)]
    stream: Cow<'a, str>,
    time: Timestamp,
}

/// Unwraps docker's lines. It cuts what a program says every 16 KB: pieces without a line's end are put together, each
/// stream's for itself.
#[derive(Debug)]
pub struct Docker<P> {
    /// stdout's and stderr's.
    parts: [Option<(P, Timestamp, Vec<u8>)>; 2],
}

impl<P> Default for Docker<P> {
    fn default() -> Self {
        Self { parts: [None, None] }
    }
}

impl<P: Ord> Docker<P> {
    /// Takes a line of the file; the line of the program that it completes, where that began, and when.
    pub fn line(&mut self, line: &[u8], at: P) -> Option<(P, Timestamp, Vec<u8>)> {
        let text = String::from_utf8_lossy(line);
        let piece: Piece<'_> = serde_json::from_str(&text).ok()?;
        let part = &mut self.parts[usize::from(piece.stream == "stderr")];
        let (whole, said) = piece.log.strip_suffix('\n').map_or((false, &*piece.log), |said| (true, said));
        let (_, _, words) = part.get_or_insert_with(|| (at, piece.time, vec![]));
        let room = LONGEST.saturating_sub(words.len());
        words.extend_from_slice(said.as_bytes().get(..room).unwrap_or(said.as_bytes()));
        if whole { part.take() } else { None }
    }

    /// Where the oldest line begins of which pieces are missing.
    pub fn begins(&self) -> Option<&P> {
        self.parts.iter().flatten().map(|(at, ..)| at).min()
    }

    /// The missing pieces do not come any more.
    pub fn forget(&mut self) {
        self.parts = [None, None];
    }
}

/// One entry of the journal, as `journalctl -o json` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Where the journal goes on behind it.
    pub cursor: String,
    /// When it was written (UTC).
    pub at: Timestamp,
    /// What the program said.
    pub message: Vec<u8>,
}

/// Reads one line of `journalctl -o json`; `None`: it is none. Texts that are no clean UTF-8 come as lists of bytes.
pub fn journal(line: &[u8]) -> Option<JournalEntry> {
    let entry: Value = serde_json::from_slice(line).ok()?;
    let cursor = entry.get("__CURSOR")?.as_str()?.to_owned();
    let at = entry.get("__REALTIME_TIMESTAMP")?.as_str()?.parse().ok()?;
    let message = match entry.get("MESSAGE")? {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Array(bytes) => {
            bytes.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect::<Option<Vec<u8>>>()?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    Some(JournalEntry { cursor, at: Timestamp::from_microsecond(at).ok()?, message })
}
