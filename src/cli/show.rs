//! Tables and words for people. Colours only on a terminal (`NO_COLOR` is respected).

mod keys;

use std::collections::{BTreeMap, HashMap};

use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::apply;
use crate::gateway::{Orphans, Sort};
use crate::model::{ChannelRef, Held, ModelName, Reason, Removal, is_invisible};
use crate::round::{ChangeLine, DriftLine, Report};
use crate::store::ObservationRecord;

pub(super) use self::keys::keys;

/// An empty table with a heading.
pub(super) fn table<T: ToString>(heading: &[T]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if !console::colors_enabled() {
        table.force_no_tty();
    }
    table.set_header(heading.iter().map(T::to_string));
    table
}

/// A cell in a colour that says how good it is.
pub(super) fn tinted(text: impl Into<String>, color: Color) -> Cell {
    let cell = Cell::new(text.into());
    if console::colors_enabled() { cell.fg(color) } else { cell }
}

/// Text from outside for a terminal: without control characters, so that a name cannot move the cursor, and with a `�` for
/// what hides or turns the reading direction.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_control() => ' ',
        c if is_invisible(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// A time as this machine's clock shows it, to the second.
pub(super) fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The table of a round: channel, model, verdict, latency, why. On a terminal a row is a line, cut where it ends.
pub(super) fn round(report: &Report, observed: &[ObservationRecord]) -> Table {
    let said = Verdicts::new(report);
    let mut table = table(&["channel", "model", "verdict", "latency", "why"]);
    for seen in observed {
        let (verdict, color) = said.of(seen);
        let latency = if seen.status.is_some() { format!("{} ms", seen.latency_ms) } else { "–".to_owned() };
        let why = if seen.outcome == "works" { String::new() } else { why(seen) };
        let mut row = Row::from(vec![
            Cell::new(seen_on(report, seen)),
            Cell::new(plain(&seen.model)),
            tinted(verdict, color),
            Cell::new(latency),
            Cell::new(why),
        ]);
        row.max_height(1);
        table.add_row(row);
    }
    table.set_truncation_indicator("…");
    // Models are shown whole, unless one is very long; what is left over goes to the last column.
    let longest = observed.iter().map(|seen| seen.model.chars().count()).max().unwrap_or_default();
    let whole = ColumnConstraint::ContentWidth;
    let model = if longest <= 32 { whole } else { ColumnConstraint::UpperBoundary(Width::Fixed(34)) };
    table.set_constraints([ColumnConstraint::UpperBoundary(Width::Percentage(22)), model, whole, whole]);
    table
}

/// When doubtful and withdrawn models are looked at again: one line a channel and time.
pub(super) fn again(report: &Report) -> Vec<String> {
    let doubtful = report.doubtful.iter().map(|doubt| (&doubt.channel, "doubtful", doubt.next, &doubt.model));
    let off = report.still_withdrawn.iter().map(|off| (&off.channel, "still withdrawn", off.next, &off.model));
    let mut lines: BTreeMap<(i64, String, &str), (String, Vec<&str>)> = BTreeMap::new();
    for (on, word, next, model) in doubtful.chain(off) {
        let line = lines.entry((on.id, local(next), word)).or_insert_with(|| (channel(on), vec![]));
        line.1.push(model.as_str());
    }
    lines
        .into_iter()
        .map(|((_, next, word), (channel, models))| format!("{channel}: {} {word}, again at {next}", models.join(", ")))
        .collect()
}

/// Advertised models that were not asked, one line a channel and reason; a few of them named.
pub(super) fn unprobed(report: &Report) -> Vec<String> {
    const NAMES: usize = 5;
    let mut lines: BTreeMap<(i64, &str), (String, Vec<&str>)> = BTreeMap::new();
    for unprobed in &report.unprobed {
        let line = lines.entry((unprobed.channel.id, unprobed.why.as_str()));
        line.or_insert_with(|| (channel(&unprobed.channel), vec![])).1.push(unprobed.model.as_str());
    }
    let told = |((_, why), (channel, models)): ((i64, &str), (String, Vec<&str>))| {
        let (more, named) = (models.len().saturating_sub(NAMES), models.len().min(NAMES));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        plain(&format!("{channel}: {}{more} not probed: {why}", models[..named].join(", ")))
    };
    lines.into_iter().map(told).collect()
}

/// An upstream's words, without the word "status" before its number.
pub(super) fn words(detail: &str) -> String {
    plain(detail.strip_prefix("status ").unwrap_or(detail))
}

/// Models that answer oddly, one line each, and those that their provider will end, one line a channel and day.
pub(super) fn told(report: &Report) -> Vec<String> {
    let odd = report.odd.iter().map(|odd| {
        let marks: Vec<&str> = odd.marks.iter().map(|mark| mark.as_str()).collect();
        format!("{}: {} answers oddly ({}), and stays", channel(&odd.channel), odd.model, marks.join(", "))
    });
    let mut ends: BTreeMap<(jiff::civil::Date, i64), (String, Vec<&str>)> = BTreeMap::new();
    for expiring in &report.expiring {
        let key = (expiring.ends, expiring.channel.id);
        ends.entry(key).or_insert_with(|| (channel(&expiring.channel), vec![])).1.push(expiring.model.as_str());
    }
    let ends = ends.into_iter().map(|((day, _), (channel, models))| {
        format!("{channel}: {}: its provider ends it on {day}", models.join(", "))
    });
    odd.chain(ends).collect()
}

/// The channel of an observation, for people.
pub(super) fn seen_on(report: &Report, seen: &ObservationRecord) -> String {
    plain(&format!("#{} {}", seen.channel, report.seen.get(&seen.channel).map_or("", |at| &at.channel.name)))
}

fn why(seen: &ObservationRecord) -> String {
    let detail = words(&seen.detail);
    let shown = [seen.outcome.as_str()].into_iter().chain(seen.marks.iter().map(String::as_str));
    let shown = shown.collect::<Vec<_>>().join(", ");
    if detail.is_empty() { shown } else { format!("{shown}: {detail}") }
}

/// What a report says about each (channel, model).
struct Verdicts<'a> {
    said: HashMap<(i64, &'a str), (String, Color)>,
}

impl<'a> Verdicts<'a> {
    fn new(report: &'a Report) -> Self {
        let mut said = HashMap::new();
        for (channel, model) in &report.not_added {
            said.insert((*channel, model.as_str()), ("not added".to_owned(), Color::DarkGrey));
        }
        for doubt in &report.doubtful {
            let text = format!("doubtful {}/{}", doubt.count.min(doubt.times), doubt.times);
            said.insert((doubt.channel.id, doubt.model.as_str()), (text, Color::Yellow));
        }
        for off in &report.still_withdrawn {
            said.insert((off.channel.id, off.model.as_str()), ("still withdrawn".to_owned(), Color::Red));
        }
        for held in &report.held {
            let names = held.removals.iter().map(|removal| &removal.model).chain(&held.additions);
            let held = |model: &'a ModelName| ((held.channel.id, model.as_str()), ("held".to_owned(), Color::Yellow));
            said.extend(names.map(held));
        }
        for ChangeLine { change, outcome, .. } in &report.changes {
            let (done, done_color) = match outcome {
                Some(apply::Outcome::Applied(_)) => ("", None),
                Some(_) => ("not ", Some(Color::Red)),
                None => ("would be ", Some(Color::Cyan)),
            };
            let mut say = |model: &'a ModelName, word: &str, color| {
                let text = format!("{done}{word}");
                said.insert((change.channel.id, model.as_str()), (text, done_color.unwrap_or(color)));
            };
            change.removed.iter().for_each(|removal| say(&removal.model, "withdrawn", Color::Red));
            change.restored.iter().for_each(|model| say(model, "restored", Color::Green));
            change.added.iter().for_each(|model| say(model, "added", Color::Green));
        }
        Self { said }
    }

    fn of(&self, seen: &ObservationRecord) -> (String, Color) {
        if let Some(said) = self.said.get(&(seen.channel, seen.model.as_str())) {
            return said.clone();
        }
        match seen.outcome.as_str() {
            "works" | "filtered" => ("working".to_owned(), Color::Green),
            _ => ("unknown, kept".to_owned(), Color::DarkGrey),
        }
    }
}

