//! How things look: colours, the signs that say the same without them, and foreign text made fit for a cell.
//!
//! Decides: which state has which sign and colour; that a text never takes more room than it was given. Must not know: where.

use jiff::{SignedDuration, Timestamp};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::notify::message::shown;

/// The longest text that is drawn at all, in characters.
const LONGEST: usize = 2000;

/// What a thing is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Doubtful,
    Bad,
    /// It matters less.
    Faint,
    /// A heading.
    Strong,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) colour: bool,
}

impl Palette {
    pub(crate) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let coloured = |colour| if self.colour { style.fg(colour) } else { style };
        match tone {
            Tone::Plain => style,
            Tone::Good => coloured(Color::Green),
            Tone::Doubtful => coloured(Color::Yellow),
            Tone::Bad => coloured(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Faint => style.add_modifier(Modifier::DIM),
            Tone::Strong => style.add_modifier(Modifier::BOLD),
        }
    }
}

/// The sign and tone of a light, or of any other state's name.
pub(crate) fn light(name: &str) -> (&'static str, Tone) {
    match name {
        "up" | "applied" | "well" => ("+", Tone::Good),
        "degraded" | "warning" | "held" | "open" | "auto-disabled" => ("~", Tone::Doubtful),
        "down" | "critical" | "conflict" | "ill" => ("x", Tone::Bad),
        "withdrawn" | "abandoned" | "disabled" | "blocked" => ("-", Tone::Faint),
        "proposed" | "info" => (">", Tone::Plain),
        _ => ("?", Tone::Faint),
    }
}

/// The sign and tone of a check.
pub(crate) fn well(well: Option<bool>) -> (&'static str, Tone) {
    light(match well {
        Some(true) => "well",
        Some(false) => "ill",
        None => "",
    })
}

/// Foreign text on one line, without anything that hides or turns text.
pub(crate) fn clean(text: &str) -> String {
    shown(text, LONGEST)
}

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text in exactly so many columns: cut with `…`, or filled up. Double-width characters are never halved.
pub(crate) fn fit(text: &str, columns: usize, right: bool) -> String {
    let text = clean(text);
    let (mut kept, mut used) = (text.clone(), width(&text));
    if used > columns {
        (kept, used) = (String::new(), 0);
        let span = Span::raw(&text);
        for grapheme in span.styled_graphemes(Style::new()) {
            let wide = width(grapheme.symbol);
            if used + wide >= columns {
                break;
            }
            kept.push_str(grapheme.symbol);
            used += wide;
        }
        if used < columns {
            kept.push('…');
            used += 1;
        }
    }
    let fill = " ".repeat(columns.saturating_sub(used));
    if right { fill + &kept } else { kept + &fill }
}

/// Lines of at most so many columns, broken at spaces where there are any.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let (mut lines, mut line, mut used) = (vec![], String::new(), 0);
    for word in clean(text).split(' ') {
        let wide = width(word);
        if used > 0 && used + 1 + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        for grapheme in Span::raw(word).styled_graphemes(Style::new()) {
            let wide = width(grapheme.symbol);
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme.symbol);
            used += wide;
        }
    }
    lines.push(line);
    lines
}

/// A time span in its largest unit: `12 s`, `3 m`, `5 h`, `2 d`.
pub(crate) fn span(of: SignedDuration) -> String {
    let seconds = of.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long ago.
pub(crate) fn ago(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never".to_owned(), |at| format!("{} ago", span(now.duration_since(at))))
}

/// As [`ago`], for a narrow cell.
pub(crate) fn age(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(String::new, |at| span(now.duration_since(at)))
}

/// A time with its date, in UTC.
pub(crate) fn moment(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never".to_owned(), |at| format!("{} UTC ({})", at.strftime("%F %T"), ago(Some(at), now)))
}

/// `98.7 %`; nothing where nothing is known.
pub(crate) fn percent(of: Option<f64>) -> String {
    of.map_or_else(String::new, |of| format!("{of:.1} %"))
}

/// `340 ms`, `2.1 s`; nothing where nothing is known.
#[expect(clippy::cast_precision_loss, reason = "a latency")]
pub(crate) fn latency(ms: Option<u64>) -> String {
    match ms {
        None => String::new(),
        Some(ms) if ms < 1_000 => format!("{ms} ms"),
        Some(ms) => format!("{:.1} s", ms as f64 / 1_000.0),
    }
}

/// `812 MiB`.
#[expect(clippy::cast_precision_loss, reason = "rounded to a tenth")]
pub(crate) fn bytes(of: u64) -> String {
    let of = of as f64 / 1_048_576.0;
    if of < 1_024.0 { format!("{of:.0} MiB") } else { format!("{:.1} GiB", of / 1_024.0) }
}

/// A value as a bar's height, compared with the largest; `·` where nothing is known.
pub(crate) fn sparkline(values: &[Option<u64>]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.iter().flatten().max().copied().unwrap_or_default().max(1);
    let bar = |value: u64| {
        let height = u128::from(value) * (BARS.len() as u128 - 1) / u128::from(most);
        BARS[usize::try_from(height).unwrap_or_default().min(BARS.len() - 1)]
    };
    values.iter().map(|value| value.map_or('·', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_takes_the_columns_it_was_given() {
        for (text, columns, expected) in [
            ("gpt-4o", 8, "gpt-4o  "),
            ("gpt-4o", 6, "gpt-4o"),
            ("gpt-4o", 4, "gpt…"),
            ("模型模型", 8, "模型模型"),
            ("模型模型", 7, "模型模…"),
            ("模型模型", 6, "模型… "),
            ("模", 1, "…"),
            ("a\u{202e}b\nc", 5, "a�b�c"),
            ("abc", 0, ""),
        ] {
            assert_eq!(fit(text, columns, false), expected, "{text:?} {columns}");
        }
        assert_eq!(fit("7", 3, true), "  7");
    }

    #[test]
    fn words_are_broken_at_spaces_and_long_ones_anywhere() {
        assert_eq!(wrapped("two words here", 9), ["two words", "here"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("模型模", 4), ["模型", "模"]);
    }

    #[test]
    fn times_and_sizes_in_words() {
        let span_of = |seconds| span(SignedDuration::from_secs(seconds));
        assert_eq!(
            [0, 59, 60, 3_599, 3_600, 172_800, -5].map(span_of),
            ["0 s", "59 s", "1 m", "59 m", "1 h", "2 d", "0 s"]
        );
        assert_eq!((latency(Some(340)), latency(Some(2_140))), ("340 ms".to_owned(), "2.1 s".to_owned()));
        assert_eq!((bytes(812 << 20), bytes(3 << 30)), ("812 MiB".to_owned(), "3.0 GiB".to_owned()));
        assert_eq!(sparkline(&[Some(0), None, Some(50), Some(100)]), "▁·▄█");
        assert_eq!(sparkline(&[Some(u64::MAX), Some(0)]), "█▁");
    }

    proptest! {
        #[test]
        fn whatever_the_text_it_fits_and_nothing_in_it_steers_the_terminal(text in ".{0,60}", columns in 0_usize..40) {
            let fitted = fit(&text, columns, false);
            prop_assert_eq!(width(&fitted), columns);
            prop_assert!(!fitted.chars().any(char::is_control));
            for line in wrapped(&text, columns) {
                prop_assert!(width(&line) <= columns.max(2));
            }
        }
    }
}
