//! How generated parts of documents are written.

/// Above it a person writes, below it the program.
const BELOW: &str = "<!-- What follows is written by the program: UPDATE_DOCS=1 cargo test --test documents. Above, people write. -->\n";

/// A document is what a person wrote above the mark, and this text.
pub(crate) fn below_the_mark(path: &str, text: &str) {
    let stands = crate::read(path);
    let (head, _) = stands.split_once(BELOW).unwrap_or_else(|| panic!("{path} lost this line: {BELOW}"));
    crate::same_or_written(path, &format!("{head}{BELOW}\n{}\n", text.trim_end()));
}

/// What a person wrote above the mark.
pub(crate) fn above_the_mark(path: &str) -> String {
    let stands = crate::read(path);
    let (head, _) = stands.split_once(BELOW).unwrap_or_else(|| panic!("{path} lost this line: {BELOW}"));
    head.to_owned()
}

/// A table; its cells are Markdown already.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let mut out = line(&head) + &"|---".repeat(head.len()) + "|\n";
    for row in rows {
        assert_eq!(row.len(), head.len(), "{row:?}");
        assert!(row.iter().all(|cell| !cell.contains('\n')), "{row:?}");
        out += &line(row);
    }
    out + "\n"
}

/// A text for one cell: on one line, and nothing of it is a column, a tag or an emphasis, but its `code` is code.
pub(crate) fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escaped(&line).replace('|', "\\|")
}

/// Without tags and emphasis outside of `code`.
fn escaped(text: &str) -> String {
    let mut code = false;
    text.chars().fold(String::new(), |mut out, c| {
        code ^= c == '`';
        match c {
            '<' if !code => out.push_str("&lt;"),
            '*' if !code => out.push_str("\\*"),
            _ => out.push(c),
        }
        out
    })
}

/// A value or name as code in a cell.
pub(crate) fn code(text: &str) -> String {
    cell(&format!("`{text}`"))
}

/// A text as paragraphs of at most 120 columns.
pub(crate) fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let mut column = 0;
        for word in escaped(paragraph).split_whitespace() {
            let width = word.chars().count();
            let gap = match column {
                0 => "",
                column if column + 1 + width > 120 => "\n",
                _ => " ",
            };
            column = if gap == " " { column + 1 + width } else { width };
            out.extend([gap, word]);
        }
        out += "\n\n";
    }
    out
}

/// A block that is shown as it is.
pub(crate) fn shown(text: &str) -> String {
    format!("```text\n{}\n```\n\n", text.trim_end())
}

/// The anchor that GitHub gives a heading.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

#[test]
fn a_cell_stays_one_cell() {
    assert_eq!(cell("a|b\n  <i> `<x>|` *"), "a\\|b &lt;i> `<x>\\|` \\*");
    assert_eq!(anchor("`gateways.NAME.api`"), "gatewaysnameapi");
}
