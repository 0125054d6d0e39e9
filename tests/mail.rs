//! Mail, over a real SMTP server: aiosmtpd, in a process of its own. `scripts/test` installs it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::process::Stdio;
use std::time::Duration;

use channelwarden::config::{Config, Language, MailConfig, MailSecurity, ReceiverConfig, SecretRef};
use channelwarden::model::Cause;
use channelwarden::notify::event::ChannelName;
use channelwarden::notify::{Digest, Entry, Event, Letter, Receiver, Refusal, Totals, What};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const PASSWORD: &str = "canary-Passwort-ß-1";
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server of a test's own.
struct Peer {
    port: u16,
    folder: tempfile::TempDir,
    says: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Peer {
    async fn new(mut told: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        told["folder"] = folder.path().to_str().into();
        let python = option_env("CHANNELWARDEN_TEST_PYTHON").unwrap_or_else(|| "/usr/bin/python3".to_owned());
        let mut process = Command::new(&python)
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smtp.py"), &told.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; run scripts/with-smtp cargo test --test mail"));
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut peer = Self { port: 0, folder, says, _process: process };
        peer.port = peer.said().await["port"].as_u64().unwrap().try_into().unwrap();
        peer
    }

    /// The next thing it says: its port, or a message it took.
    async fn said(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.says.next_line()).await.expect("the mail server says nothing");
        let line = line.unwrap().expect("no mail server: run scripts/with-smtp cargo test --test mail");
        serde_json::from_str(&line).unwrap()
    }

    /// That it takes nothing more.
    async fn is_silent(&mut self) {
        let line = tokio::time::timeout(Duration::from_millis(300), self.says.next_line()).await;
        assert!(line.is_err(), "{line:?}");
    }

    fn receiver(&self, security: MailSecurity, to: &[&str], change: impl FnOnce(&mut MailConfig)) -> Receiver {
        let mut mail = MailConfig {
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            security,
            username: None,
            password: None,
            from: "Wächter <warden@example.com>".to_owned(),
            to: to.iter().map(|to| (*to).to_owned()).collect(),
        };
        change(&mut mail);
        let mut config = Config::default();
        let authority = self.folder.path().join("ca.pem");
        config.probe.ca_file = authority.exists().then_some(authority);
        Receiver::new("ops", &ReceiverConfig { mail: Some(mail), ..ReceiverConfig::default() }, &config).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "which Python has aiosmtpd is the test's business")]
fn option_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn login(mail: &mut MailConfig) {
    mail.username = Some("ops@example.com".to_owned());
    mail.password = Some(SecretRef::literal(PASSWORD));
}

fn digest(model: &str) -> Digest {
    let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let event = Event {
        cause: Cause::NoCredit,
        gateway: "main".to_owned(),
        channel: Some(ChannelName { id: 3, name: "Azure 东\r\nBcc: evil@example.com".to_owned() }),
        subject: model.to_owned(),
        since: at,
        evidence: "402".to_owned(),
        mark: String::new(),
        change: None,
    };
    let entry = Entry { what: What::First, event, until: None, flapping: false };
    Digest { at, totals: Totals { models: 45, down: 2, ..Totals::default() }, entries: vec![entry], test: false }
}

async fn deliver(receiver: &Receiver, id: &str, language: Language) -> Result<(), Refusal> {
    let digest = digest("</p><script>alert(1)</script>");
    let (zone, at) = (TimeZone::UTC, digest.at);
    let letter =
        Letter { id, to: "", digest: &digest, language, link: Some("https://warden.example"), zone: &zone, at };
    let answer = receiver.deliver(&letter).await;
    assert!(!format!("{answer:?} {receiver:?}").contains("canary"), "{answer:?}");
    answer
}

