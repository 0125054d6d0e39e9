//! What stands over the list: help, details, a question, an answer.
//!
//! Decides: how large it is, and how it scrolls. Must not know: what a key does to it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget as _};

use super::look::{Palette, Tone, clean, fit, wrapped};

/// One paragraph, or a name with its value.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Words(String, Tone),
    Field(&'static str, String),
}

/// Columns that the names of fields take.
const NAMES: usize = 14;
/// Wider text is hard to read.
const WIDEST: u16 = 110;

/// What is over the list.
pub(crate) struct Sheet<'a> {
    pub(crate) title: &'a str,
    pub(crate) tone: Tone,
    pub(crate) parts: Vec<Part>,
    /// What the keys do, in the last line.
    pub(crate) keys: &'a str,
    pub(crate) scrolled: u16,
}

/// Draws it in the middle of the area, no larger than it needs to be.
pub(crate) fn sheet(buffer: &mut Buffer, area: Rect, palette: Palette, sheet: &Sheet<'_>) {
    let width = area.width.saturating_sub(2).min(WIDEST);
    let columns = usize::from(width.saturating_sub(4));
    let lines: Vec<Line<'_>> = sheet.parts.iter().flat_map(|part| lines(part, columns, palette)).collect();
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(3);
    let height = wanted.min(area.height);
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    let place = Rect { x, y, width, height };
    Clear.render(place, buffer);
    // A title is cut by the block where it is too long.
    let title = Span::styled(format!(" {} ", clean(sheet.title)), palette.style(sheet.tone));
    let block = Block::bordered().title(Line::from(title));
    let inside = block.inner(place);
    block.render(place, buffer);
    let seen = inside.height.saturating_sub(1);
    let hidden = lines.len().saturating_sub(usize::from(seen));
    let first = usize::from(sheet.scrolled).min(hidden);
    for (line, row) in lines.iter().skip(first).zip(inside.rows().take(usize::from(seen))) {
        buffer.set_line(row.x + 1, row.y, line, row.width.saturating_sub(2));
    }
    if inside.height > 0 {
        let below = hidden - first;
        let more = if below > 0 { format!(" · Down: {below} more") } else { String::new() };
        let keys = fit(&format!("{}{more}", sheet.keys), columns, false);
        let keys = Line::styled(keys, palette.style(Tone::Strong));
        buffer.set_line(inside.x + 1, inside.bottom() - 1, &keys, inside.width.saturating_sub(2));
    }
}

fn lines(part: &Part, columns: usize, palette: Palette) -> Vec<Line<'static>> {
    match part {
        Part::Words(text, tone) => {
            wrapped(text, columns).into_iter().map(|line| Line::styled(line, palette.style(*tone))).collect()
        }
        Part::Field(name, value) => {
            let wrapped = wrapped(value, columns.saturating_sub(NAMES));
            let named = wrapped.into_iter().enumerate().map(|(at, line)| {
                let name = fit(if at == 0 { name } else { "" }, NAMES.min(columns), false);
                Line::from(vec![Span::styled(name, palette.style(Tone::Faint)), Span::raw(line)])
            });
            named.collect()
        }
    }
}
