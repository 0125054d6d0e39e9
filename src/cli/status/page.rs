//! The answer of `/api/status` for a terminal of any width.
//!
//! Decides: which of it is shown, the worst first, and in which words. Must not know: where it comes from.

use std::fmt::Write as _;

use comfy_table::{Cell, Color, Table};
use console::style;
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::show::{plain, table, tinted};

/// So many things that are wrong are shown.
const PROBLEMS: usize = 10;
/// Evidence is cut, in characters.
const EVIDENCE: usize = 160;

/// All of it, ending with a line's end.
pub(super) fn page(status: &Value, place: &str, width: u16) -> String {
    let now: Timestamp = text(status, "now").parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let problems = problems(status);
    let mut page = headline(status, place, &problems);
    let sections = [
        ("Gateways", gateways(status, now)),
        ("LiteLLM", litellm(status)),
        ("Processes", processes(status)),
        ("What is wrong", wrong(&problems, now)),
    ];
    for (heading, mut table) in sections {
        if table.row_count() > 0 {
            table.set_width(width.max(20));
            let _ = write!(page, "\n{}\n{table}\n", style(heading).bold());
        }
    }
    if problems.len() > PROBLEMS {
        let _ = writeln!(page, "and {} more", problems.len() - PROBLEMS);
    }
    let next = rows(status, "actions");
    if !next.is_empty() {
        let _ = writeln!(page, "\n{}", style("Next").bold());
    }
    for action in next {
        let _ =
            writeln!(page, "  {}\n      {}", style(plain(text(action, "command"))).cyan(), plain(text(action, "why")));
    }
    page
}

/// One thing that is wrong.
struct Problem<'a> {
    critical: bool,
    /// How bad, and what.
    what: String,
    place: String,
    evidence: &'a str,
    since: &'a str,
}

/// What is wrong, the worst first: what is read as it stands now, then what the alerts saw beside it.
fn problems(status: &Value) -> Vec<Problem<'_>> {
    let mut all = vec![];
    let critical = |what: String, place: &str, evidence, since| Problem {
        critical: true,
        what,
        place: place.to_owned(),
        evidence,
        since,
    };
    for row in rows(status, "gateways").iter().filter(|row| row["trouble"].is_string()) {
        let (why, since) = (text(row, "trouble"), text(row, "trouble_since"));
        all.push(critical("cannot be read".to_owned(), text(row, "name"), why, since));
    }
    for proxy in rows(status, "litellm") {
        let name = text(proxy, "gateway");
        for check in rows(proxy, "checks").iter().filter(|check| check["well"] == false) {
            all.push(critical(text(check, "name").to_owned(), name, text(check, "detail"), text(check, "since")));
        }
        for incident in rows(proxy, "incidents") {
            let (class, subject) = (text(incident, "class"), text(incident, "subject"));
            let what = if subject.is_empty() { class.to_owned() } else { format!("{class}: {subject}") };
            all.push(critical(what, name, text(incident, "detail"), text(incident, "since")));
        }
    }
    for row in rows(status, "alerts") {
        let cause = text(row, "cause");
        if cause == "gateway-unreachable" || cause.starts_with("litellm-") {
            continue;
        }
        let (subject, channel) = (text(row, "subject"), text(row, "channel_name"));
        let channel = row["channel"].as_i64().map(|id| format!(" #{id} {channel}")).unwrap_or_default();
        all.push(Problem {
            critical: text(row, "severity") == "critical",
            what: if subject.is_empty() { cause.to_owned() } else { format!("{cause}: {subject}") },
            place: format!("{}{channel}", text(row, "gateway")),
            evidence: text(row, "evidence"),
            since: text(row, "since"),
        });
    }
    all.sort_by_key(|problem| !problem.critical);
    all
}

