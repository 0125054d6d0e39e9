//! The picture of a state.
//!
//! Decides: where everything stands on a screen of any size. Must not know: terminals, keys, and who asks the API. Pure.

mod changes;
mod channels;
mod help;
mod litellm;
mod look;
mod models;
mod overlay;
mod overview;
mod resources;
mod table;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

pub(crate) use self::look::Palette;
use self::look::{Tone, ago, clean, fit, width};
use self::overlay::{Part, Sheet, sheet};
use self::table::{Cell, Column, Rows, table};
use super::question::SORTS;
use super::state::{Item, Over, State, Tab, items};

/// The smallest screen that anything is drawn on.
const SMALLEST: (u16, u16) = (20, 5);
/// Above a list of fewer lines there are no figures.
const ROOMY: u16 = 12;

/// What one tab draws.
struct View {
    columns: &'static [Column],
    row: fn(&State, Item<'_>, Timestamp) -> Vec<Cell>,
    /// Where there are no rows.
    none: &'static str,
}

/// Whether nothing is drawn on a screen of this size.
pub(crate) fn is_too_small(width: u16, height: u16) -> bool {
    width < SMALLEST.0 || height < SMALLEST.1
}

/// Draws all of it.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &State, now: Timestamp, palette: Palette) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if is_too_small(area.width, area.height) {
        buffer.set_stringn(area.x, area.y, "too small", usize::from(area.width), palette.style(Tone::Plain));
        return;
    }
    let line = |y| Rect { y, height: 1, ..area };
    tabs(buffer, line(area.y), state, palette);
    footer(buffer, line(area.bottom() - 1), state, now, palette);
    let mut body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    if body.height >= ROOMY {
        let above = figures(state, now, usize::from(body.width));
        for (text, tone) in above.into_iter().take(usize::from(body.height / 3)) {
            buffer.set_stringn(
                body.x,
                body.y,
                fit(&text, usize::from(body.width), false),
                usize::from(body.width),
                palette.style(tone),
            );
            body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        }
    }
    list(buffer, body, state, now, palette);
    over(buffer, Rect { y: area.y + 1, height: area.height - 1, ..area }, state, now, palette);
}

fn view(tab: Tab) -> View {
    match tab {
        Tab::Overview => overview::VIEW,
        Tab::Channels => channels::VIEW,
        Tab::Models => models::VIEW,
        Tab::Changes => changes::VIEW,
        Tab::LiteLlm => litellm::VIEW,
        Tab::Resources => resources::VIEW,
    }
}

/// The tabs, the open one marked by brackets; where there is no room, the others are digits.
fn tabs(buffer: &mut Buffer, area: Rect, state: &State, palette: Palette) {
    let named = |all: bool| {
        let mut spans = vec![];
        for (at, tab) in Tab::ALL.into_iter().enumerate() {
            let open = tab == state.tab;
            let text = if open || all { format!("{} {}", at + 1, tab.name()) } else { (at + 1).to_string() };
            let style = palette.style(if open { Tone::Strong } else { Tone::Faint });
            let style = if open { style.add_modifier(Modifier::REVERSED) } else { style };
            spans.push(Span::styled(if open { format!("[{text}]") } else { format!(" {text} ") }, style));
        }
        Line::from(spans)
    };
    let room = usize::from(area.width);
    let long = named(true);
    let line = if long.width() <= room { long } else { named(false) };
    buffer.set_line(area.x, area.y, &line, area.width);
    let of = format!(" channelwarden · {}", clean(&state.of));
    if line.width() + width(&of) < room {
        let x = area.right() - u16::try_from(width(&of)).unwrap_or_default();
        buffer.set_stringn(x, area.y, of, room, palette.style(Tone::Faint));
    }
}

/// What is typed, what is being done, what is wrong, how old it is; and which key helps.
fn footer(buffer: &mut Buffer, area: Rect, state: &State, now: Timestamp, palette: Palette) {
    let search = &state.place().search;
    let (failed, at) = state.freshness();
    let age =
        at.map_or_else(|| "waiting for the first answer".to_owned(), |at| format!("as of {}", ago(Some(at), now)));
    let (text, tone) = if state.typing {
        (format!("/{search}_   Enter keeps it, Esc drops it"), Tone::Strong)
    } else if let Some(hint) = &state.hint {
        (hint.clone(), Tone::Strong)
    } else if let Some(acting) = &state.acting {
        (format!("under way: {acting}"), Tone::Doubtful)
    } else if let Some(failed) = failed {
        (format!("! {age}: {failed}"), Tone::Bad)
    } else {
        let searched = if search.is_empty() { String::new() } else { format!("/{search} · ") };
        let sorted = if state.tab == Tab::Models && state.sort > 0 { SORTS[state.sort].words } else { "" };
        let sorted = if sorted.is_empty() { String::new() } else { format!("{sorted} · ") };
        let count = items(state).count;
        let place = if count == 0 { String::new() } else { format!("{}/{count} · ", state.place().at + 1) };
        (format!("{searched}{sorted}{place}{age}"), Tone::Faint)
    };
    let keys = if area.width >= 60 && !state.typing { " ? help  q quit" } else { "" };
    let room = usize::from(area.width) - keys.len();
    buffer.set_stringn(area.x, area.y, fit(&text, room, false) + keys, usize::from(area.width), palette.style(tone));
}

