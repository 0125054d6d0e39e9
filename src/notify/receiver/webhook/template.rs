//! A webhook's body as the operator writes it: Jinja over the message.
//!
//! Decides: how a name is written so that it cannot break out of the body. Must not know: where it is sent.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::config::Language;
use crate::model::Cause;
use crate::notify::event::ChannelName;
use crate::notify::message::json::Document;
use crate::notify::words::Words;
use crate::notify::{Digest, Entry, Event, Totals, What};

/// The template's name for its library: error messages show it.
const NAME: &str = "template";

/// A body's template.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    is_json: bool,
}

impl Template {
    /// A template that was tried with a made-up message.
    pub(super) fn new(text: &str, content_type: &str) -> Result<Self, String> {
        let kind = content_type.to_ascii_lowercase();
        let (is_json, is_markup) = (kind.contains("json"), kind.contains("html") || kind.contains("xml"));
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(move |_| match (is_json, is_markup) {
            (true, _) => AutoEscape::Json,
            (false, true) => AutoEscape::Html,
            (false, false) => AutoEscape::None,
        });
        environment.add_template_owned(NAME, text.to_owned()).map_err(|error| shown(&error))?;
        let template = Self { environment, is_json };
        let (example, words) = (example(), Words::of(Language::En));
        template.render(&Document::new("1a2b3c4d-1", &example, words, Some("https://example.com"), &TimeZone::UTC))?;
        Ok(template)
    }

    /// The body of one message.
    pub(super) fn render(&self, message: &impl Serialize) -> Result<String, String> {
        let template = self.environment.get_template(NAME).map_err(|error| shown(&error))?;
        let body = template.render(Serde(message)).map_err(|error| shown(&error))?;
        if self.is_json {
            serde_json::from_str::<IgnoredAny>(&body).map_err(|error| {
                format!(
                    "what it makes is no JSON ({error}); values bring their own quotes: {{\"text\": {{{{ title }}}}}}"
                )
            })?;
        }
        Ok(body)
    }
}

/// A message with something in every place, so that all of a template is tried.
fn example() -> Digest {
    let (gateway, channel) = ("main".to_owned(), Some(ChannelName { id: 3, name: "azure".to_owned() }));
    let at = Timestamp::UNIX_EPOCH;
    let event = Event {
        cause: Cause::Withdrawn,
        gateway,
        channel,
        subject: "gpt-4o".to_owned(),
        since: at,
        evidence: "404 no such model".to_owned(),
        mark: String::new(),
        change: Some(1),
    };
    let entry = Entry { what: What::First, event, until: Some(at), flapping: true };
    Digest { at, totals: Totals::default(), entries: vec![entry], test: false }
}

fn shown(error: &minijinja::Error) -> String {
    error.to_string().replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HOSTILE: &str = "</b>\"},\"admin\":true,{\"x\":\"\n<script>";

    fn rendered(text: &str, content_type: &str) -> String {
        Template::new(text, content_type).unwrap().render(&json!({"title": HOSTILE, "entries": []})).unwrap()
    }

    #[test]
    fn a_hostile_name_stays_a_text() {
        let body = rendered(r#"{"text": {{ title }}, "all": {{ entries }}}"#, "application/json; charset=utf-8");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, json!({"text": HOSTILE, "all": []}));
        let page = rendered("<b>{{ title }}</b>", "text/html");
        assert!(!page.contains("<script") && page.matches('<').count() == 2, "{page}");
        assert!(rendered("{{ title }}", "text/plain").contains(HOSTILE));
    }

    #[test]
    fn a_template_is_tried_before_there_is_something_to_tell() {
        for (text, content_type, says) in [
            ("{{ title", "text/plain", "syntax error"),
            ("{{ title|nosuch }}", "text/plain", "unknown filter"),
            ("{\"text\": \"{{ title }}\"}", "application/json", "values bring their own quotes"),
            ("{% for s in entries %}{{ s|nosuch }}{% endfor %}", "text/plain", "unknown filter"),
            ("{% for s in entries %}{{ s.subject.no.such }}{% endfor %}", "text/plain", "undefined"),
        ] {
            let error = Template::new(text, content_type).unwrap_err();
            assert!(error.contains(says) && !error.contains('\n'), "{text}: {error}");
        }
    }
}
