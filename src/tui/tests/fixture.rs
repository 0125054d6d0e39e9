//! A world of hostile, very long, double-width and ordinary names, as the API would tell of it.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use crate::tui::question::{Kind, Question};
use crate::tui::state::{State, Wish};

/// Turns the reading direction, clears a terminal, and hides a letter.
pub(super) const HOSTILE: &str = "gpt\u{202e}4o\u{1b}[2J\u{7}\u{200b}!";
pub(super) const CJK: &str = "通义千问-大模型-旗舰版";
/// How many models there are.
pub(super) const MODELS: usize = 5_000;

pub(super) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// Sees everything that the API answers.
pub(super) fn filled(lines: u16) -> State {
    let mut state = State::new("http://127.0.0.1:8000", lines);
    for question in
        [Question::status(), Question::channels(), Question::plan(), Question::changes(), Question::deployments()]
    {
        answer(&mut state, &question);
    }
    state
}

/// The fixture's answer to one question.
pub(super) fn answer(state: &mut State, question: &Question) {
    let told = match question.kind {
        Kind::Status => status(),
        Kind::Channels => channels(),
        Kind::Models => models(&question.path),
        Kind::Changes => changes(),
        Kind::Plan => plan(),
        Kind::Deployments => deployments(),
    };
    state.answered(question, Ok(told), now());
}

/// Everything that the open tab needs.
pub(super) fn answer_all(state: &mut State) {
    for question in state.questions() {
        answer(state, &question);
    }
}

