use serde_json::json;

use super::*;

fn fine() -> Value {
    json!({
        "version": "0.1.0", "now": "2026-11-21T12:00:00Z", "well": true,
        "totals": { "models": 14, "working": 14, "down": 0, "degraded": 0, "withdrawn": 0, "channels": 3, "channels_down": 0 },
        "gateways": [{
            "name": "main", "kind": null, "mode": "apply", "trouble": null, "trouble_since": null,
            "last_round": { "id": 7, "started": "2026-11-21T11:40:00Z", "ended": "2026-11-21T11:45:00Z", "probed": 14, "applied": 1, "held": 0 },
            "next_round": "2026-11-21T12:45:00Z", "counts": { "total": 14, "up": 14, "down": 0 }, "held": 0, "proposed": 0, "holds": 0,
        }],
        "litellm": [], "processes": [], "alerts": [], "actions": [],
    })
}

fn bad() -> Value {
    let mut status = fine();
    status["well"] = json!(false);
    status["totals"] = json!({ "models": 14, "working": 9, "down": 4, "degraded": 1, "withdrawn": 2, "channels": 3, "channels_down": 1 });
    let gateways = status["gateways"].as_array_mut().unwrap();
    gateways[0]["held"] = json!(1);
    gateways[0]["proposed"] = json!(2);
    gateways[0]["counts"] = json!({ "total": 14, "up": 9, "down": 4 });
    gateways.push(json!({
        "name": "proxy", "kind": "LiteLLM", "mode": "observe", "trouble": "no connection: refused", "trouble_since": "2026-11-21T10:00:00Z",
        "last_round": null, "next_round": null, "counts": { "total": 0, "up": 0, "down": 0 }, "held": 0, "proposed": 0, "holds": 1,
    }));
    status["litellm"] = json!([{
        "gateway": "proxy",
        "checks": [
            { "name": "liveliness", "well": true, "detail": "", "since": "2026-11-21T11:00:00Z" },
            { "name": "readiness", "well": null, "detail": "", "since": "2026-11-21T11:00:00Z" },
            { "name": "key", "well": false, "detail": "it does not know our key", "since": "2026-11-21T11:57:00Z" },
        ],
        "deployments": { "total": 4, "well": 1, "ill": 1, "unknown": 1, "blocked": 1 },
        "incidents": [{
            "class": "credits", "subject": "gpt\u{202e}o4\u{1b}[2J", "detail": "Insufficient credits\r\nnow", "since": "2026-11-18T12:00:00Z",
        }],
        "failures_24h": { "credits": 12, "rate": 3 },
    }]);
    status["processes"] = json!([
        { "gateway": "main", "found": false },
        {
            "gateway": "proxy", "found": true, "pid": 42, "name": "litellm", "processes": 3, "uptime_s": 7300, "cpu_percent": 12.4,
            "memory_bytes": 335_544_320, "open_files": null, "restarts": 1,
        },
    ]);
    let alert = |cause: &str, severity: &str, id: i64| {
        json!({
            "cause": cause, "severity": severity, "gateway": "main", "channel": id, "channel_name": "azure\u{7}", "subject": "",
            "since": "2026-11-21T11:59:30Z", "evidence": "insufficient quota",
        })
    };
    let alerts = (1..=9)
        .map(|id| alert("held", "warning", id))
        .chain([alert("no-credit", "critical", 10), alert("litellm-credits", "critical", 11)]);
    status["alerts"] = alerts.collect();
    status["actions"] = json!([
        { "why": "proxy does not answer as it should", "command": "channelwarden doctor" },
        { "why": "2 changes of main to approve", "command": "channelwarden plan --gateway main" },
    ]);
    status
}

#[test]
fn what_is_well_is_short_and_what_is_not_has_the_worst_first() {
    insta::assert_snapshot!("well", page(&fine(), "http://10.0.0.5:8080", 100));
    insta::assert_snapshot!("bad", page(&bad(), "store.db", 120));
}

#[test]
fn it_fits_a_narrow_terminal_and_no_name_moves_its_cursor() {
    for width in [40, 60, 80, 120] {
        let page = page(&bad(), "store.db", width);
        assert!(!page.chars().any(|c| c != '\n' && (c.is_control() || crate::model::is_invisible(c))), "{page:?}");
        let tables = page.lines().filter(|line| line.starts_with(['│', '┌', '╞', '└', '├']));
        let widest = tables.map(console::measure_text_width).max().unwrap();
        assert!(widest <= usize::from(width), "{widest} in {width}:\n{page}");
    }
    insta::assert_snapshot!("narrow", page(&bad(), "store.db", 60));
}

#[test]
fn an_answer_of_another_form_is_shown_as_far_as_it_goes() {
    for odd in [json!({}), json!({ "gateways": 3, "alerts": [null], "litellm": [[]], "now": "never" })] {
        assert!(page(&odd, "x", 80).contains("0 models"), "{odd}");
    }
}

#[test]
fn a_span_has_one_unit() {
    for (seconds, told) in
        [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")]
    {
        assert_eq!(span(seconds), told);
    }
}
