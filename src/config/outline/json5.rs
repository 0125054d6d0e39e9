//! The outline of a JSON5 text: a scanner that reads keys and skips values, and forgives.

use super::{Entry, KeyPath, MAX_DEPTH, Outline, Place};

pub(super) fn outline(text: &str) -> Outline {
    let mut scanner = Scanner { chars: text.chars().collect(), at: 0, line: 1, column: 1, outline: Outline::default() };
    // What cannot be read ends the outline; saying what is wrong there is the parser's part.
    let _ = scanner.value(&KeyPath::default(), 0);
    scanner.outline
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
    column: usize,
    outline: Outline,
}

/// `None`: the text cannot be read on.
type Read<T> = Option<T>;

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        let ends_line = match c {
            '\r' => self.peek() != Some('\n'),
            '\n' | '\u{2028}' | '\u{2029}' => true,
            _ => false,
        };
        if ends_line {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn place(&self) -> Place {
        Place { line: self.line, column: self.column }
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            match (c, self.chars.get(self.at + 1)) {
                ('/', Some('/')) => {
                    while self.peek().is_some_and(|c| c != '\n' && c != '\r') {
                        self.next();
                    }
                }
                ('/', Some('*')) => {
                    self.next();
                    self.next();
                    while let Some(c) = self.next() {
                        if c == '*' && self.peek() == Some('/') {
                            self.next();
                            break;
                        }
                    }
                }
                _ if c.is_whitespace() || c == '\u{feff}' => {
                    self.next();
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, path: &KeyPath, depth: usize) -> Read<()> {
        self.skip_blanks();
        if depth > MAX_DEPTH {
            self.outline.too_deep = Some(self.place());
            return None;
        }
        match self.peek()? {
            '{' => self.object(path, depth),
            '[' => self.list(path, depth),
            _ => self.word().map(|_| ()),
        }
    }

    fn object(&mut self, path: &KeyPath, depth: usize) -> Read<()> {
        self.next();
        loop {
            self.skip_blanks();
            if self.peek()? == '}' {
                self.next();
                return Some(());
            }
            let key = self.place();
            let child = path.child(self.word()?);
            self.skip_blanks();
            if self.next()? != ':' {
                return None;
            }
            self.skip_blanks();
            self.outline.entries.push(Entry { path: child.clone(), key, value: self.place() });
            self.value(&child, depth + 1)?;
            self.separator('}')?;
        }
    }

    fn list(&mut self, path: &KeyPath, depth: usize) -> Read<()> {
        self.next();
        for index in 0.. {
            self.skip_blanks();
            if self.peek()? == ']' {
                break;
            }
            let (item, place) = (path.item(index), self.place());
            self.outline.entries.push(Entry { path: item.clone(), key: place, value: place });
            self.value(&item, depth + 1)?;
            self.separator(']')?;
        }
        self.next();
        Some(())
    }

    /// A comma, or the closing bracket to come.
    fn separator(&mut self, close: char) -> Read<()> {
        self.skip_blanks();
        match self.peek()? {
            ',' => self.next().map(|_| ()),
            c if c == close => Some(()),
            _ => None,
        }
    }

    /// A string, name, number or literal.
    fn word(&mut self) -> Read<String> {
        let mut word = String::new();
        if let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) {
            self.next();
            loop {
                match self.next()? {
                    '\\' => word.extend(self.next()),
                    c if c == quote => return Some(word),
                    c => word.push(c),
                }
            }
        }
        while let Some(c) =
            self.peek().filter(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '/'))
        {
            word.push(c);
            self.next();
        }
        (!word.is_empty()).then_some(word)
    }
}