fn later(answer: Result<(), Refusal>) -> String {
    match answer {
        Err(Refusal::Later { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

fn never(answer: Result<(), Refusal>) -> String {
    match answer {
        Err(Refusal::Never { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_comes_as_text_and_html_to_all_over_both_kinds_of_tls() {
    for (security, name) in [(MailSecurity::Starttls, "starttls"), (MailSecurity::Tls, "tls")] {
        let mut peer = Peer::new(json!({ "security": name, "user": "ops@example.com", "password": PASSWORD })).await;
        let receiver = peer.receiver(security, &["a@example.com", "Ärger <b@example.com>"], login);
        assert_eq!(deliver(&receiver, "1a2b3c4d-7", Language::Zh).await, Ok(()));
        let mail = peer.said().await;
        assert_eq!(
            (&mail["tls"], &mail["login"], &mail["ascii"]),
            (&json!(true), &json!(true), &json!(true)),
            "{name}"
        );
        assert_eq!(mail["from"], "warden@example.com");
        assert_eq!(mail["to"], json!(["a@example.com", "b@example.com"]));
        let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
        assert_eq!(header("message-id"), "<1a2b3c4d-7@example.com>");
        assert_eq!(header("x-channelwarden-id"), "1a2b3c4d-7");
        assert_eq!(header("auto-submitted"), "auto-generated");
        assert!(header("date").starts_with("Sat, 21 Nov 2026 12:00:00"), "{mail}");
        assert!(header("from").contains("Wächter") && header("to").contains("Ärger"), "{mail}");
        assert!(header("subject").contains("Azure 东"), "{mail}");
        assert_eq!(mail["type"], "multipart/alternative");
        let names: Vec<_> = mail["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(!names.contains(&"bcc") && names.iter().filter(|name| **name == "to").count() == 1, "{names:?}");
        let text = |part: &str| mail[part].as_str().unwrap().to_owned();
        assert!(text("plain").contains("<script>") && text("plain").contains("45"), "{mail}");
        assert!(!text("html").contains("<script>") && text("html").contains("&lt;script&gt;"), "{mail}");
        peer.is_silent().await;
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_that_was_not_to_be() {
    let mut peer = Peer::new(json!({ "security": "none" })).await;
    let receiver = peer.receiver(MailSecurity::Starttls, &["a@example.com"], login);
    assert!(later(deliver(&receiver, "1", Language::En).await).contains("no STARTTLS, so nothing was sent"));
    peer.is_silent().await;
    let plain = peer.receiver(MailSecurity::None, &["a@example.com"], |_| ());
    assert_eq!(deliver(&plain, "1", Language::En).await, Ok(()));
    assert_eq!(peer.said().await["tls"], false);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let mut peer = Peer::new(json!({ "security": "starttls" })).await;
    std::fs::remove_file(peer.folder.path().join("ca.pem")).unwrap();
    let receiver = peer.receiver(MailSecurity::Starttls, &["a@example.com"], |_| ());
    let why = later(deliver(&receiver, "1", Language::En).await);
    assert!(why.contains("UnknownIssuer") && why.contains("probe.ca_file"), "{why}");
    peer.is_silent().await;
}

#[tokio::test]
async fn a_wrong_password_waits_for_a_person_and_is_not_told() {
    let told = json!({ "security": "starttls", "user": "ops@example.com", "password": "another" });
    let mut peer = Peer::new(told).await;
    let receiver = peer.receiver(MailSecurity::Starttls, &["a@example.com"], login);
    let why = later(deliver(&receiver, "1", Language::En).await);
    assert!(why.contains("refuses the login") && why.contains("535") && why.contains("mail.password"), "{why}");
    peer.is_silent().await;
}

#[tokio::test]
async fn one_refused_recipient_loses_nothing_for_the_others() {
    let mut peer = Peer::new(json!({ "security": "none", "refuse": ["gone@example.com"] })).await;
    let some = peer.receiver(MailSecurity::None, &["a@example.com", "gone@example.com", "b@example.com"], |_| ());
    assert_eq!(deliver(&some, "1", Language::En).await, Ok(()));
    assert_eq!(peer.said().await["to"], json!(["a@example.com", "b@example.com"]));
    let none = peer.receiver(MailSecurity::None, &["gone@example.com"], |_| ());
    let why = never(deliver(&none, "1", Language::En).await);
    assert!(why.contains("gone@example.com") && why.contains("no such user"), "{why}");
    peer.is_silent().await;
}

#[tokio::test]
async fn who_is_put_off_gets_it_later_and_nobody_gets_it_twice() {
    let mut peer =
        Peer::new(json!({ "security": "none", "grey": ["grey@example.com"], "refuse": ["gone@example.com"] })).await;
    let to = ["a@example.com", "grey@example.com", "gone@example.com"];
    let receiver = peer.receiver(MailSecurity::None, &to, |_| ());
    let why = later(deliver(&receiver, "1", Language::En).await);
    assert!(why.contains("grey@example.com") && why.contains("450") && why.contains("all others have it"), "{why}");
    assert_eq!(peer.said().await["to"], json!(["a@example.com"]));
    assert_eq!(deliver(&receiver, "1", Language::En).await, Ok(()), "one has it, so it is no dead letter");
    assert_eq!(peer.said().await["to"], json!(["grey@example.com"]));
    assert_eq!(deliver(&receiver, "2", Language::En).await, Ok(()), "another message goes to all");
    assert_eq!(peer.said().await["to"], json!(["a@example.com", "grey@example.com"]));
}

#[tokio::test]
async fn a_refusal_is_told_apart_by_what_can_mend_it() {
    for (told, mends, says) in [
        (json!({ "security": "none", "sender": 550 }), true, "check mail.from"),
        (json!({ "security": "none", "sender": 451 }), true, "cannot take it now"),
        (json!({ "security": "none", "content": 552 }), false, "refuses the message"),
        (json!({ "security": "none", "content": 451 }), true, "cannot take it now"),
    ] {
        let peer = Peer::new(told.clone()).await;
        let receiver = peer.receiver(MailSecurity::None, &["a@example.com"], |_| ());
        let answer = deliver(&receiver, "1", Language::En).await;
        let why = if mends { later(answer) } else { never(answer) };
        assert!(why.contains(says), "{told}: {why}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_hangs_is_left() {
    let mut peer = Peer::new(json!({ "security": "none", "hang": true })).await;
    let nobody = peer.receiver(MailSecurity::None, &["a@example.com"], |mail| mail.port = Some(9));
    let why = later(deliver(&nobody, "1", Language::En).await);
    assert!(why.contains("check mail.host, mail.port"), "{why}");
    let receiver = peer.receiver(MailSecurity::None, &["a@example.com"], |_| ());
    let hanging = tokio::spawn(async move { deliver(&receiver, "1", Language::En).await });
    assert_eq!(peer.said().await["hangs"], true);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert!(later(hanging.await.unwrap()).contains("within 30 s"));
}
