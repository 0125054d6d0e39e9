//! Names that upstreams made up arrive as text, and trigger nothing.

use channelwarden::config::Language;
use channelwarden::model::Cause;
use channelwarden::notify::message::{LONGEST_NAME, shown};

use super::hooks::{Kind, SECRET, Webhook};
use super::{deliver, digest, entry, receiver};

fn names() -> Vec<String> {
    let mut names: Vec<_> = [
        "<!channel>",
        "<!here|x>",
        "@everyone",
        "@all",
        "<@U123>",
        "<@&1234567890>",
        "<at user_id=\"all\">everyone</at>",
        "<at id=all></at>",
        "</font>",
        "<font color=\"warning\">x</font>",
        "[x](http://evil.example)",
        "<http://evil.example|gpt-4o>",
        "http://evil.example/x",
        "![x](http://evil.example/x.png)",
        "*bold* _it_ ~~gone~~ ||spoiler||",
        "**bold** __under__",
        "`",
        "``` code",
        "a`b`c",
        "# heading",
        "> quote",
        "- list",
        "1. list",
        ":smile: <:x:123456789>",
        "\\*\\",
        "a\nb\r\n# c",
        "gpt\u{202e}o4\u{2066}x\u{200b}y",
        "\u{1b}[31mred",
        "&lt;!channel&gt; &amp;",
        "\"}],\"at\":{\"isAtAll\":true}",
        "{{ name }} ${x} %s",
        "𝕏👩‍👩‍👧",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    names.push("<".repeat(255));
    names.push("模".repeat(255));
    names
}

#[tokio::test]
async fn a_hostile_name_is_text_wherever_it_stands() {
    for kind in Kind::ALL {
        let webhook = Webhook::start(kind).await;
        let receiver = receiver(kind, &webhook.url(), SECRET);
        for name in names() {
            let digest = digest(vec![
                entry(Cause::Failing, (3, "azure"), &name, "502"),
                entry(Cause::NoCredit, (4, &name), "", &name),
            ]);
            let told = deliver(&receiver, &digest, Language::En).await;
            let mut world = webhook.world();
            assert_eq!(told, Ok(()), "{kind:?} {name:?}: {:?}", world.refused);
            let taken = world.taken.pop().unwrap();
            let mut want = shown(&name, LONGEST_NAME);
            if kind == Kind::WeCom {
                want = want.replace("<@", "‹@");
            }
            // As a model's name, as a channel's, as an upstream's words.
            let times = taken.shown.matches(&want).count();
            assert!(times >= 3, "{kind:?} {name:?} stands there {times} times: {}", taken.shown);
            assert_eq!(taken.live, Vec::<String>::new(), "{kind:?} {name:?}: {}", taken.body);
            let hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{1b}' | '\r');
            assert!(!taken.shown.contains(hidden), "{kind:?} {name:?}: {:?}", taken.shown);
        }
    }
}
