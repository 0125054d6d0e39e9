//! One variable of a dotenv file, as LiteLLM and Compose read theirs.
//!
//! Decides: how such a file is read. Nothing of it becomes a variable of ours, and nothing is put into its values.

/// The value of a variable; of several the last, as there. `None`: it is not set there.
///
/// # Errors
/// The variable's quote is not closed, or other variables stand in it. Never the value.
pub(super) fn variable(text: &str, name: &str) -> Result<Option<String>, String> {
    let (mut rest, mut found) = (text.trim_start_matches('\u{feff}'), None);
    while !rest.is_empty() {
        let line = rest.trim_start();
        let assignment = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let of_line = assignment.split('\n').next().unwrap_or_default();
        let Some((key, _)) = of_line.split_once('=').filter(|_| !line.starts_with('#')) else {
            rest = line.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        };
        let (value, after) = value(&assignment[key.len() + 1..]);
        if key.trim() == name {
            found = Some(value);
        }
        rest = after;
    }
    found.transpose()
}

/// A value, and what stands behind its line.
fn value(text: &str) -> (Result<String, String>, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let end_of_line = |text: &'_ str| text.find('\n').map_or(text.len(), |end| end + 1);
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let (line, rest) = text.split_at(end_of_line(text));
        // A comment begins after a blank: a # within a key is a part of it.
        let end = [" #", "\t#"].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
        let value = line[..end].trim();
        return (plain(if line.starts_with('#') { "" } else { value }), rest);
    };
    let (mut value, mut chars) = (String::new(), text[1..].char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, other)) => value.push(other),
                None => break,
            },
            _ if c == quote => {
                let rest = &text[1 + at + 1..];
                let value = if quote == '"' { plain(&value) } else { Ok(value) };
                return (value, &rest[end_of_line(rest)..]);
            }
            _ => value.push(c),
        }
    }
    // The line alone is lost, not all that follows it.
    (Err("its quote is not closed".to_owned()), &text[end_of_line(text)..])
}

fn plain(value: &str) -> Result<String, String> {
    if value.contains("${") {
        return Err("it is put together from other variables, which are not known here".to_owned());
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_litellm_and_compose_read_them() {
        let text = "\u{feff}# a comment with LOST=1\r\n\
            PLAIN=sk-1234#5 # a comment\r\n\
            export EXPORTED = two words  \n\
            SINGLE='sk \\n # \"x\" ${A}'\n  INDENTED=1\n\
            DOUBLE=\"sk\\n\\\"y\\\" # z\" # comment\n\
            LONG=\"-----BEGIN\nINNER=no\n-----END\"\nEMPTY=\nNONE=# nothing\nno assignment\n\
            PLAIN_LONGER=x\nTWICE=1\nTWICE=2";
        let read = |name: &str| variable(text, name).unwrap();
        for (name, value) in [
            ("PLAIN", "sk-1234#5"),
            ("EXPORTED", "two words"),
            ("SINGLE", "sk \\n # \"x\" ${A}"),
            ("INDENTED", "1"),
            ("DOUBLE", "sk\n\"y\" # z"),
            ("LONG", "-----BEGIN\nINNER=no\n-----END"),
            ("EMPTY", ""),
            ("NONE", ""),
            ("PLAIN_LONGER", "x"),
            ("TWICE", "2"),
        ] {
            assert_eq!(read(name).as_deref(), Some(value), "{name}");
        }
        for name in ["LOST", "INNER", "plain", "no assignment", "MISSING"] {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_without_the_value_and_spoils_nothing_else() {
        let text = "OPEN=\"sk-canary\nNEXT=1\nMADE=${canary}x";
        assert_eq!(variable(text, "NEXT"), Ok(Some("1".to_owned())));
        for (name, why) in [("OPEN", "quote"), ("MADE", "other variables")] {
            let error = variable(text, name).unwrap_err();
            assert!(error.contains(why) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn any_text_is_read_without_harm() {
        let mut random = fastrand::Rng::with_seed(7);
        let letters = ['A', '=', '"', '\'', '\n', '\\', ' ', '#', '$', '{', 'é', '\r'];
        for _ in 0..5000 {
            let text: String = (0..random.usize(0..30)).filter_map(|_| random.choice(letters)).collect();
            let _ = variable(&text, "A").map(|value| value.map(|value| assert!(value.len() <= text.len())));
        }
    }
}
