//! What may not be served at all: the configuration refuses it, and says what to do.

use std::path::Path;

use channelwarden::config;

/// What is said of this `web`, and whether it is refused.
fn said(web: &str, more: &str) -> (bool, String) {
    let text = format!("{{ gateways: {{ main: {{ database: 'gateway.db' }} }}, web: {{ {web} }}, {more} }}");
    match config::parse(&text, Path::new("config.json5")) {
        Ok(loaded) => (false, loaded.notes.join("\n")),
        Err(error) => (true, error.to_string()),
    }
}

fn refused(web: &str, with: &str) {
    let (refused, words) = said(web, "");
    assert!(refused && words.contains(with), "{web}: {words}");
}

fn sound(web: &str) {
    let (refused, words) = said(web, "");
    assert!(!refused, "{web}: {words}");
}

const TOKEN: &str = "read_token: 'canary-0123456789'";

#[test]
fn others_reach_us_only_with_a_token() {
    for listen in ["0.0.0.0:8000", "[::]:8000", "192.0.2.1:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"] {
        refused(&format!("listen: '{listen}'"), "web.read_token");
        refused(&format!("listen: '{listen}', act_token: 'canary-0123456789'"), "web.read_token");
        sound(&format!("listen: '{listen}', {TOKEN}"));
    }
    for listen in ["127.0.0.1:8000", "[::1]:8000", "127.9.9.9:1", "off"] {
        sound(&format!("listen: '{listen}'"));
    }
    for listen in ["8000", ":8000", "localhost", "127.0.0.1", "http://127.0.0.1:8000", ""] {
        refused(&format!("listen: '{listen}'"), "127.0.0.1:8000");
    }
}

#[test]
fn a_token_is_long_and_for_one_right() {
    refused("read_token: 'canary-7'", "16 characters");
    refused("act_token: ''", "16 characters");
    refused("act_token: 'canary with spaces 0123'", "without spaces");
    refused(&format!("{TOKEN}, act_token: 'canary-0123456789'"), "two rights");
    sound("act_token: 'canary-0123456789'");
    for web in ["read_token: 'canary-7'", "act_token: 'canary with spaces 0123'"] {
        assert!(!said(web, "").1.contains("canary"), "{}", said(web, "").1);
    }
}

#[test]
fn addresses_are_addresses() {
    for url in ["cw.example.com", "ftp://cw.example.com", "https://cw.example.com/sub", "https://a:b@cw.example.com"] {
        refused(&format!("public_url: '{url}'"), "https://host");
    }
    let (refused, words) = said(&format!("public_url: 'http://cw.example.com', {TOKEN}"), "");
    assert!(!refused && words.contains("not https"), "{words}");
    let (refused, words) = said("public_url: 'https://cw.example.com'", "");
    assert!(!refused && words.contains("web.read_token is not"), "{words}");
    let (refused, words) = said("", "heartbeat: { url: 'canary.example/ping' }");
    assert!(refused && words.contains("http://") && !words.contains("canary.example/ping' is"), "{words}");
}

#[test]
fn the_public_page_shows_what_there_is() {
    let line = |line: &str| format!("status: {{ enabled: true, models: [{line}] }}");
    sound(&line("{ name: 'GPT 4o-mini_1.5', gateway: 'main', model: 'gpt-4o-mini' }"));
    refused(&line("{ name: 'a', gateway: 'other', model: 'b' }"), "no gateway `other`");
    refused(&line("{ name: '<b>', gateway: 'main', model: 'b' }"), "letters, digits");
    refused(&line("{ name: 'a/b', gateway: 'main', model: 'b' }"), "letters, digits");
    refused(&line("{ name: 'a', gateway: 'main', model: 'b,c' }"), "model's name");
    let twice = "{ name: 'a', gateway: 'main', model: 'b' }, { name: 'a', gateway: 'main', model: 'c' }";
    refused(&line(twice), "twice");
    refused("stale_after: '1m'", "probe.every");
}
