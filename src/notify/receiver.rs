//! Who takes a message: one file a receiver.
//!
//! Decides: which receiver the configuration means, and what one may answer to a message. Must not know: why it was made,
//! when it is tried again.

pub mod hook;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Digest;
use crate::config::{Config, Language, ProbeConfig, ReceiverConfig};
use crate::http::Http;
use crate::model::Secret;

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
pub enum Receiver {}

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
        let at = |what: String| format!("notify.receivers.{name}: {what}");
        let _ = Outlet::new(settings, config).map_err(at)?;
        Err(at("it has none of mail, telegram, discord, slack, feishu, wecom, dingtalk, bark, webhook".to_owned()))
    }

    /// What it is, by the key of its settings.
    pub fn kind(&self) -> &'static str {
        match *self {}
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn deliver(&self, _letter: &Letter<'_>) -> Result<(), Refusal> {
        match *self {}
    }
}

/// The way out of one receiver.
#[derive(Debug)]
struct Outlet {
    http: Http,
    proxy: Option<Secret>,
}

impl Outlet {
    fn new(settings: &ReceiverConfig, config: &Config) -> Result<Self, String> {
        let limits = ProbeConfig {
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(30),
            ..config.probe.clone()
        };
        let proxy = settings.proxy.as_ref().map(|proxy| proxy.resolve().map_err(|why| format!("proxy: {why}")));
        Ok(Self { http: Http::new(&limits)?, proxy: proxy.transpose()? })
    }
}
