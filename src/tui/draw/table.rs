//! A list with columns.
//!
//! Decides: which columns there is room for, how wide each is, and which rows are seen. Must not know: of what.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::look::{Palette, Tone, fit};

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// It is dropped where it cannot be this wide.
    pub(crate) least: usize,
    /// It gains nothing from more than this.
    pub(crate) most: usize,
    /// The highest is dropped first; 0: never.
    pub(crate) rank: u8,
    pub(crate) right: bool,
}

/// A column of words, or of figures.
pub(crate) const fn words(title: &'static str, least: usize, most: usize, rank: u8) -> Column {
    Column { title, least, most, rank, right: false }
}

pub(crate) const fn figures(title: &'static str, width: usize, rank: u8) -> Column {
    Column { title, least: width, most: width, rank, right: true }
}

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

pub(crate) fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Plain }
}

pub(crate) fn toned((text, tone): (impl Into<String>, Tone)) -> Cell {
    Cell { text: text.into(), tone }
}

/// Rows at hand, the place of the first of them, how many there are in all, and the selected one.
pub(crate) struct Rows<'a> {
    pub(crate) count: usize,
    pub(crate) selected: usize,
    /// `None`: it is still being asked for.
    pub(crate) row: &'a dyn Fn(usize) -> Option<Vec<Cell>>,
}

/// The columns that there is room for, by number, with their widths.
fn laid_out(columns: &[Column], room: usize) -> Vec<(usize, usize)> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needs = |kept: &[usize]| kept.iter().map(|at| columns[*at].least + 1).sum::<usize>().saturating_sub(1);
    while needs(&kept) > room {
        let Some(least) = kept.iter().copied().filter(|at| columns[*at].rank > 0).max_by_key(|at| columns[*at].rank)
        else {
            break;
        };
        kept.retain(|at| *at != least);
    }
    let mut spare = room.saturating_sub(needs(&kept));
    let mut widths: Vec<_> = kept.iter().map(|at| (*at, columns[*at].least)).collect();
    let mut order: Vec<_> = (0..widths.len()).collect();
    order.sort_by_key(|at| columns[kept[*at]].rank);
    for at in order {
        let column = columns[kept[at]];
        let more = spare.min(column.most.saturating_sub(column.least));
        widths[at].1 += more;
        spare -= more;
    }
    widths
}

/// The first row that is seen: the selected one stays in the middle, as far as the ends allow.
fn first(count: usize, selected: usize, height: usize) -> usize {
    selected.saturating_sub(height / 2).min(count.saturating_sub(height))
}

/// Draws titles and rows.
pub(crate) fn table(buffer: &mut Buffer, area: Rect, palette: Palette, columns: &[Column], rows: &Rows<'_>) {
    let layout = laid_out(columns, usize::from(area.width));
    let line = |cells: &[Cell]| {
        let mut spans = vec![];
        for (at, width) in &layout {
            let (text, tone) = cells.get(*at).map_or(("", Tone::Plain), |cell| (cell.text.as_str(), cell.tone));
            if !spans.is_empty() {
                spans.push(Span::raw(" "));
            }
            spans.push(Span::styled(fit(text, *width, columns[*at].right), palette.style(tone)));
        }
        Line::from(spans)
    };
    let mut lines = area.rows();
    if let Some(place) = lines.next() {
        let titles: Vec<_> = columns.iter().map(|column| toned((column.title, Tone::Faint))).collect();
        buffer.set_line(place.x, place.y, &line(&titles), place.width);
    }
    let height = usize::from(area.height.saturating_sub(1));
    let first = first(rows.count, rows.selected, height);
    for (at, place) in (first..rows.count).zip(lines) {
        let drawn = (rows.row)(at).map_or_else(|| Line::raw("  …"), |cells| line(&cells));
        buffer.set_line(place.x, place.y, &drawn, place.width);
        if at == rows.selected {
            buffer.set_style(place, Modifier::REVERSED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_rank_and_what_is_left_goes_to_the_first() {
        let columns = [words("a", 4, 10, 0), figures("b", 5, 2), words("c", 6, usize::MAX, 1)];
        assert_eq!(laid_out(&columns, 3), [(0, 4)]);
        assert_eq!(laid_out(&columns, 10), [(0, 10)]);
        assert_eq!(laid_out(&columns, 11), [(0, 4), (2, 6)]);
        assert_eq!(laid_out(&columns, 17), [(0, 4), (1, 5), (2, 6)]);
        assert_eq!(laid_out(&columns, 40), [(0, 10), (1, 5), (2, 23)]);
    }

    #[test]
    fn the_selected_row_is_always_seen() {
        for count in 0..30 {
            for height in 1..12 {
                for selected in 0..count {
                    let first = first(count, selected, height);
                    assert!((first..first + height).contains(&selected), "{count} {height} {selected}");
                    assert!(first == 0 || first + height <= count, "no empty lines below: {count} {height} {selected}");
                }
            }
        }
    }
}
