//! Who takes a message: one file a receiver.
//!
//! Decides: which receiver the configuration means, and what one may answer to a message. Must not know: why it was made,
//! when it is tried again.

mod bark;
mod dingtalk;
mod discord;
mod feishu;
pub mod hook;
mod mail;
mod slack;
pub mod telegram;
mod webhook;
mod wecom;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::bark::Bark;
use self::dingtalk::DingTalk;
use self::discord::Discord;
use self::feishu::Feishu;
use self::mail::Mail;
use self::slack::Slack;
use self::webhook::Webhook;
use self::wecom::WeCom;
use super::Digest;
use super::message::{self, Message};
use super::words::Words;
use crate::config::{Config, Language, ReceiverConfig};

/// Our name: where a bot's settings want a word that stands in every message, this one does.
const NAME: &str = "channelwarden";

/// One message for one address.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The same at every attempt, and another's never: whoever gets it twice can tell.
    pub id: &'a str,
    /// The address within the receiver (a chat); empty where it has none.
    pub to: &'a str,
    /// What is told.
    pub digest: &'a Digest,
    /// In which language.
    pub language: Language,
    /// Where all of it can be looked at: `web.public_url`.
    pub link: Option<&'a str>,
    /// The zone that times are told in.
    pub zone: &'a TimeZone,
    /// Now: signatures hold the time at which they were made.
    pub at: Timestamp,
}

impl Letter<'_> {
    /// It, in words.
    pub fn message(&self) -> Message {
        message::compose(self.digest, self.words(), self.link, self.zone)
    }

    /// The words of its language.
    pub fn words(&self) -> &'static Words {
        Words::of(self.language)
    }
}

/// Why a message was not taken. The words hold no secret and stand in logs and on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may be taken another time.
    #[error("{why}")]
    Later {
        /// What was said.
        why: String,
        /// Not before so long, as the receiver wants it.
        after: Option<Duration>,
    },
    /// This message never will be.
    #[error("{why}")]
    Never {
        /// What was said.
        why: String,
    },
    /// There is nobody at this address any more: a chat that threw the bot out.
    #[error("{why}")]
    Gone {
        /// What was said.
        why: String,
    },
    /// Whoever was at this address is at another now: a group that became a supergroup.
    #[error("the chat is {to} now")]
    Moved {
        /// The new address.
        to: String,
    },
}

/// Who takes messages. Its `Debug` shows no address.
pub enum Receiver {
    /// By mail.
    Mail(Box<Mail>),
    /// To an iPhone.
    Bark(Box<Bark>),
    /// A webhook of the operator's own.
    Webhook(Box<Webhook>),
    /// A webhook of a Discord channel.
    Discord(Box<Discord>),
    /// An incoming webhook of Slack.
    Slack(Box<Slack>),
    /// A bot of Feishu or Lark.
    Feishu(Box<Feishu>),
    /// A bot of `WeCom`.
    WeCom(Box<WeCom>),
    /// A robot of `DingTalk`.
    DingTalk(Box<DingTalk>),
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Receiver {
    /// The receiver that `settings` mean; its secrets are read, nobody is asked.
    ///
    /// # Errors
    /// What cannot be used, by its key, and no secret.
    pub fn new(name: &str, settings: &ReceiverConfig, config: &Config) -> Result<Self, String> {
        let at = |what: String| format!("notify.receivers.{name}.{what}");
        let (probe, proxy) = (&config.probe, settings.proxy.as_ref());
        if let Some(mail) = &settings.mail {
            return Mail::new(mail, probe.ca_file.as_deref()).map(Box::new).map(Self::Mail).map_err(at);
        }
        if let Some(bark) = &settings.bark {
            return Bark::new(bark, proxy, probe).map(Box::new).map(Self::Bark).map_err(at);
        }
        if let Some(webhook) = &settings.webhook {
            return Webhook::new(webhook, proxy, probe).map(Box::new).map(Self::Webhook).map_err(at);
        }
        if let Some(discord) = &settings.discord {
            return Discord::new(discord, proxy, probe).map(Box::new).map(Self::Discord).map_err(at);
        }
        if let Some(slack) = &settings.slack {
            return Slack::new(slack, proxy, probe).map(Box::new).map(Self::Slack).map_err(at);
        }
        if let Some(feishu) = &settings.feishu {
            return Feishu::new(feishu, proxy, probe).map(Box::new).map(Self::Feishu).map_err(at);
        }
        if let Some(wecom) = &settings.wecom {
            return WeCom::new(wecom, proxy, probe).map(Box::new).map(Self::WeCom).map_err(at);
        }
        if let Some(dingtalk) = &settings.dingtalk {
            return DingTalk::new(dingtalk, proxy, probe).map(Box::new).map(Self::DingTalk).map_err(at);
        }
        let kinds = "mail, telegram, discord, slack, feishu, wecom, dingtalk, bark, webhook";
        Err(format!("notify.receivers.{name}: say what it is: one of {kinds}"))
    }

    /// What it is, by the key of its settings.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Bark(_) => "bark",
            Self::Webhook(_) => "webhook",
            Self::Discord(_) => "discord",
            Self::Slack(_) => "slack",
            Self::Feishu(_) => "feishu",
            Self::WeCom(_) => "wecom",
            Self::DingTalk(_) => "dingtalk",
        }
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        match self {
            Self::Mail(mail) => mail.deliver(letter).await,
            Self::Bark(bark) => bark.deliver(letter).await,
            Self::Webhook(webhook) => webhook.deliver(letter).await,
            Self::Discord(discord) => discord.deliver(letter).await,
            Self::Slack(slack) => slack.deliver(letter).await,
            Self::Feishu(feishu) => feishu.deliver(letter).await,
            Self::WeCom(wecom) => wecom.deliver(letter).await,
            Self::DingTalk(dingtalk) => dingtalk.deliver(letter).await,
        }
    }
}