pub(super) fn press(state: &mut State, code: KeyCode) -> Wish {
    state.key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub(super) fn write(state: &mut State, text: &str) {
    for c in text.chars() {
        press(state, KeyCode::Char(c));
    }
}

fn status() -> Value {
    let counts = |up, down| json!({ "total": up + down + 12, "up": up, "degraded": 4, "down": down, "unknown": 6, "withdrawn": 2 });
    json!({
        "version": "1.0.0", "now": "2026-11-20T12:00:00Z", "well": false,
        "totals": { "models": MODELS, "working": 4_890, "down": 61, "degraded": 8, "withdrawn": 29, "channels": 42, "channels_down": 1 },
        "gateways": [
            { "name": "main", "kind": "new-api", "mode": "apply", "trouble": null, "trouble_since": null,
              "last_round": { "id": 812, "started": "2026-11-20T11:55:00Z", "ended": "2026-11-20T11:57:00Z", "probed": 431, "applied": 2, "held": 1 },
              "next_round": "2026-11-20T12:05:00Z", "counts": counts(4_790, 60), "held": 1, "proposed": 2, "holds": 1 },
            { "name": CJK, "kind": "litellm", "mode": "observe", "trouble": "the admin API does not answer: connection refused",
              "trouble_since": "2026-11-20T10:00:00Z", "last_round": null, "next_round": null, "counts": counts(100, 1), "held": 0, "proposed": 0, "holds": 0 },
        ],
        "litellm": [{
            "gateway": CJK,
            "checks": [
                { "name": "liveliness", "well": true, "detail": "", "latency_ms": 12, "at": "2026-11-20T11:59:30Z", "since": "2026-11-19T12:00:00Z" },
                { "name": "models", "well": false, "detail": "401: the key is not accepted", "latency_ms": 2_140, "at": "2026-11-20T11:59:30Z", "since": "2026-11-20T11:30:00Z" },
                { "name": format!("chat {HOSTILE}"), "well": null, "detail": "not asked yet", "latency_ms": null, "at": null, "since": null },
            ],
            "deployments": { "total": 40, "well": 36, "ill": 2, "unknown": 1, "blocked": 1 },
            "incidents": [{ "subject": "gpt-4o", "deployment": "d41d8cd9", "class": "credits", "since": "2026-11-20T09:00:00Z",
                "last": "2026-11-20T11:58:00Z", "times": 41, "detail": "402: Insufficient credits", "source": "health" }],
            "failures_24h": { "credits": 41, "server": 3 },
        }],
        "processes": [
            { "gateway": "main", "found": true, "pid": 4_242, "name": "new-api", "processes": 1, "started": "2026-11-18T12:00:00Z", "uptime_s": 172_800,
              "cpu_percent": 37.4, "memory_bytes": 851_443_712_u64, "open_files": 214, "restarts": 0, "at": "2026-11-20T11:59:58Z" },
            { "gateway": CJK, "found": false, "pid": null, "name": null, "processes": null, "started": null, "restarts": null, "at": "2026-11-20T11:59:58Z" },
        ],
        "alerts": [
            { "cause": "no-credit", "severity": "critical", "gateway": "main", "channel": 7, "channel_name": HOSTILE, "subject": "key 2",
              "since": "2026-11-20T08:00:00Z", "evidence": "402: this account has no credit left, as the upstream says at some length" },
            { "cause": "held", "severity": "warning", "gateway": "main", "channel": 3, "channel_name": "Acme", "subject": "",
              "since": "2026-11-20T11:57:00Z", "evidence": "3 of 5 models would go" },
        ],
        "actions": [{ "why": "a guard holds 3 models back", "command": "channelwarden plan --gateway main" }],
    })
}

fn channels() -> Value {
    let channel = |id: i64, name: &str, up: u64, down: u64, status: &str| {
        json!({ "gateway": "main", "id": id, "name": name, "provider": "openai", "status": status, "groups": "default", "note": "",
            "models": up + down, "up": up, "degraded": 0, "down": down, "unknown": 0, "withdrawn": down / 2, "uptime_24h": 99.25, "hold": null })
    };
    let mut rows = vec![
        channel(1, "OpenAI", 120, 0, "enabled"),
        channel(3, "Acme", 2, 3, "enabled"),
        channel(7, HOSTILE, 0, 4, "auto-disabled"),
        channel(8, CJK, 9, 0, "enabled"),
        channel(9, &"very-long-name-".repeat(20), 1, 0, "enabled"),
    ];
    rows[1]["hold"] = json!("the operator said stop");
    rows[2]["note"] = json!("every key is refused");
    json!(rows)
}

/// The part of the models that is asked for.
fn models(path: &str) -> Value {
    let asked = |name: &str| {
        let (_, rest) = path.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let (limit, offset): (usize, usize) = (asked("limit").parse().unwrap(), asked("offset").parse().unwrap());
    let search = asked("search");
    let names = (0..MODELS).map(model_name).enumerate().filter(|(_, name)| name.contains(&search));
    json!(names.skip(offset).take(limit).map(|(at, name)| model(at, &name)).collect::<Vec<_>>())
}

pub(super) fn model_name(at: usize) -> String {
    match at {
        1 => HOSTILE.to_owned(),
        2 => CJK.to_owned(),
        3 => "a-name-that-never-ends-".repeat(11),
        _ => format!("vendor/model-{at:04}"),
    }
}

fn model(at: usize, name: &str) -> Value {
    let down = at % 50 == 1;
    let spark: Vec<_> = (0..24_u64).map(|hour| (hour % 5 != 4).then_some(300 + hour * 40)).collect();
    json!({
        "id": at + 1, "gateway": "main", "channel": 3, "channel_name": "Acme", "model_id": name, "listed": true,
        "withdrawn": (at == 4).then(|| json!({ "at": "2026-11-20T11:00:00Z", "outcome": "gone", "times": 3 })),
        "light": if down { "down" } else { "up" }, "latest_status": if down { "HTTP 404" } else { "OK" },
        "outcome": if down { "gone" } else { "works" }, "status": 200, "detail": if down { "model_not_found" } else { "" },
        "last_seen": "2026-11-20T11:57:00Z", "since": "2026-11-19T12:00:00Z", "next_probe": null, "uptime_24h": 97.5,
        "avg_latency_24h": 410.0, "p50_ms": 390, "p95_ms": 1_240, "ttft_p50_ms": 210,
        "consecutive_failures": if down { 3 } else { 0 }, "sparkline_data": spark, "uptime_hours": vec![97; 24],
    })
}

fn plan() -> Value {
    let removals = ["c", HOSTILE, CJK].map(|model| json!({ "model": model, "reason": "gone, 3 times" }));
    json!([
        { "gateway": "main", "channel": 3, "channel_name": "Acme", "round": 812, "at": "2026-11-20T11:57:00Z", "mode": "apply",
          "before": [], "after": [], "removed": [], "added": ["fresh"], "restored": [],
          "held": [{ "guard": "channel-limit", "why": "3 of 5 models would go; 2 may", "may_be_lifted": true, "additions": [],
                     "removals": removals }] },
        { "gateway": CJK, "channel": 8, "channel_name": CJK, "round": 40, "at": "2026-11-20T11:50:00Z", "mode": "observe",
          "before": [], "after": [], "removed": [{ "model": "old", "reason": "gone" }], "added": [], "restored": [], "held": [] },
    ])
}

fn changes() -> Value {
    let change = |id: i64, state: &str, undone_by: Option<i64>| {
        json!({ "id": id, "gateway": "main", "channel": 3, "channel_name": "Acme", "state": state, "opened": "2026-11-20T11:57:00Z",
            "settled": "2026-11-20T11:57:01Z", "round": 811, "removed": [{ "model": HOSTILE, "reason": "gone, 3 times: 404 model_not_found" }],
            "added": ["fresh"], "restored": [CJK], "before": [], "after": [], "undoes": null, "undone_by": undone_by,
            "undoable": state == "applied" && undone_by.is_none(), "live": "2026-11-20T11:58:00Z", "live_due": null, "live_note": "", "note": "" })
    };
    json!([change(57, "applied", None), change(56, "conflict", None), change(55, "applied", Some(56))])
}

fn deployments() -> Value {
    let one = |id: &str, name: &str, state: &str| {
        json!({ "gateway": CJK, "id": id, "name": name, "upstream": "openrouter/meta/llama", "api_base": "", "mode": "", "channel": 401_221,
            "in_database": true, "blocked": state == "blocked", "state": state, "status": null,
            "class": (state == "ill").then_some("credits"), "detail": if state == "ill" { "402: Insufficient credits" } else { "" },
            "at": "2026-11-20T11:59:00Z" })
    };
    json!([
        one("a", "gpt-4o", "ill"),
        one("b", CJK, "well"),
        one("c", HOSTILE, "blocked"),
        one("d", "later", "unknown")
    ])
}
