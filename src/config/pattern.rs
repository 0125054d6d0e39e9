//! Model name patterns: a name, with `*` for any text (none included). Nothing else is special.

use super::ModelsConfig;
use crate::model::ModelName;

impl ModelsConfig {
    /// Whether the name is out of bounds: never probed, added or withdrawn. Stronger than [`Self::is_kept`].
    pub fn is_excluded(&self, name: &ModelName) -> bool {
        self.exclude.iter().any(|pattern| matches(pattern, name.as_str()))
    }

    /// Whether the name is probed and shown but never withdrawn.
    pub fn is_kept(&self, name: &ModelName) -> bool {
        self.keep.iter().any(|pattern| matches(pattern, name.as_str()))
    }
}

/// Byte for byte, as the gateways compare names. Linear: on a mismatch only the last `*` takes one byte more.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.trim().as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at + 1, read));
                at += 1;
            }
            (Some(byte), _) if *byte == name[read] => {
                at += 1;
                read += 1;
            }
            (_, Some((after_star, taken))) => {
                star = Some((after_star, taken + 1));
                at = after_star;
                read = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_nothing_else_is_special() {
        for (pattern, name) in [
            ("gpt-4o", "gpt-4o"),
            ("gpt-*", "gpt-"),
            ("*-preview", "o1-preview"),
            ("a*b*c", "a-b-b-c"),
            ("*", "anything"),
            ("**", ""),
            ("a.b", "a.b"),
            ("模型*", "模型-一"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("gpt-4o", "gpt-4o-mini"), ("gpt", "GPT"), ("a*b", "a-c"), ("a.b", "axb"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn excluded_and_kept_are_told_apart() {
        let models = ModelsConfig { exclude: vec!["a*".into()], keep: vec!["ab".into()], ..ModelsConfig::default() };
        let name = ModelName::parse("ab").unwrap();
        assert!(models.is_excluded(&name) && models.is_kept(&name));
        assert!(!models.is_excluded(&ModelName::parse("b").unwrap()));
    }
}
