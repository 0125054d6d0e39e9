//! The kinds of receivers: each has exactly one, and what it needs to be reached.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lettre::message::Mailbox;
use url::Url;

use super::super::ways::secret;
use super::super::{Findings, is_header_value};
use crate::config::outline::KeyPath;
use crate::config::{
    Environment, MailConfig, MailSecurity, ReceiverConfig, SecretRef, Strangers, TelegramConfig, WebhookConfig,
};

/// What is wrong with the one kind of a receiver; a bot's token, of which no other receiver may have the same.
pub(super) fn kind(
    findings: &mut Findings,
    receiver: &ReceiverConfig,
    path: &KeyPath,
    environment: Environment<'_>,
) -> Option<String> {
    let ReceiverConfig { mail, telegram, discord, slack, feishu, wecom, dingtalk, bark, webhook, .. } = receiver;
    let kinds = [
        mail.is_some(),
        telegram.is_some(),
        discord.is_some(),
        slack.is_some(),
        feishu.is_some(),
        wecom.is_some(),
        dingtalk.is_some(),
        bark.is_some(),
        webhook.is_some(),
    ];
    match kinds.into_iter().filter(|given| *given).count() {
        1 => {}
        0 => findings.refuse(
            path.clone(),
            "how is it told? give it one of mail, telegram, discord, slack, feishu, wecom, dingtalk, bark, webhook",
        ),
        _ => findings.refuse(path.clone(), "is told in more than one way; make a receiver of each"),
    }
    for (key, hook) in [("discord", discord), ("slack", slack), ("wecom", wecom)] {
        if let Some(hook) = hook {
            address(findings, &hook.url, path.child(key).child("url"), environment);
        }
    }
    for (key, hook) in [("feishu", feishu), ("dingtalk", dingtalk)] {
        if let Some(hook) = hook {
            let path = path.child(key);
            address(findings, &hook.url, path.child("url"), environment);
            signature(findings, hook.secret.as_ref(), path.child("secret"), environment);
        }
    }
    if let Some(mail) = mail {
        self::mail(findings, mail, &path.child("mail"), environment);
    }
    if let Some(bark) = bark {
        let path = path.child("bark");
        base(findings, &bark.server, path.child("server"));
        let key = secret(findings, &bark.key, path.child("key"), environment);
        if key.is_some_and(|key| !key.trim().chars().all(|c| c.is_ascii_alphanumeric()) || key.trim().is_empty()) {
            findings.refuse(path.child("key"), "is no device key: the letters and digits that the app shows");
        }
    }
    if let Some(webhook) = webhook {
        self::webhook(findings, webhook, &path.child("webhook"), environment);
    }
    telegram.as_ref().and_then(|bot| self::telegram(findings, bot, &path.child("telegram"), environment))
}

