//! A message as a mail's HTML: self-contained, without anything remote.
//!
//! Decides: how a mail looks. Must not know: how it is sent. Pure.

use maud::{DOCTYPE, Markup, html};

use super::{Message, Section, Span, spans};
use crate::model::Severity;
use crate::notify::words::Words;

const BODY: &str = "margin:0;padding:16px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC',\
    'Microsoft YaHei',sans-serif;max-width:720px";
/// Half-seen, on a light ground and on a dark one.
const FAINT: &str = "margin:4px 0;opacity:.75;font-size:13px";
const LINE: &str = "margin:4px 0;overflow-wrap:anywhere";
/// The message as a whole document. Every text in it is escaped (maud does), and it stands in the reader's own colours,
/// dark or light.
pub fn document(message: &Message) -> String {
    let words = Words::of(message.language);
    let document = html! {
        (DOCTYPE)
        html lang=(words.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (message.title) }
            }
            body style=(BODY) {
                p style="margin:0 0 16px;font-size:17px" { strong { (message.totals) } }
                @for section in &message.sections { (part(section)) }
                @if let Some(more) = &message.more { p { (more) } }
                p style=(FAINT) {
                    (message.made)
                    @if let Some(link) = &message.link {
                        " · " a href=(link) { (words.say("open", &[])) }
                    }
                }
            }
        }
    };
    document.into_string()
}

fn part(section: &Section) -> Markup {
    html! {
        div style={ "margin:0 0 16px;padding:4px 12px;border-left:4px solid " (colour(section)) } {
            h2 style="margin:4px 0;font-size:16px" dir="auto" { (section.sign) " " (section.heading) }
            @if !section.subjects.is_empty() || section.more.is_some() {
                p style=(LINE) {
                    @for (place, subject) in section.subjects.iter().enumerate() {
                        @if place > 0 { ", " }
                        code { (subject) }
                    }
                    @if let Some(more) = &section.more {
                        @if !section.subjects.is_empty() { ", " }
                        (more)
                    }
                }
            }
            @if let Some(evidence) = &section.evidence {
                p style=(LINE) { "“" code { (evidence) } "”" }
            }
            p style=(FAINT) { (section.times) }
            @for advice in [&section.hint, &section.undo].into_iter().flatten() {
                p style=(LINE) { @for span in spans(advice) { (said(&span)) } }
            }
        }
    }
}

fn said(span: &Span<'_>) -> Markup {
    match span {
        Span::Command(command) => html! { code { (command) } },
        Span::Words(_) | Span::Strong(_) | Span::Foreign(_) | Span::Link { .. } => html! { (span.text()) },
    }
}

/// Seen on white as on black.
fn colour(section: &Section) -> &'static str {
    match (section.severity, section.sign) {
        (_, "🟢") => "#2da44e",
        (Severity::Critical, _) => "#e5484d",
        (Severity::Warning, _) => "#d9a514",
        (Severity::Info, _) => "#3e8ed0",
    }
}