fn headline(status: &Value, place: &str, problems: &[Problem<'_>]) -> String {
    let critical = problems.iter().filter(|problem| problem.critical).count();
    let mut told = if status["well"] == true {
        style("all is well".to_owned()).green().bold().to_string()
    } else {
        style(counted(critical.max(1) as u64, "problem")).red().bold().to_string()
    };
    if problems.len() > critical {
        let _ = write!(told, ", {}", counted((problems.len() - critical) as u64, "warning"));
    }
    let of = |name: &str| number(&status["totals"], name);
    let figures = [
        (of("working"), "working"),
        (of("down"), "down"),
        (of("degraded"), "degraded"),
        (of("withdrawn"), "withdrawn"),
    ];
    let figures: Vec<_> = figures
        .iter()
        .enumerate()
        .filter(|(place, (count, _))| *place < 2 || *count > 0)
        .map(|(_, (count, word))| format!("{count} {word}"))
        .collect();
    let mut totals = format!("{}: {}", counted(of("models"), "model"), figures.join(", "));
    let _ = write!(totals, "; {}", counted(of("channels"), "channel"));
    if of("channels_down") > 0 {
        let _ = write!(totals, ", {} down", of("channels_down"));
    }
    format!("{told}\n{totals}\n{}\n", style(plain(place)).dim())
}

fn gateways(status: &Value, now: Timestamp) -> Table {
    let mut table = table(&["gateway", "models", "waiting", "latest round", "next"]);
    for row in rows(status, "gateways") {
        let counts = &row["counts"];
        let down = number(counts, "down");
        let mut models = format!("{}/{} work", number(counts, "up"), number(counts, "total"));
        if down > 0 {
            let _ = write!(models, ", {down} down");
        }
        let waiting = [("proposed", "proposed"), ("held", "held"), ("holds", "on hold")];
        let waiting: Vec<_> = waiting
            .iter()
            .filter(|(name, _)| number(row, name) > 0)
            .map(|(name, word)| format!("{} {word}", number(row, name)))
            .collect();
        let round = &row["last_round"];
        let latest = match (round.is_object(), round["ended"].as_str()) {
            (false, _) => "none yet".to_owned(),
            (true, None) => format!("runs since {}", ago(now, text(round, "started"))),
            (true, Some(ended)) => format!(
                "{} ago: {} probed, {} changed, {} held",
                ago(now, ended),
                number(round, "probed"),
                number(round, "applied"),
                number(round, "held")
            ),
        };
        let next = row["next_round"].as_str().map(|at| until(now, at)).unwrap_or_default();
        let kind = row["kind"].as_str().map(|kind| format!("{kind}, ")).unwrap_or_default();
        let name = plain(&format!("{} ({kind}{})", text(row, "name"), text(row, "mode")));
        table.add_row([
            tinted(name, if row["trouble"].is_null() { Color::Green } else { Color::Red }),
            tinted(models, if down > 0 { Color::Yellow } else { Color::Reset }),
            Cell::new(waiting.join(", ")),
            Cell::new(latest),
            Cell::new(next),
        ]);
    }
    table
}

fn litellm(status: &Value) -> Table {
    let mut table = table(&["LiteLLM", "endpoints", "deployments", "failed requests, 24 h"]);
    for row in rows(status, "litellm") {
        let checks = rows(row, "checks");
        let word = |check: &Value| match check["well"].as_bool() {
            Some(true) => format!("{} ok", text(check, "name")),
            Some(false) => format!("{} FAILS", text(check, "name")),
            None => format!("{} ?", text(check, "name")),
        };
        let told: Vec<_> = checks.iter().map(word).collect();
        let color = match checks.iter().any(|check| check["well"] == false) {
            true => Color::Red,
            false if checks.iter().any(|check| check["well"].is_null()) => Color::Yellow,
            false => Color::Green,
        };
        let told = if told.is_empty() { "not asked yet".to_owned() } else { told.join(", ") };
        let counts = &row["deployments"];
        let mut deployments = format!("{}/{} well", number(counts, "well"), number(counts, "total"));
        for name in ["ill", "unknown", "blocked"] {
            if number(counts, name) > 0 {
                let _ = write!(deployments, ", {} {name}", number(counts, name));
            }
        }
        let failures = row["failures_24h"].as_object().into_iter().flatten();
        let failures: Vec<_> = failures.map(|(class, count)| format!("{count} {class}")).collect();
        table.add_row([
            Cell::new(plain(text(row, "gateway"))),
            tinted(plain(&told), color),
            tinted(deployments, if number(counts, "ill") > 0 { Color::Red } else { Color::Reset }),
            Cell::new(plain(&failures.join(", "))),
        ]);
    }
    table
}

fn processes(status: &Value) -> Table {
    let mut table = table(&["gateway", "process", "CPU", "memory", "files", "up", "restarts"]);
    for row in rows(status, "processes") {
        let name = Cell::new(plain(text(row, "gateway")));
        if row["found"] != true {
            let none = ["", "", "", "", ""].map(Cell::new);
            table.add_row([name, tinted("not found", Color::Yellow)].into_iter().chain(none));
            continue;
        }
        let restarts = number(row, "restarts");
        let files = row["open_files"].as_u64().map_or("?".to_owned(), |count| count.to_string());
        table.add_row([
            name,
            Cell::new(plain(&format!("{} {} ×{}", text(row, "name"), number(row, "pid"), number(row, "processes")))),
            Cell::new(format!("{:.0} %", row["cpu_percent"].as_f64().unwrap_or_default())),
            Cell::new(format!("{} MiB", number(row, "memory_bytes") >> 20)),
            Cell::new(files),
            Cell::new(span(row["uptime_s"].as_i64().unwrap_or_default())),
            tinted(restarts.to_string(), if restarts > 0 { Color::Yellow } else { Color::Reset }),
        ]);
    }
    table
}

fn wrong(problems: &[Problem<'_>], now: Timestamp) -> Table {
    let mut table = table(&["what", "where", "since", "evidence"]);
    for problem in problems.iter().take(PROBLEMS) {
        let color = if problem.critical { Color::Red } else { Color::Yellow };
        let evidence: String = plain(problem.evidence).chars().take(EVIDENCE).collect();
        table.add_row([
            tinted(plain(&problem.what), color),
            Cell::new(plain(&problem.place)),
            Cell::new(ago(now, problem.since)),
            Cell::new(evidence),
        ]);
    }
    table
}

/// `3 min`: from then to now.
fn ago(now: Timestamp, at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| "?".to_owned(), |at| span(now.duration_since(at).as_secs()))
}

/// `in 3 min`, or that it is due.
fn until(now: Timestamp, at: &str) -> String {
    let left = at.parse::<Timestamp>().map_or(0, |at| at.duration_since(now).as_secs());
    if left > 0 { format!("in {}", span(left)) } else { "due".to_owned() }
}

/// A span in its largest unit that fills two of it.
fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    for (unit, length) in [("d", 86_400), ("h", 3600), ("min", 60)] {
        if seconds >= 2 * length {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

fn counted(count: u64, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn rows<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
