//! Who is told what: receivers, when they are left in peace, and the words' language.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretRef;
use crate::model::{Cause, Severity};

/// Who is told what, and when.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NotifyConfig {
    /// The language of messages.
    pub language: Language,
    /// The time zone of quiet hours and of times in messages, by its IANA name (`Europe/Berlin`); left out: the
    /// machine's.
    pub time_zone: Option<String>,
    /// News are gathered for so long, and told in one message; at most 1h.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub digest: Duration,
    /// What may pass by itself (a channel that does not answer, a failing model) is told once it has lasted so long, and
    /// told to be over once it has stayed away so long; at most 1d.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub settle: Duration,
    /// What lasts is told again after so long, at least 10m; 0s: never.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub remind: Duration,
    /// A message that a receiver does not take is tried again for so long; at least 1m.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub give_up: Duration,
    /// Hours in which news are gathered and nobody is told; the morning brings one message.
    pub quiet: Vec<QuietHours>,
    /// Spans in which what comes and goes is nobody's business.
    pub maintenance: Vec<Maintenance>,
    /// Who is told, by a name of your choice.
    pub receivers: BTreeMap<String, ReceiverConfig>,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        Self {
            language: Language::En,
            time_zone: None,
            digest: Duration::from_secs(30),
            settle: Duration::from_mins(10),
            remind: Duration::from_hours(24),
            give_up: Duration::from_hours(72),
            quiet: vec![],
            maintenance: vec![],
            receivers: BTreeMap::new(),
        }
    }
}

/// A language that messages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// 中文.
    Zh,
    /// Русский.
    Ru,
}

/// Hours of the day in which nobody is told.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// They begin at this time of day, as `22:00`.
    pub from: String,
    /// They end at this time of day; where that is not after `from`: on the next day.
    pub to: String,
    /// The days on which they begin; empty: every day.
    #[serde(default)]
    pub days: Vec<Weekday>,
    /// The time zone; left out: that of `notify`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// What matters so much is told all the same; null: nothing is.
    #[serde(default = "critical")]
    pub let_through: Option<Severity>,
}

/// So left out: critical.
#[expect(clippy::unnecessary_wraps, reason = "the type of the key")]
fn critical() -> Option<Severity> {
    Some(Severity::Critical)
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A span in which somebody works on a gateway.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// When it begins, as `2026-12-24T22:00`, or with an offset (`2026-12-24T22:00Z`).
    pub from: String,
    /// When it ends, likewise.
    pub to: String,
    /// The time zone of times without an offset; left out: that of `notify`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Only these gateways; empty: all.
    #[serde(default)]
    pub gateways: Vec<String>,
}

/// Who is told: one of `mail`, `telegram`, …, and what of.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReceiverConfig {
    /// Whether it is told anything.
    pub enabled: bool,
    /// The language; left out: that of `notify`.
    pub language: Option<Language>,
    /// Only what matters at least so much: `info`, `warning`, `critical`.
    pub at_least: Severity,
    /// Only of these gateways; empty: of all.
    pub gateways: Vec<String>,
    /// Only of these causes; empty: of all.
    pub causes: Vec<Cause>,
    /// What lasts is told again after so long; left out: as `notify.remind` says.
    #[serde(with = "super::duration")]
    #[schemars(with = "Option<super::duration::Written>")]
    pub remind: Option<Duration>,
    /// Its own quiet hours; left out: those of `notify`; empty: none.
    pub quiet: Option<Vec<QuietHours>>,
    /// The way out, as `http://`, `https://`, `socks5://` or `socks5h://host:port`; not for mail.
    pub proxy: Option<SecretRef>,
    /// By mail.
    pub mail: Option<MailConfig>,
    /// By a Telegram bot, which also answers.
    pub telegram: Option<TelegramConfig>,
    /// By a Discord webhook.
    pub discord: Option<HookConfig>,
    /// By a Slack incoming webhook.
    pub slack: Option<HookConfig>,
    /// By a bot of Feishu or Lark.
    pub feishu: Option<SignedHookConfig>,
    /// By a bot of WeCom (企业微信).
    pub wecom: Option<HookConfig>,
    /// By a bot of DingTalk (钉钉).
    pub dingtalk: Option<SignedHookConfig>,
    /// By Bark, to an iPhone.
    pub bark: Option<BarkConfig>,
    /// By a webhook of your own.
    pub webhook: Option<WebhookConfig>,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            language: None,
            at_least: Severity::Info,
            gateways: vec![],
            causes: vec![],
            remind: None,
            quiet: None,
            proxy: None,
            mail: None,
            telegram: None,
            discord: None,
            slack: None,
            feishu: None,
            wecom: None,
            dingtalk: None,
            bark: None,
            webhook: None,
        }
    }
}

