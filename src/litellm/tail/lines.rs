//! Bytes to lines.

use std::io::BufRead as _;

/// The longest line; of a longer one, what is behind is skipped.
const LONGEST: usize = 1024 * 1024;

/// Cuts chunks into lines, and keeps what has no end yet.
#[derive(Debug, Default)]
pub(in crate::litellm) struct Lines {
    half: Vec<u8>,
    /// Where the half line begins.
    begins: Option<u64>,
}

impl Lines {
    /// Takes bytes that stand at `offset`; gives each line that they complete, without its end, and where it begins.
    pub(in crate::litellm) fn take(&mut self, chunk: &[u8], offset: u64, mut each: impl FnMut(&[u8], u64)) {
        let (mut rest, mut offset) = (chunk, offset);
        while !rest.is_empty() {
            if self.begins.is_none() && rest[0] == 0 {
                // A file that was emptied under a writer that goes on at its old place begins with a hole.
                let hole = rest.iter().take_while(|byte| **byte == 0).count();
                (rest, offset) = (&rest[hole..], offset + hole as u64);
                continue;
            }
            let mut behind = rest;
            // Reading from memory does not fail.
            let length = behind.skip_until(b'\n').unwrap_or(rest.len());
            let piece = &rest[..length];
            (rest, behind) = (behind, piece);
            match (behind.strip_suffix(b"\n"), self.begins) {
                (Some(line), None) => each(bare(&line[..line.len().min(LONGEST)]), offset),
                (Some(line), Some(begins)) => {
                    self.push(line);
                    each(bare(&self.half), begins);
                    self.clear();
                }
                (None, begins) => {
                    self.begins = begins.or(Some(offset));
                    self.push(behind);
                }
            }
            offset += length as u64;
        }
    }

    /// What is there is a line, although its end is missing.
    pub(super) fn finish(&mut self, mut each: impl FnMut(&[u8], u64)) {
        if let Some(begins) = self.begins {
            each(bare(&self.half), begins);
            self.clear();
        }
    }

    /// Where the line begins whose end is missing.
    pub(super) fn begins(&self) -> Option<u64> {
        self.begins
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.half.len());
        self.half.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn clear(&mut self) {
        self.half.clear();
        // One long line is no reason to keep its room.
        self.half.shrink_to(64 * 1024);
        self.begins = None;
    }
}

fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<(u64, String)> {
        let (mut lines, mut offset, mut found) = (Lines::default(), 0, vec![]);
        for chunk in chunks {
            lines.take(chunk, offset, |line, at| found.push((at, String::from_utf8_lossy(line).into_owned())));
            offset += chunk.len() as u64;
        }
        lines.finish(|line, at| found.push((at, String::from_utf8_lossy(line).into_owned())));
        found
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        let want = vec![(0, "one".to_owned()), (5, String::new()), (6, "two".to_owned()), (10, "rest".to_owned())];
        assert_eq!(cut(&[b"one\r\n\ntwo\nrest"]), want);
        for at in 1..14 {
            let (left, right) = b"one\r\n\ntwo\nrest".split_at(at);
            assert_eq!(cut(&[left, right]), want, "cut at {at}");
        }
    }

    #[test]
    fn a_hole_is_no_line_and_a_long_line_is_cut() {
        assert_eq!(cut(&[b"\0\0\0", b"\0\0a\n"]), [(5, "a".to_owned())]);
        let long = vec![b'x'; LONGEST];
        let found = cut(&[&long, &long, b"\nnext\n"]);
        assert_eq!(
            found.iter().map(|(at, line)| (*at, line.len())).collect::<Vec<_>>(),
            [(0, LONGEST), (2 * LONGEST as u64 + 1, 4)]
        );
    }
}
