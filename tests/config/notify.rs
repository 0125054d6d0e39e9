//! Who is told what, as an operator writes it: what is refused, where, and what to do.

use super::{ours, parse, refusal};

fn receivers(text: &str) -> String {
    ours(&format!("notify: {{ receivers: {{ {text} }} }}"))
}

#[test]
fn every_receiver_of_the_example_is_sound() {
    let mail = "mail: { host: 'smtp.example.com', username: 'u', password: 'canary-p', from: 'channelwarden <ops@example.com>',
        to: ['a@example.com', 'Ä Ö <b@example.com>'] }";
    let text = receivers(&format!(
        "ops: {{ {mail} }},
         plain: {{ mail: {{ host: '127.0.0.1', port: 2525, security: 'none', username: 'u', password: 'canary', from: 'a@b.c', to: ['a@b.c'] }} }},
         bot: {{ telegram: {{ token: '123:canary_A-b', chats: [5, -100123, '@channel'], admins: [5], api: 'http://127.0.0.1:8081' }} }},
         chat: {{ discord: {{ url: 'https://discord.example.com/api/webhooks/1/canary' }}, at_least: 'warning' }},
         team: {{ slack: {{ url: 'https://hooks.example.com/canary' }}, gateways: ['main'], causes: ['withdrawn', 'restored'] }},
         fs: {{ feishu: {{ url: 'https://example.com/canary', secret: 'canary' }}, language: 'zh', remind: '0s' }},
         qy: {{ wecom: {{ url: 'https://example.com/send?key=canary' }} }},
         dd: {{ dingtalk: {{ url: 'https://example.com/send?access_token=canary', secret: 'SECcanary' }} }},
         phone: {{ bark: {{ key: 'canary' }}, at_least: 'critical', quiet: [] }},
         own: {{ webhook: {{ url: 'http://hooks:8080/canary', secret: 'whsec_Y2FuYXJ5', headers: {{ authorization: 'Bearer canary' }},
           template: 'x {{{{ digest }}}}' }}, proxy: 'socks5://127.0.0.1:1080' }}"
    ));
    let loaded = parse("c.json5", &text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.notes, Vec::<String>::new());
    assert_eq!(loaded.config.notify.receivers.len(), 10);
    let shown = format!("{loaded:?} {} {}", loaded.summary(), serde_json::to_string(&loaded.config).unwrap());
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn what_does_not_fit_together_is_refused_in_words_and_without_secrets() {
    for (text, told) in [
        ("a: {}", "receivers.a`: how is it told? give it one of mail"),
        ("a: { bark: { key: 'k' }, wecom: { url: 'https://h/canary' } }", "receivers.a`: is told in more than one way"),
        ("'a/b': { bark: { key: 'k' } }", "a receiver's name has letters, digits"),
        ("a: { bark: { key: 'canary/x' } }", "receivers.a.bark.key`: is no device key"),
        ("a: { bark: { key: 'k', server: 'api.day.app' } }", "receivers.a.bark.server`: write it as https://host"),
        ("a: { bark: { key: 'k' }, gateways: ['second'] }", "receivers.a.gateways[0]`: there is no gateway `second`"),
        ("a: { bark: { key: 'k' }, causes: ['gone'] }", "receivers.a.causes[0]`: this is none of withdrawn, restored"),
        (
            "a: { bark: { key: 'k' }, at_least: 'high' }",
            "receivers.a.at_least`: this is none of info, warning, critical",
        ),
        ("a: { bark: { key: 'k' }, remind: '1m' }", "receivers.a.remind`: at least 10m, or 0s for never"),
        ("a: { bark: { key: 'k' }, proxy: 'canary:1' }", "receivers.a.proxy`: write it as http://"),
        (
            "a: { bark: { key: 'k' }, quiet: [{ from: '8pm', to: '08:00' }] }",
            "receivers.a.quiet[0].from`: a time of day",
        ),
        ("a: { discord: { url: 'canary' } }", "receivers.a.discord.url`: is no address"),
        ("a: { slack: { url: 'ftp://canary' } }", "receivers.a.slack.url`: is no address"),
        (
            "a: { feishu: { url: '${NOT_SET}' } }",
            "receivers.a.feishu.url`: the environment variable NOT_SET is not set",
        ),
        ("a: { dingtalk: { url: 'https://h/canary', secret: ' ' } }", "receivers.a.dingtalk.secret`: it is empty"),
        (
            "a: { webhook: { url: 'https://h', secret: 'whsec_canary!' } }",
            "receivers.a.webhook.secret`: begins with whsec_",
        ),
        (
            "a: { webhook: { url: 'https://h', headers: { 'a b': 'canary' } } }",
            "headers.a b`: is no name of an HTTP header",
        ),
        ("a: { webhook: { url: 'https://h', headers: { a: 'canary\\n' } } }", "headers.a`: must be printable ASCII"),
        (
            "a: { webhook: { url: 'https://h', template: 'x\\n{% if canary' } }",
            "webhook.template`: cannot be read as a Jinja template in line 2: syntax error",
        ),
        ("a: { webhook: { url: 'https://h', content_type: 'json' } }", "webhook.content_type`: is no media type"),
        ("a: { telegram: { token: 'canary' } }", "receivers.a.telegram.token`: is no bot token"),
        ("a: { telegram: { token: '1:a', chats: ['me'] } }", "telegram.chats[0]`: is no chat"),
        ("a: { telegram: { token: '1:a', chats: [5, '5'] } }", "telegram.chats[1]`: this chat stands twice"),
        ("a: { telegram: { token: '1:a', admins: [-1] } }", "telegram.admins[0]`: is no user"),
        ("a: { telegram: { token: '1:a', api: 'https://u:canary@h' } }", "telegram.api`: write it as https://host"),
        (
            "a: { telegram: { token: '1:canary', chats: [5] } }, b: { telegram: { token: '1:canary', chats: [6] } }",
            "receivers.b.telegram.token`: this is receiver `a`'s bot",
        ),
    ] {
        let error = refusal("c.json5", &receivers(text));
        assert!(error.contains(told), "{text}: {error}");
    }
    let mail = |text: &str| {
        let sound = [("host:", "host: 'h',"), ("from:", "from: 'a@b.c',"), ("to:", "to: ['a@b.c'],")];
        let rest: String = sound.iter().filter(|(key, _)| !text.contains(key)).map(|(_, member)| *member).collect();
        receivers(&format!("a: {{ mail: {{ {rest} {text} }} }}"))
    };
    for (text, told) in [
        ("host: 'smtp://h'", "mail.host`: is a server's name or address alone"),
        ("host: 'h:25'", "mail.host`: is a server's name or address alone"),
        ("port: 0", "mail.port`: must be from 1 to 65535"),
        ("username: 'u'", "mail.username`: has no password"),
        ("password: 'canary'", "mail.password`: has no user"),
        ("username: 'u', password: ''", "mail.password`: it is empty"),
        ("username: 'u', password: 'canary', security: 'none'", "mail.security`: the password would be sent"),
        ("from: 'canary'", "mail.from`: is no mail address"),
        ("to: []", "mail.to`: has no recipient"),
        ("to: ['a@b.c', 'canary']", "mail.to[1]`: is no mail address"),
    ] {
        let error = refusal("c.json5", &mail(text));
        assert!(error.contains(told), "{text}: {error}");
    }
    let proxied = receivers("a: { mail: { host: 'h', from: 'a@b.c', to: ['a@b.c'] }, proxy: 'http://h:1' }");
    assert!(refusal("c.json5", &proxied).contains("receivers.a.proxy`: mail goes by no proxy"));
}