/// How much is told of a reason.
#[derive(Clone, Copy)]
pub(super) enum Words {
    /// The finding: the upstream's words stand in a table above.
    Brief,
    /// The finding and the upstream's words.
    All,
}

/// One line a change.
pub(super) fn change(line: &ChangeLine, words: Words) -> String {
    let ChangeLine { change, outcome, .. } = line;
    let reason = |reason: &Reason| match words {
        Words::Brief => reason.brief(),
        Words::All => plain(&reason.to_string()),
    };
    let off = |removal: &Removal| format!("−{} ({})", removal.model, reason(&removal.reason));
    let mut parts: Vec<String> = change.removed.iter().map(off).collect();
    parts.extend(change.restored.iter().map(|model| format!("+{model} (works again)")));
    parts.extend(change.added.iter().map(|model| format!("+{model} (new)")));
    let result = outcome.as_ref().map(|outcome| format!(": {}", self::outcome(outcome))).unwrap_or_default();
    format!("{}: {}{result}", channel(&change.channel), parts.join(", "))
}

/// What came of a write, in words.
pub(super) fn outcome(outcome: &apply::Outcome) -> String {
    match outcome {
        apply::Outcome::Applied(id) => format!("applied as change {id} (`channelwarden undo {id}` takes it back)"),
        apply::Outcome::Rehearsed => "rehearsed: nothing is in its way, and what ran was rolled back".to_owned(),
        apply::Outcome::Conflict(why) => format!("not written, conflict: {why}"),
        apply::Outcome::OnHold(why) | apply::Outcome::Refused(why) | apply::Outcome::Failed(why) => {
            format!("not written: {why}")
        }
    }
}

