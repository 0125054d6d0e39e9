//! Spans of time as a person writes them: `30s`, `1m 30s`, `60d`.
//!
//! Decides: how one is written; whatever humantime reads is read. Must not know: which key it stands at.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serializer;

pub(super) use humantime_serde::deserialize;

/// The units, and their nanoseconds. Months and years differ in length, and weeks are written by nobody.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1000),
    ("ns", 1),
];

/// In as few whole units as hold it exactly.
pub(super) fn written(span: Duration) -> String {
    let (mut out, mut rest) = (String::new(), span.as_nanos());
    for (unit, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            let space = if out.is_empty() { "" } else { " " };
            let _ = write!(out, "{space}{count}{unit}");
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

/// A span, or none.
pub(super) trait Span {
    fn span(&self) -> Option<Duration>;
}

impl Span for Duration {
    fn span(&self) -> Option<Duration> {
        Some(*self)
    }
}

impl Span for Option<Duration> {
    fn span(&self) -> Option<Duration> {
        *self
    }
}

/// For `#[serde(with = …)]`.
pub(super) fn serialize<S: Serializer>(span: &impl Span, serializer: S) -> Result<S::Ok, S::Error> {
    match span.span() {
        Some(span) => serializer.serialize_str(&written(span)),
        None => serializer.serialize_none(),
    }
}

/// How the JSON Schema describes one.
pub(super) struct Written;

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A span of time: `30s`, `10m`, `1h`, `7d`, or a sum as `1m 30s`.", "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_reads_as_a_person_wrote_it() {
        for (seconds, text) in [
            (0, "0s"),
            (30, "30s"),
            (90, "1m 30s"),
            (3600, "1h"),
            (86_400, "1d"),
            (5_184_000, "60d"),
            (90_061, "1d 1h 1m 1s"),
        ] {
            assert_eq!(written(Duration::from_secs(seconds)), text);
        }
        assert_eq!(written(Duration::from_millis(1500)), "1s 500ms");
        assert_eq!(written(Duration::new(0, 1001)), "1us 1ns");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_exactly(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            let span = Duration::new(seconds, nanos);
            prop_assert_eq!(humantime::parse_duration(&written(span)).unwrap(), span);
        }
    }
}
