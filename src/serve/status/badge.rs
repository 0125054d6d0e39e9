//! Badges, in the form that shields.io made common: a name, and what is to be said of it.
//!
//! Decides: width, colours, words. Must not know: where they come from.

use maud::{Markup, html};

use crate::store::Light;

const GREEN: &str = "#2e8b57";
const YELLOW: &str = "#b8860b";
const RED: &str = "#c0392b";
const GREY: &str = "#6b7280";

/// The state.
pub(super) fn state(name: &str, state: Light) -> Markup {
    let (text, colour) = match state {
        Light::Up => ("up", GREEN),
        Light::Degraded => ("unstable", YELLOW),
        Light::Down => ("down", RED),
        Light::Unknown => ("unknown", GREY),
    };
    badge(name, text, colour)
}

/// Uptime over some days, in percent.
pub(super) fn uptime(name: &str, over: &str, uptime: Option<f64>) -> Markup {
    let colour = match uptime {
        Some(99.0..) => GREEN,
        Some(90.0..) => YELLOW,
        Some(_) => RED,
        None => GREY,
    };
    let text = uptime.map_or_else(|| "no data".to_owned(), |uptime| format!("{uptime}%"));
    badge(&format!("{name} {over}"), &text, colour)
}

fn badge(name: &str, text: &str, colour: &str) -> Markup {
    let (left, right) = (width(name), width(text));
    let whole = left + right;
    let part = |at: usize, width: usize, text: &str| {
        html! {
            text x=(at + width / 2) y="14" textLength=(width - 10) lengthAdjust="spacingAndGlyphs" { (text) }
        }
    };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height="20" role="img" aria-label={ (name) ": " (text) } {
            title { (name) ": " (text) }
            rect width=(whole) height="20" rx="3" fill="#444c56" {}
            rect x=(left) width=(right) height="20" rx="3" fill=(colour) {}
            rect x=(left) width="4" height="20" fill=(colour) {}
            g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                (part(0, left, name))
                (part(left, right, text))
            }
        }
    }
}

/// About as wide as the text is, in pixels, and five on each side: the text is fitted to it.
fn width(text: &str) -> usize {
    10 + text.chars().map(|c| if c.is_ascii() { 7 } else { 12 }).sum::<usize>()
}
