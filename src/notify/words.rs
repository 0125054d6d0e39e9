//! What is said, in each language: the texts of `words/*.ftl`, by their key.
//!
//! Decides: the words. Must not know: what is told, markup, receivers. Pure.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;

use crate::config::Language;

/// Every language, with its texts. All have the same keys with the same variables.
const TEXTS: [(Language, &str, &[&str]); 3] = [
    (Language::En, "en", &[include_str!("words/en.ftl"), include_str!("words/bot.en.ftl")]),
    (Language::Zh, "zh-CN", &[include_str!("words/zh.ftl"), include_str!("words/bot.zh.ftl")]),
    (Language::Ru, "ru", &[include_str!("words/ru.ftl"), include_str!("words/bot.ru.ftl")]),
];

static ALL: LazyLock<[Words; 3]> =
    LazyLock::new(|| TEXTS.map(|(language, tag, texts)| Words::new(language, tag, texts)));

/// The words of one language.
pub struct Words {
    language: Language,
    tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Those of a language.
    pub fn of(language: Language) -> &'static Self {
        let [english, chinese, russian] = &*ALL;
        match language {
            Language::En => english,
            Language::Zh => chinese,
            Language::Ru => russian,
        }
    }

    /// Their language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Its name in HTML's `lang`: `zh-CN`.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// What stands at the key, with the values put in. What a language does not say is said in English, and what nobody
    /// says is the key itself: a message with a gap in it is better than none.
    ///
    /// Values are put in as they are: a foreign name goes through [`shown`](super::message::shown) first.
    pub fn say<'v>(&self, key: &str, values: &[(&'v str, Value<'v>)]) -> String {
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let said = self.try_say(key, &values).or_else(|| Self::of(Language::En).try_say(key, &values));
        said.map_or_else(|| key.to_owned(), Cow::into_owned)
    }

    fn try_say<'s>(&'s self, key: &str, values: &'s FluentArgs<'s>) -> Option<Cow<'s, str>> {
        let pattern = self.bundle.get_message(key)?.value()?;
        // A value that is missing stands there as its own name: a test looks for those.
        Some(self.bundle.format_pattern(pattern, Some(values), &mut vec![]))
    }

    /// A broken line is left out, as is a key that stood there before: tests look for both.
    fn new(language: Language, tag: &'static str, texts: &[&str]) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse::<LanguageIdentifier>().unwrap_or_default()]);
        // Marks around each value would be invisible characters in every name.
        bundle.set_use_isolating(false);
        for text in texts {
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(readable, _)| readable);
            // The keys that stood there before are kept.
            let _ = bundle.add_resource(resource);
        }
        Self { language, tag, bundle }
    }
}

#[cfg(test)]
#[path = "words/tests.rs"]
mod tests;