/// Mail by SMTP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server's host name or address.
    pub host: String,
    /// Its port; left out: 587 with `starttls`, 465 with `tls`, 25 with `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the way to it is kept safe.
    #[serde(default)]
    pub security: MailSecurity,
    /// Whom to log in as; left out: nobody.
    #[serde(default)]
    pub username: Option<String>,
    /// The password of `username`.
    #[serde(default)]
    pub password: Option<SecretRef>,
    /// The sender, as `ops@example.com` or `channelwarden <ops@example.com>`.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
}

/// How the way to a mail server is kept safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// Plain at first, then TLS; never without.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all; without a password, or to a loopback address.
    None,
}

/// A Telegram bot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelegramConfig {
    /// The bot's token, from `@BotFather`.
    pub token: SecretRef,
    /// Where the Bot API is.
    #[serde(default = "telegram_api")]
    pub api: String,
    /// Chats that are always told: numbers, or `@name` of a channel.
    #[serde(default)]
    pub chats: Vec<ChatName>,
    /// Users, by number, who may scan, approve, reject, undo, hold and release.
    #[serde(default)]
    pub admins: Vec<i64>,
    /// Who may subscribe and ask, beside `chats` and `admins`.
    #[serde(default)]
    pub strangers: Strangers,
    /// Whether the bot answers; one program alone may ask for a bot's news.
    #[serde(default = "yes")]
    pub commands: bool,
}

fn telegram_api() -> String {
    "https://api.telegram.org".to_owned()
}

fn yes() -> bool {
    true
}

/// What a bot lets strangers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strangers {
    /// Nothing; they are not answered but for one line with their number, to be added to `chats`.
    #[default]
    Refuse,
    /// Subscribe and ask how things stand.
    Subscribe,
}

/// A chat: a number, or `@name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ChatName(pub String);

impl<'de> Deserialize<'de> for ChatName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl serde::de::Visitor<'_> for Name {
            type Value = ChatName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a chat's number or @name")
            }

            fn visit_i64<E>(self, number: i64) -> Result<ChatName, E> {
                Ok(ChatName(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<ChatName, E> {
                Ok(ChatName(number.to_string()))
            }

            fn visit_str<E>(self, text: &str) -> Result<ChatName, E> {
                Ok(ChatName(text.trim().to_owned()))
            }
        }
        deserializer.deserialize_any(Name)
    }
}

/// A webhook whose address is its only secret.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookConfig {
    /// The webhook's address.
    pub url: SecretRef,
}

/// A webhook that may want each message signed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedHookConfig {
    /// The webhook's address.
    pub url: SecretRef,
    /// The secret to sign with, where the bot's security setting says so.
    #[serde(default)]
    pub secret: Option<SecretRef>,
}

/// Bark.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BarkConfig {
    /// Where its server is.
    #[serde(default = "bark_server")]
    pub server: String,
    /// The device's key.
    pub key: SecretRef,
}

fn bark_server() -> String {
    "https://api.day.app".to_owned()
}

/// A webhook of one's own.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its address, asked with POST.
    pub url: SecretRef,
    /// Each message is signed with it, as Standard Webhooks has it (`webhook-id`, `webhook-timestamp`,
    /// `webhook-signature`).
    #[serde(default)]
    pub secret: Option<SecretRef>,
    /// More headers, by name.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretRef>,
    /// The body, as a Jinja template over the message; left out: the message as JSON.
    #[serde(default)]
    pub template: Option<String>,
    /// The body's type; left out: `application/json`.
    #[serde(default)]
    pub content_type: Option<String>,
}

/// Uptime Kuma's push monitors.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UptimeKumaConfig {
    /// How often each is told; at most its heartbeat interval there. What is known is told again, as long as it is fresh.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub every: Duration,
    /// Time for one push.
    #[serde(with = "super::duration")]
    #[schemars(with = "super::duration::Written")]
    pub timeout: Duration,
    /// When a model is up that several channels serve.
    pub up_when: UpWhen,
    /// A model's push address, by the model's name.
    pub model_url: BTreeMap<String, SecretRef>,
    /// A channel's push address, by its id, or `gateway/id` where there are several gateways.
    pub channel_url: BTreeMap<String, SecretRef>,
    /// The address for models that `model_url` does not name; `{model}` and `{gateway}` in it are put in.
    pub model_template: Option<SecretRef>,
    /// The address for channels that `channel_url` does not name; `{channel}` (its id), `{name}` and `{gateway}` in it
    /// are put in.
    pub channel_template: Option<SecretRef>,
}

impl Default for UptimeKumaConfig {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            up_when: UpWhen::Any,
            model_url: BTreeMap::new(),
            channel_url: BTreeMap::new(),
            model_template: None,
            channel_template: None,
        }
    }
}

/// When a model is up that several channels serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpWhen {
    /// On one of them.
    #[default]
    Any,
    /// On all of them.
    All,
}
