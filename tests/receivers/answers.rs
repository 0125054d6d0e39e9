//! What every answer means: later, never, and after how long; and that no answer does harm.

use std::time::Duration;

use channelwarden::config::Language;
use channelwarden::notify::receiver::Refusal;
use jiff::SignedDuration;
use serde_json::json;

use super::hooks::{Kind, SECRET, Scripted, TOKEN, Webhook};
use super::{deliver, deliver_at, delivered, ordinary, receiver};

#[expect(clippy::needless_pass_by_value, reason = "a text, or JSON made on the spot")]
fn answer(status: u16, body: impl ToString) -> Scripted {
    Scripted::Answer(status, vec![], body.to_string())
}

/// What a delivery comes to that is answered so.
async fn answered(kind: Kind, scripted: Scripted) -> Result<(), Refusal> {
    let webhook = Webhook::start(kind).await;
    webhook.world().script.push_back(scripted);
    let told = delivered(&webhook, kind).await;
    assert_eq!(webhook.world().asked, 1, "{kind:?} was asked once");
    told
}

/// The words of one that may be taken later, and after how long.
fn later(told: Result<(), Refusal>) -> (String, Option<Duration>) {
    match told {
        Err(Refusal::Later { why, after }) => (why, after),
        other => panic!("not later: {other:?}"),
    }
}

fn is_never(told: &Result<(), Refusal>) -> bool {
    matches!(told, Err(Refusal::Never { .. }))
}