fn mail(findings: &mut Findings, mail: &MailConfig, path: &KeyPath, environment: Environment<'_>) {
    let host = mail.host.trim();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>().ok();
    if host.is_empty() || (ip.is_none() && host.contains(|c: char| c == ':' || c == '/' || c.is_whitespace())) {
        findings.refuse(path.child("host"), "is a server's name or address alone; the port has a key of its own");
    }
    if mail.port == Some(0) {
        findings.refuse(path.child("port"), "must be from 1 to 65535");
    }
    match (&mail.username, &mail.password) {
        (Some(_), None) => findings.refuse(path.child("username"), "has no password; give `password` too"),
        (None, Some(_)) => findings.refuse(path.child("password"), "has no user; give `username` too"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let loopback = host == "localhost" || ip.is_some_and(|ip| ip.to_canonical().is_loopback());
    if mail.security == MailSecurity::None && mail.password.is_some() && !loopback {
        let message = "the password would be sent for everybody to read; use starttls or tls, or no password";
        findings.refuse(path.child("security"), message);
    }
    if let Some(password) = &mail.password
        && secret(findings, password, path.child("password"), environment).is_some_and(|text| text.is_empty())
    {
        findings.refuse(path.child("password"), "it is empty");
    }
    let wrong = "is no mail address; write ops@example.com or `Name <ops@example.com>`";
    if mail.from.parse::<Mailbox>().is_err() {
        findings.refuse(path.child("from"), wrong);
    }
    if mail.to.is_empty() {
        findings.refuse(path.child("to"), "has no recipient");
    }
    for (index, to) in mail.to.iter().enumerate() {
        if to.parse::<Mailbox>().is_err() {
            findings.refuse(path.child("to").item(index), wrong);
        }
    }
}

fn telegram(
    findings: &mut Findings,
    bot: &TelegramConfig,
    path: &KeyPath,
    environment: Environment<'_>,
) -> Option<String> {
    base(findings, &bot.api, path.child("api"));
    for (index, chat) in bot.chats.iter().enumerate() {
        let name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let sound = chat.0.strip_prefix('@').map_or_else(|| chat.0.parse::<i64>().is_ok_and(|id| id != 0), name);
        if !sound {
            let message = "is no chat: a number (the bot tells it at /start), or @name of a public channel";
            findings.refuse(path.child("chats").item(index), message);
        } else if bot.chats[..index].contains(chat) {
            findings.refuse(path.child("chats").item(index), "this chat stands twice");
        }
    }
    for (index, admin) in bot.admins.iter().enumerate() {
        if *admin < 1 {
            let message = "is no user: the number above 0 that the bot tells at /start";
            findings.refuse(path.child("admins").item(index), message);
        }
    }
    let may_ask = bot.commands && (bot.strangers != Strangers::Refuse || !bot.admins.is_empty());
    if bot.chats.is_empty() && !may_ask {
        findings.notes.push(format!("{path}: tells nobody, as `chats` is empty and nobody may subscribe"));
    }
    let token = secret(findings, &bot.token, path.child("token"), environment)?.trim().to_owned();
    let of_token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let sound = token.split_once(':').is_some_and(|(id, rest)| {
        !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && !rest.is_empty() && rest.chars().all(of_token)
    });
    if !sound {
        findings.refuse(path.child("token"), "is no bot token: @BotFather gives one like 123456789:AA…");
        return None;
    }
    Some(token)
}

fn webhook(findings: &mut Findings, hook: &WebhookConfig, path: &KeyPath, environment: Environment<'_>) {
    address(findings, &hook.url, path.child("url"), environment);
    let key = signature(findings, hook.secret.as_ref(), path.child("secret"), environment);
    let encoded = key.as_deref().and_then(|key| key.trim().strip_prefix("whsec_"));
    if encoded.is_some_and(|encoded| BASE64_STANDARD.decode(encoded).is_err()) {
        findings.refuse(
            path.child("secret"),
            "begins with whsec_, but no Base64 follows; `openssl rand -base64 32` makes it",
        );
    }
    for (name, value) in &hook.headers {
        let path = path.child("headers").child(name.clone());
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            findings.refuse(path, "is no name of an HTTP header");
        } else if secret(findings, value, path.clone(), environment).is_some_and(|value| !is_header_value(&value)) {
            findings.refuse(path, "must be printable ASCII, as every HTTP header");
        }
    }
    if let Some(template) = &hook.template
        && let Err(wrong) = minijinja::Environment::new().add_template("template", template)
    {
        let line = wrong.line().map_or_else(String::new, |line| format!(" in line {line}"));
        findings.refuse(path.child("template"), format!("cannot be read as a Jinja template{line}: {}", wrong.kind()));
    }
    let kind =
        |kind: &str| is_header_value(kind) && kind.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    if hook.content_type.as_deref().is_some_and(|text| !kind(text)) {
        findings.refuse(path.child("content_type"), "is no media type; write it as text/plain or application/json");
    }
}

/// A secret to sign with, if one is given.
fn signature(
    findings: &mut Findings,
    key: Option<&SecretRef>,
    path: KeyPath,
    environment: Environment<'_>,
) -> Option<String> {
    let key = secret(findings, key?, path.clone(), environment)?;
    if key.trim().is_empty() {
        findings.refuse(path, "it is empty; leave it out where nothing is signed");
        return None;
    }
    Some(key)
}

/// An address that is a secret: what stands in it is not told.
pub(super) fn address(findings: &mut Findings, url: &SecretRef, path: KeyPath, environment: Environment<'_>) {
    if let Some(url) = secret(findings, url, path.clone(), environment) {
        is_web(findings, &url, path);
    }
}

/// Whether that is an address that can be asked; plain text to somewhere else is worth a note.
pub(super) fn is_web(findings: &mut Findings, url: &str, path: KeyPath) {
    match web(url) {
        None => findings.refuse(path, "is no address: it begins with https:// or http://, and a host follows"),
        Some(url) if url.scheme() == "http" && !is_near(&url) => {
            findings.notes.push(format!("{path} is not https: whoever is on the way can read it, and use it"));
        }
        Some(_) => {}
    }
}

/// An address that is no secret, below which others are.
fn base(findings: &mut Findings, text: &str, path: KeyPath) {
    let plain = |url: &Url| {
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
    };
    if web(text).as_ref().is_some_and(plain) {
        is_web(findings, text, path);
    } else {
        findings.refuse(path, "write it as https://host[:port][/path], without user or query");
    }
}

fn web(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether it is on this machine, or beside it under a name without dots, as containers have.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => !name.contains('.'),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private(),
        Some(url::Host::Ipv6(ip)) => ip.to_canonical().is_loopback() || ip.is_unique_local(),
        None => false,
    }
}
