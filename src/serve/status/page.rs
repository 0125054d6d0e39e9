//! The public page's HTML: no script, no style of its own, every text escaped (maud does).
//!
//! Decides: how a line and its days look. Must not know: where they come from.

use maud::{DOCTYPE, Markup, html};

use super::board::{Day, Line, Shown};
use crate::store::Light;

/// A day from so many percent on is good, and from so many on no disaster.
const GOOD: f64 = 99.0;
const FAIR: f64 = 90.0;

/// The page's words in one language.
pub(super) struct Words {
    language: &'static str,
    up: &'static str,
    degraded: &'static str,
    down: &'static str,
    unknown: &'static str,
    all_up: &'static str,
    some_degraded: &'static str,
    some_down: &'static str,
    nothing_known: &'static str,
    days_ago: &'static str,
    today: &'static str,
    no_data: &'static str,
    uptime: &'static str,
    made_at: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    up: "Operational",
    degraded: "Unstable",
    down: "Down",
    unknown: "Unknown",
    all_up: "All models are operational",
    some_degraded: "Some models are unstable",
    some_down: "Some models are down",
    nothing_known: "Nothing is known yet",
    days_ago: "90 days ago",
    today: "Today",
    no_data: "no data",
    uptime: "uptime",
    made_at: "As of",
};

const CHINESE: Words = Words {
    language: "zh-CN",
    up: "正常",
    degraded: "不稳定",
    down: "不可用",
    unknown: "未知",
    all_up: "所有模型运行正常",
    some_degraded: "部分模型不稳定",
    some_down: "部分模型不可用",
    nothing_known: "暂无数据",
    days_ago: "90 天前",
    today: "今天",
    no_data: "无数据",
    uptime: "可用率",
    made_at: "更新于",
};

impl Words {
    /// Those of the first language in `Accept-Language` that we speak.
    pub(super) fn of(accepted: &str) -> &'static Self {
        let tags = accepted.split(',').map(|part| part.trim().to_ascii_lowercase());
        let ours = tags.filter_map(|tag| match tag.get(..2) {
            Some("zh") => Some(&CHINESE),
            Some("en") => Some(&ENGLISH),
            Some(_) | None => None,
        });
        ours.take(1).next().unwrap_or(&ENGLISH)
    }

    fn state(&self, state: Light) -> &'static str {
        match state {
            Light::Up => self.up,
            Light::Degraded => self.degraded,
            Light::Down => self.down,
            Light::Unknown => self.unknown,
        }
    }

    fn whole(&self, state: Light) -> &'static str {
        match state {
            Light::Up => self.all_up,
            Light::Degraded => self.some_degraded,
            Light::Down => self.some_down,
            Light::Unknown => self.nothing_known,
        }
    }
}

pub(super) fn page(title: &str, shown: &Shown, words: &Words) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="120";
                title { (title) }
                link rel="stylesheet" href="/status.css";
                // Without one browsers ask for /favicon.ico.
                link rel="icon" href="data:,";
            }
            body {
                main {
                    h1 { (title) }
                    p.whole.(class(shown.state)) role="status" { (words.whole(shown.state)) }
                    @for model in &shown.models { (line(model, words)) }
                    footer { (words.made_at) " " time { (shown.at.strftime("%Y-%m-%d %H:%M UTC")) } }
                }
            }
        }
    }
}

fn line(line: &Line, words: &Words) -> Markup {
    html! {
        section {
            header {
                h2 { (line.name) }
                span.state.(class(line.state)) { (words.state(line.state)) }
            }
            div.days role="img" aria-label=(said(line.uptime_90d, words)) {
                @for day in &line.days { (bar(day, words)) }
            }
            p.scale {
                span { (words.days_ago) }
                span { (said(line.uptime_90d, words)) }
                span { (words.today) }
            }
        }
    }
}

fn bar(day: &Day, words: &Words) -> Markup {
    let state = match day.uptime {
        Some(uptime) if uptime >= GOOD => Light::Up,
        Some(uptime) if uptime >= FAIR => Light::Degraded,
        Some(_) => Light::Down,
        None => Light::Unknown,
    };
    html! { i.(class(state)) title={ (day.day) ": " (said(day.uptime, words)) } {} }
}

fn said(uptime: Option<f64>, words: &Words) -> String {
    uptime.map_or_else(|| words.no_data.to_owned(), |uptime| format!("{uptime} % {}", words.uptime))
}

fn class(state: Light) -> &'static str {
    match state {
        Light::Up => "up",
        Light::Degraded => "degraded",
        Light::Down => "down",
        Light::Unknown => "unknown",
    }
}