/// One line a held change.
pub(super) fn held(held: &Held) -> String {
    let off = held.removals.iter().map(|removal| format!("−{}", removal.model));
    let on = held.additions.iter().map(|model| format!("+{model}"));
    let models: Vec<_> = off.chain(on).collect();
    format!("{}: {} held by {}: {}", channel(&held.channel), models.join(", "), held.guard, held.why)
}

/// A channel whose routing rows do not agree with its list; `remedy` is told where nothing was tried and nothing is in
/// the way.
pub(super) fn drift(line: &DriftLine, remedy: &str) -> String {
    let sort = |sort: &Sort, what: &str| {
        let example = if sort.count > 1 { format!("{}, …", sort.example) } else { sort.example.clone() };
        (sort.count > 0).then(|| format!("{} {what} ({example})", sort.count))
    };
    let rows = &line.rows;
    let sorts = [sort(&rows.missing, "missing"), sort(&rows.extra, "too many"), sort(&rows.differing, "differing")];
    let mut told = sorts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !line.crashes.is_empty() {
        let groups: Vec<_> = line.crashes.iter().map(|group| format!("{group:?}")).collect();
        let join = if told.is_empty() { "" } else { "; " };
        told = format!("{told}{join}no row at all names its group {}, on which the gateway crashes", groups.join(", "));
    }
    let then = match (&line.outcome, &line.why) {
        (Some(outcome), _) => self::outcome(outcome),
        (None, Some(why)) => format!("left alone: {why}"),
        (None, None) => remedy.to_owned(),
    };
    let parts: Vec<_> = [told, then].into_iter().filter(|part| !part.is_empty()).collect();
    plain(&format!("{}: its routing rows do not agree with its list: {}", line.channel, parts.join(": ")))
}

/// Routing rows whose channel is gone, and the statement that takes them away.
pub(super) fn orphans(orphans: &Orphans) -> Option<String> {
    let ids: Vec<_> = orphans.channels.iter().map(i64::to_string).collect();
    let ids = ids.join(",");
    let rows = if orphans.rows == 1 { "row is" } else { "rows are" };
    (orphans.rows > 0).then(|| {
        format!(
            "{} routing {rows} of channels that are gone ({ids}); once no channel has drifted, this takes them away: \
             DELETE FROM abilities WHERE channel_id IN ({ids})",
            orphans.rows
        )
    })
}

/// A channel for people.
pub(super) fn channel(channel: &ChannelRef) -> String {
    plain(&channel.to_string())
}

/// The exit code of one write.
pub(super) fn exit_code(outcome: &apply::Outcome) -> u8 {
    match outcome {
        apply::Outcome::Applied(_) | apply::Outcome::Rehearsed => 0,
        apply::Outcome::Conflict(_) => 4,
        apply::Outcome::OnHold(_) => 3,
        apply::Outcome::Refused(_) | apply::Outcome::Failed(_) => 1,
    }
}