#[test]
fn times_that_cannot_be_read_are_refused() {
    for (text, told) in [
        ("time_zone: 'Berlin'", "`notify.time_zone`: there is no such time zone"),
        ("digest: '2h'", "`notify.digest`: at most 1h"),
        ("settle: '2d'", "`notify.settle`: at most 1d"),
        ("remind: '5m'", "`notify.remind`: at least 10m"),
        ("give_up: '1s'", "`notify.give_up`: at least 1m"),
        (
            "quiet: [{ from: '22:00', to: '24:00' }]",
            "`notify.quiet[0].to`: a time of day is written as 22:00; midnight is 00:00",
        ),
        ("quiet: [{ from: '22:00', to: '08:00', time_zone: 'X/Y' }]", "`notify.quiet[0].time_zone`: there is no such"),
        (
            "quiet: [{ from: '22:00', to: '08:00', days: ['monday'] }]",
            "`notify.quiet[0].days[0]`: this is none of mon, tue",
        ),
        (
            "maintenance: [{ from: 'now', to: '2026-12-24T22:00' }]",
            "`notify.maintenance[0].from`: write it as 2026-12-24T22:00",
        ),
        (
            "maintenance: [{ from: '2026-12-24T22:00', to: '2026-12-24T22:00' }]",
            "`notify.maintenance[0].to`: is not after `from`",
        ),
        (
            "time_zone: 'Europe/Berlin', maintenance: [{ from: '2026-12-24T22:00', to: '2026-12-24T21:00Z' }]",
            "`notify.maintenance[0].to`: is not after `from`",
        ),
        (
            "maintenance: [{ from: '2026-12-24T22:00', to: '2026-12-24T23:00', gateways: ['x'] }]",
            "`notify.maintenance[0].gateways[0]`: there is no gateway `x`",
        ),
    ] {
        let error = refusal("c.json5", &ours(&format!("notify: {{ {text} }}")));
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn push_addresses_belong_to_somebody_and_are_shown_nowhere() {
    for (text, told) in [
        ("every: '1s'", "`uptime_kuma.every`: at least 5s"),
        ("timeout: '0s'", "`uptime_kuma.timeout`: must be more than 0s"),
        ("model_url: { 'a,b': 'https://h/canary' }", "this cannot be a model's name"),
        ("model_url: { a: 'h/canary' }", "uptime_kuma.model_url.a`: is no address"),
        ("channel_url: { a: 'https://h/canary' }", "uptime_kuma.channel_url.a`: write a channel's id"),
        ("channel_url: { 'x/12': 'https://h/canary' }", "there is no gateway `x`"),
        ("model_template: 'https://h/canary'", "`uptime_kuma.model_template`: has no {model} in it"),
        (
            "channel_template: 'https://h/canary/{gateway}'",
            "`uptime_kuma.channel_template`: has no {channel} or {name}",
        ),
        ("model_template: 'https://h/{model}/{canary}'", "`uptime_kuma.model_template`: has something else in braces"),
        ("model_template: 'canary/{model}'", "`uptime_kuma.model_template`: is no address"),
    ] {
        let error = refusal("c.json5", &ours(&format!("uptime_kuma: {{ {text} }}")));
        assert!(error.contains(told), "{text}: {error}");
    }
    let two = "{ gateways: { a: { database: 'a.db' }, b: { database: 'b.db' } }, uptime_kuma: { channel_url: { '1': 'https://h/canary' } } }";
    assert!(refusal("c.json5", two).contains("uptime_kuma.channel_url.1`: of which gateway?"));
    let sound = "uptime_kuma: { model_url: { 'gpt-4o': 'http://kuma.example.com/api/push/canary' },
        channel_url: { '12': 'https://h/canary', 'main/13': 'http://kuma:3001/canary' },
        model_template: 'https://h/canary/{model}', channel_template: 'https://h/canary/{gateway}-{name}' }";
    let loaded = parse("c.json5", &ours(sound)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.notes.len(), 1, "{:?}", loaded.notes);
    assert!(loaded.notes[0].contains(" is not https"), "{:?}", loaded.notes);
    assert!(!format!("{loaded:?}").contains("canary"));
}

#[test]
fn a_bots_token_that_anybody_on_the_way_can_read_is_worth_a_note() {
    let receiver = |api: &str| {
        format!("notify: {{ receivers: {{ bot: {{ telegram: {{ token: '1:canary', api: '{api}', chats: [1] }} }} }} }}")
    };
    let notes = |api: &str| parse("c.json5", &ours(&receiver(api))).unwrap_or_else(|error| panic!("{error}")).notes;
    assert!(notes("http://bot.example.com")[0].contains("notify.receivers.bot.telegram.api is not https"));
    for near in ["https://bot.example.com", "http://bot-api:8081", "http://127.0.0.1:8081"] {
        assert!(notes(near).is_empty(), "{near}");
    }
}