/// Lines above the list.
fn figures(state: &State, now: Timestamp, room: usize) -> Vec<(String, Tone)> {
    match state.tab {
        Tab::Overview => overview::figures(state, room),
        Tab::LiteLlm => litellm::figures(state),
        Tab::Resources => resources::figures(state, room, now),
        Tab::Channels | Tab::Models | Tab::Changes => vec![],
    }
}

fn list(buffer: &mut Buffer, area: Rect, state: &State, now: Timestamp, palette: Palette) {
    let view = view(state.tab);
    let shown = items(state);
    if shown.count == 0 {
        let waiting = state.freshness().1.is_none();
        let search = &state.place().search;
        let text = match () {
            () if waiting => "no answer yet".to_owned(),
            () if !search.is_empty() => format!("nothing here has “{search}” in it; Esc shows all"),
            () => view.none.to_owned(),
        };
        for (text, row) in look::wrapped(&text, usize::from(area.width)).into_iter().zip(area.rows().skip(1)) {
            buffer.set_stringn(row.x, row.y, text, usize::from(row.width), palette.style(Tone::Faint));
        }
        return;
    }
    let row = |at: usize| {
        let item = shown.rows.get(at.checked_sub(shown.from)?)?;
        Some((view.row)(state, *item, now))
    };
    let rows = Rows { count: shown.count, selected: state.place().at, row: &row };
    table(buffer, area, palette, view.columns, &rows);
}

/// What stands over the list.
fn over(buffer: &mut Buffer, area: Rect, state: &State, now: Timestamp, palette: Palette) {
    let scrolled = state.scrolled;
    let plain = |lines: &[String]| lines.iter().map(|line| Part::Words(line.clone(), Tone::Plain)).collect();
    match &state.over {
        Over::Nothing => {}
        Over::Help => {
            let parts = help::parts();
            sheet(
                buffer,
                area,
                palette,
                &Sheet { title: "Keys", tone: Tone::Strong, parts, keys: "any key closes", scrolled },
            );
        }
        Over::Detail => {
            let Some((title, parts)) = state.selected().map(|item| detail(state, item, now)) else { return };
            let keys = "Esc closes";
            sheet(buffer, area, palette, &Sheet { title: &title, tone: Tone::Strong, parts, keys, scrolled });
        }
        Over::Confirm(deed) => {
            let mut parts: Vec<Part> = plain(&deed.lines);
            parts.insert(0, Part::Words(format!("{}?", deed.title), Tone::Strong));
            let keys = "y/Enter: yes · other keys: no";
            sheet(
                buffer,
                area,
                palette,
                &Sheet { title: "Shall it be done?", tone: Tone::Doubtful, parts, keys, scrolled },
            );
        }
        Over::Told(told) => {
            let tone = if told.good { Tone::Good } else { Tone::Bad };
            let mut parts: Vec<Part> = plain(&told.lines);
            parts.insert(0, Part::Words(told.title.clone(), Tone::Strong));
            let title = if told.good { "Done" } else { "Not done" };
            sheet(buffer, area, palette, &Sheet { title, tone, parts, keys: "any key closes", scrolled });
        }
    }
}

/// All that is known of a row.
fn detail(state: &State, item: Item<'_>, now: Timestamp) -> (String, Vec<Part>) {
    match item {
        Item::Gateway(of) => overview::gateway(of, now),
        Item::Alert(of) => overview::alert(of, now),
        Item::Action(of) => overview::action(of),
        Item::Channel(of) => channels::detail(of),
        Item::Model(of) => models::detail(of, now),
        Item::Wanted(of) => changes::wanted(of, now),
        Item::Change(of) => changes::change(of, now),
        Item::Check(gateway, of) => litellm::check(gateway, of, now),
        Item::Incident(gateway, of) => litellm::incident(gateway, of, now),
        Item::Deployment(of) => litellm::deployment(of, now),
        Item::Process(of) => resources::detail(state, of, now),
    }
}

/// A field of a detail; none where there is nothing to say.
fn field(name: &'static str, value: impl Into<String>) -> Option<Part> {
    let value = value.into();
    (!value.is_empty()).then_some(Part::Field(name, value))
}

/// Those fields that say anything.
fn parts(fields: impl IntoIterator<Item = Option<Part>>) -> Vec<Part> {
    fields.into_iter().flatten().collect()
}

/// A count with its word; nothing of nothing.
fn counted(count: u64, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

/// Those that there are, with commas.
fn listed(some: impl IntoIterator<Item = Option<String>>) -> String {
    some.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