#[tokio::test]
async fn too_often_is_later_when_the_receiver_says_or_when_it_counts_anew() {
    let seconds = Duration::from_secs;
    let discord = json!({ "message": "You are being rate limited.", "retry_after": 64.57, "global": false });
    let freq = json!({ "errcode": 45009, "errmsg": "api freq out of limit" });
    let fast = json!({ "errcode": 130_101, "errmsg": "send too fast, exceed 20 times per minute" });
    let limited = json!({ "code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]" });
    for (kind, status, body, want) in [
        (Kind::Discord, 429, discord, Duration::from_millis(64_570)),
        (Kind::Feishu, 200, limited.clone(), seconds(60)),
        (Kind::Feishu, 400, limited, seconds(60)),
        (Kind::Feishu, 200, json!({ "code": 9499, "msg": "too many request" }), seconds(60)),
        (Kind::WeCom, 200, freq, seconds(60)),
        (Kind::DingTalk, 200, fast, seconds(600)),
        (Kind::DingTalk, 200, json!({ "errcode": 410_100, "errmsg": "发送速度太快而限流" }), seconds(600)),
    ] {
        let (why, after) = later(answered(kind, answer(status, &body)).await);
        assert_eq!(after, Some(want), "{kind:?} {body}");
        assert!(why.contains("fewer messages"), "{why}");
    }
    for kind in Kind::ALL {
        for (header, want) in [("7", 7), ("86400", 3600)] {
            let scripted = Scripted::Answer(429, vec![("retry-after", header.to_owned())], "slow down".to_owned());
            assert_eq!(later(answered(kind, scripted).await).1, Some(seconds(want)), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_receiver_that_is_out_of_order_gets_the_message_later_and_once() {
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        for status in [500, 502, 503] {
            webhook.world().script.push_back(answer(status, "<html>rollup_error</html>"));
        }
        for _ in 0..3 {
            let (why, after) = later(delivered(&webhook, kind).await);
            assert_eq!(after, None, "{kind:?}");
            assert!(why.contains("cannot take any now") && why.contains("a web page"), "{why}");
        }
        assert_eq!(delivered(&webhook, kind).await, Ok(()), "{kind:?}");
        assert_eq!(webhook.world().taken.len(), 1, "{kind:?}");
    }
    for (kind, busy) in [(Kind::WeCom, json!({ "errcode": -1 })), (Kind::DingTalk, json!({ "errcode": -1 }))] {
        later(answered(kind, answer(200, busy)).await);
    }
    assert!(later(answered(Kind::Slack, answer(500, "rollup_error")).await).0.contains("rollup_error"));
}

#[tokio::test]
async fn what_a_person_can_mend_is_later_and_says_how() {
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        for token in ["canary-gone-0123456789", "canary-0ther-token"] {
            let receiver = receiver(kind, &webhook.url_with(token), SECRET);
            let (why, _) = later(deliver(&receiver, &ordinary(), Language::En).await);
            assert!(why.contains("`url`"), "{kind:?}: {why}");
        }
    }
    let dingtalk = |code: i64, words: &str| answer(200, json!({ "errcode": code, "errmsg": words }));
    let feishu = |code: i64, words: &str| answer(200, json!({ "code": code, "data": {}, "msg": words }));
    for (kind, scripted, want) in [
        (
            Kind::Discord,
            answer(
                400,
                json!({ "message": "Webhooks posted to forum channels must have a thread_name or thread_id", "code": 220_001 }),
            ),
            "thread_id",
        ),
        (Kind::Discord, answer(403, "<!doctype html>"), "`url`"),
        (Kind::Slack, answer(410, "channel_is_archived"), "restore"),
        (Kind::Slack, answer(404, "channel_not_found"), "restore"),
        (Kind::Slack, answer(403, "action_prohibited"), "admin"),
        (Kind::Slack, answer(404, "No service"), "`url`"),
        (Kind::Feishu, feishu(19022, "Ip Not Allowed"), "list"),
        (Kind::Feishu, feishu(19024, "Key Words Not Found"), "`channelwarden`"),
        (Kind::WeCom, answer(200, json!({ "errcode": 93004, "errmsg": "robot disabled" })), "robot disabled"),
        (Kind::DingTalk, dingtalk(310_000, "keywords not in content"), "`channelwarden`"),
        (Kind::DingTalk, dingtalk(310_000, "ip 1.2.3.4 not in whitelist"), "list"),
        (Kind::DingTalk, dingtalk(400_102, "bot is stopped"), "switch it on"),
    ] {
        let (why, _) = later(answered(kind, scripted).await);
        assert!(why.contains(want), "{kind:?} {want}: {why}");
    }
}

#[tokio::test]
async fn the_keyword_that_we_name_stands_in_every_message() {
    for kind in [Kind::Feishu, Kind::DingTalk] {
        let webhook = Webhook::start(kind).await;
        assert_eq!(delivered(&webhook, kind).await, Ok(()));
        let shown = webhook.world().taken[0].shown.clone();
        assert!(shown.contains("channelwarden"), "{shown}");
    }
}

#[tokio::test]
async fn a_signature_of_another_secret_or_hour_is_refused_with_what_to_look_at() {
    for kind in [Kind::Feishu, Kind::DingTalk] {
        let webhook = Webhook::start(kind).await;
        let (right, wrong) =
            (receiver(kind, &webhook.url(), SECRET), receiver(kind, &webhook.url(), "SECcanary-other"));
        let now = channelwarden::clock::now();
        let old = now - SignedDuration::from_hours(2);
        for told in [
            deliver_at(&wrong, &ordinary(), Language::En, now).await,
            deliver_at(&right, &ordinary(), Language::En, old).await,
        ] {
            let (why, _) = later(told);
            assert!(why.contains("`secret`") && why.contains("clock"), "{kind:?}: {why}");
        }
        assert_eq!(deliver_at(&right, &ordinary(), Language::En, now).await, Ok(()), "{kind:?}");
    }
}

#[tokio::test]
async fn only_what_is_wrong_with_the_message_is_never() {
    let errors = json!({ "embeds": ["0"] });
    for (kind, status, body) in [
        (Kind::Discord, 400, json!({ "code": 50035, "message": "Invalid Form Body", "errors": errors }).to_string()),
        (Kind::Slack, 400, "invalid_payload".to_owned()),
        (Kind::Slack, 400, "no_text".to_owned()),
        (Kind::Feishu, 400, json!({ "code": 9499, "msg": "Bad Request", "data": {} }).to_string()),
        (Kind::Feishu, 200, json!({ "code": 19002, "msg": "params error, msg_type need" }).to_string()),
        (Kind::WeCom, 200, json!({ "errcode": 40058, "errmsg": "invalid Request Parameter" }).to_string()),
        (Kind::WeCom, 200, json!({ "errcode": 44004, "errmsg": "empty content" }).to_string()),
        (Kind::DingTalk, 200, json!({ "errcode": 460_101, "errmsg": "message too long" }).to_string()),
    ] {
        let told = answered(kind, answer(status, &body)).await;
        assert!(is_never(&told), "{kind:?} {body}: {told:?}");
    }
    for kind in Kind::ALL {
        let told = answered(kind, answer(400, "what is this")).await;
        assert!(is_never(&told), "{kind:?}: {told:?}");
    }
}

#[tokio::test]
async fn an_answer_of_something_else_is_no_yes() {
    for kind in Kind::ALL {
        for body in
            ["<!doctype html><title>Sign in", "", "{}", "[]", "null", "\"ok", "{\"errcode\":\"0\",\"code\":\"0\"}"]
        {
            let (why, _) = later(answered(kind, answer(200, body)).await);
            assert!(why.contains("`url`"), "{kind:?} {body:?}: {why}");
        }
        let moved = vec![("location", format!("https://other.example/{TOKEN}"))];
        let (why, _) = later(answered(kind, Scripted::Answer(301, moved, String::new())).await);
        assert!(why.contains("another address"), "{kind:?}: {why}");
    }
}

#[tokio::test]
async fn what_repeats_our_secrets_is_shown_without_them() {
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        let secret = if kind.is_signed() { SECRET } else { "nobody" };
        let repeated = format!("no {} or {TOKEN} by {secret}, {}", webhook.url(), webhook.url().to_lowercase());
        let json = json!({ "message": repeated, "errmsg": repeated, "msg": repeated, "code": 1, "errcode": 1 });
        for (status, body) in
            [(500, repeated.clone()), (400, repeated.clone()), (400, json.to_string()), (200, json.to_string())]
        {
            webhook.world().script.push_back(answer(status, body));
            // `deliver` looks for the canary in every word.
            assert!(delivered(&webhook, kind).await.is_err(), "{kind:?} {status}");
        }
    }
}

#[tokio::test]
async fn a_body_without_end_does_no_harm() {
    for kind in Kind::ALL {
        for status in [200, 500] {
            let (why, _) = later(answered(kind, Scripted::Endless(status)).await);
            assert!(why.chars().count() < 500, "{kind:?}: {why}");
        }
    }
}

#[tokio::test]
async fn silence_ends() {
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        webhook.world().script.push_back(Scripted::Silence);
        let asked = async {
            while webhook.world().asked == 0 {
                tokio::task::yield_now().await;
            }
            // From here on nothing but time is waited for, and that is skipped.
            tokio::time::pause();
            std::future::pending::<()>().await;
        };
        let told = tokio::select! {
            told = delivered(&webhook, kind) => told,
            () = asked => unreachable!(),
        };
        tokio::time::resume();
        assert!(later(told).0.contains("no answer in time"), "{kind:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_later() {
    for kind in Kind::ALL {
        let url = Webhook::start(kind).await.url();
        tokio::task::yield_now().await;
        let (_, after) = later(deliver(&receiver(kind, &url, SECRET), &ordinary(), Language::En).await);
        assert_eq!(after, None, "{kind:?}");
    }
}
