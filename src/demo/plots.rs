//! The demo's channels.
//!
//! Decides: what each advertises, and what goes wrong with it. Must not know: databases, rounds.

use std::time::Duration;

use crate::model::Kind;
use crate::simulate::Behaviour;

/// One channel of the demo: its name, what the gateway advertises, its groups and status, what its upstream does.
pub(super) struct Plot {
    pub(super) name: &'static str,
    pub(super) models: String,
    pub(super) group: &'static str,
    pub(super) status: i64,
    pub(super) behaviours: Vec<(&'static str, Behaviour)>,
}

pub(super) const WORKS: Behaviour = Behaviour::Works;

/// What goes wrong, a channel each.
pub(super) fn plots() -> Vec<Plot> {
    vec![
        Plot {
            name: "Acme",
            models: "gpt-4o,gpt-4o-mini,o3-mini,qwq-stream,gpt-3.5-legacy,text-embedding-3-small,gpt-5-codex"
                .to_owned(),
            group: "default,vip",
            status: 1,
            behaviours: vec![
                ("gpt-4o", WORKS),
                ("gpt-4o-mini", WORKS),
                ("o3-mini", Behaviour::NeedsCompletionLimit),
                ("qwq-stream", Behaviour::StreamOnly),
                ("gpt-3.5-legacy", Behaviour::Gone),
                ("text-embedding-3-small", Behaviour::Only(Kind::Embedding)),
                ("gpt-5-codex", Behaviour::ResponsesOnly),
                ("gpt-5-mini", WORKS),
            ],
        },
        Plot {
            name: "Borealis",
            models: "gpt-4o,gpt-3.5-legacy,llama-busy,deepseek-flaky,mixtral-8x7b".to_owned(),
            group: "default,vip",
            status: 1,
            behaviours: vec![
                ("gpt-4o", WORKS),
                ("gpt-3.5-legacy", WORKS),
                ("llama-busy", Behaviour::RateLimited(Some(1))),
                ("deepseek-flaky", Behaviour::Flapping),
                ("mixtral-8x7b", Behaviour::Slow(Duration::from_millis(900))),
            ],
        },
        Plot {
            name: "Cinder, out of credit",
            models: "gpt-4o,gpt-4o-mini,mistral-large".to_owned(),
            group: "default",
            status: 1,
            behaviours: vec![
                ("gpt-4o", Behaviour::NoCredit),
                ("gpt-4o-mini", Behaviour::NoCredit),
                ("mistral-large", Behaviour::NoCredit),
            ],
        },
        Plot {
            name: "Dune",
            models: "gpt-4o-mini,only-here-and-gone,qwen-max".to_owned(),
            group: "default",
            status: 1,
            behaviours: vec![("gpt-4o-mini", WORKS), ("only-here-and-gone", Behaviour::Gone), ("qwen-max", WORKS)],
        },
        Plot {
            name: "Ember",
            models: "gpt-4o,qwen-max,gpt-4o-mini,o3-mini".to_owned(),
            group: "default",
            status: 1,
            behaviours: vec![
                ("gpt-4o", WORKS),
                ("qwen-max", Behaviour::Gone),
                ("gpt-4o-mini", Behaviour::Gone),
                ("o3-mini", Behaviour::Gone),
            ],
        },
        Plot {
            name: "Fjord, disabled by hand",
            models: "gpt-4o".to_owned(),
            group: "default",
            status: 2,
            behaviours: vec![("gpt-4o", Behaviour::Gone)],
        },
        Plot {
            name: "Glacier",
            models: "gpt-4o,mixtral-8x7b,qwen-max,deepseek-flaky".to_owned(),
            group: "default,vip",
            status: 1,
            behaviours: vec![
                ("gpt-4o", WORKS),
                ("mixtral-8x7b", Behaviour::Hangs),
                ("qwen-max", Behaviour::Slow(Duration::from_millis(450))),
                ("deepseek-flaky", WORKS),
            ],
        },
        hostile(),
        twin(),
    ]
}

/// A name as an image that runs a script where it is not escaped.
const IMAGE: &str = "<img src=x onerror=alert(1)>";

/// As long as a name may be: 255 characters.
const LONGEST: &str = "the-longest-name-that-a-gateway-stores-has-255-characters-and-must-not-push-anything-out-of-its-place\
    -the-longest-name-that-a-gateway-stores-has-255-characters-and-must-not-push-anything-out-of-its-place\
    -the-longest-name-that-a-gateway-stores-has-255-char";

/// Names and error texts that try to be more than text.
fn hostile() -> Plot {
    let gone = r#"{"error": {"message": "The model <img src=x onerror=alert(2)> does not exist. <script>alert(3)</script>",
        "type": "invalid_request_error", "param": null, "code": "model_not_found"}}"#;
    let broken = r#"{"error": {"message": "</td></table><h1 style='position:fixed;inset:0'>Owned</h1><iframe src='javascript:alert(4)'>",
        "type": "server_error"}}"#;
    Plot {
        name: "Hostile",
        models: concat!(
            "<img src=x onerror=alert(1)>,\"><script>alert(1)</script>,\u{202e}lanigiro-4-tpg,مرحبا-4,通义千问-🚀-旗舰,",
            "openai/gpt-4o:free,javascript:alert(1),{{7+7}}${7+7},a/b?c=d#e&f%2Fg",
        ).to_owned(),
        group: "default,vip",
        status: 1,
        behaviours: vec![
            (IMAGE, Behaviour::Says(404, gone.to_owned())),
            ("\"><script>alert(1)</script>", Behaviour::Says(500, broken.to_owned())),
            // Right to left from here on, and no sign that ends it.
            ("\u{202e}lanigiro-4-tpg", WORKS),
            ("مرحبا-4", WORKS),
            ("通义千问-🚀-旗舰", WORKS),
            ("openai/gpt-4o:free", WORKS),
            ("javascript:alert(1)", WORKS),
            ("{{7+7}}${7+7}", WORKS),
            ("a/b?c=d#e&f%2Fg", WORKS),
            (LONGEST, WORKS),
        ],
    }
}

/// A channel whose own name is hostile and 300 characters long; of its models one is too long to be written back.
fn twin() -> Plot {
    Plot {
        name: concat!(
            "<b onmouseover=alert(5)>Twin</b> \"><svg onload=alert(6)> with a name of 300 characters, ",
            "which is far more than any table has room for and so has to be cut or wrapped somewhere, and yet ",
            "nothing beside it may move: not the column to its left, not the one to its right, not the page as such",
            "; 300 in all.",
        ),
        models: concat!(
            "<img src=x onerror=alert(1)>,gpt-4o,",
            "a-name-of-300-characters-cannot-be-written-back-so-this-channel-is-left-alone-a-name-of-300-characte",
            "rs-cannot-be-written-back-so-this-channel-is-left-alone-a-name-of-300-characters-cannot-be-written-b",
            "ack-so-this-channel-is-left-alone-a-name-of-300-characters-cannot-be-written-back-so-this-channel-is",
        )
        .to_owned(),
        group: "default,vip",
        status: 1,
        behaviours: vec![(IMAGE, WORKS), ("gpt-4o", WORKS)],
    }
}

/// Many models that nobody asks, to see how the dashboard copes: disabled by hand, and known from the past alone.
pub(super) fn crowd(models: u32) -> Plot {
    let names: Vec<_> = (1..=models).map(|number| format!("crowd-{number:05}")).collect();
    Plot { name: CROWD, models: names.join(","), group: "default", status: 2, behaviours: vec![] }
}

/// The channel with many models.
pub(super) const CROWD: &str = "Crowd, disabled by hand";
