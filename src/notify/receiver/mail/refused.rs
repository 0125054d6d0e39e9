//! Why a mail server did not take a message.
//!
//! Decides: what heals by itself or by a person's hand, and what to do. Must not know: SMTP's commands.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use super::Refusal;
use crate::model::{Secret, redact};

/// Where in a session it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Until the server said hello.
    Greeting,
    /// While it was made safe.
    Tls,
    /// User and password.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// The message itself.
    Content,
}

impl Stage {
    /// Makes trouble of an error.
    pub(super) fn failed(self) -> impl Fn(Error) -> Trouble {
        move |error| Trouble::Failed(self, error)
    }

    /// What is wrong, and what to do, where the server answered with a 5xx.
    fn refused(self) -> &'static str {
        match self {
            Self::Greeting => "the mail server refuses us; does it let this machine in?",
            Self::Tls => "the mail server refuses STARTTLS; set mail.security to `tls` (port 465)",
            Self::Login => {
                "the mail server refuses the login; check mail.username and mail.password (many want an app password)"
            }
            Self::Sender => "the mail server refuses the sender; check mail.from, and whether it wants a login",
            Self::Recipient => "the mail server refuses the recipient",
            Self::Content => "the mail server refuses the message",
        }
    }

    /// The same where there was no such answer.
    fn broken(self) -> &'static str {
        match self {
            Self::Greeting => "no session with the mail server; check mail.host, mail.port and mail.security",
            Self::Tls => "no TLS with the mail server; a certificate of your own goes into probe.ca_file",
            Self::Login => "no login at the mail server",
            Self::Sender | Self::Recipient | Self::Content => "the session with the mail server broke off",
        }
    }
}

/// Why a session, or a recipient, failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server has no STARTTLS, and nothing is sent without.
    NoStarttls,
    /// An error at that stage.
    Failed(Stage, Error),
}

impl Trouble {
    /// What it means for the message. What a setting can mend is tried again: a person will mend it.
    pub(super) fn refusal(&self, secrets: &[Secret]) -> Refusal {
        let Self::Failed(stage, error) = self else {
            let why = "the mail server has no STARTTLS, so nothing was sent; set mail.security to `tls` (port 465)";
            return Refusal::Later { why: why.to_owned(), after: None };
        };
        let what = if error.is_permanent() {
            stage.refused()
        } else if error.is_transient() {
            "the mail server cannot take it now"
        } else {
            stage.broken()
        };
        let words = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let code = error.status().map(|code| format!("{code} ")).unwrap_or_default();
        let hidden: Vec<_> = secrets.iter().collect();
        let why = format!("{what} ({code}{})", redact(&words, &hidden));
        match stage {
            Stage::Recipient | Stage::Content if error.is_permanent() => Refusal::Never { why },
            Stage::Greeting | Stage::Tls | Stage::Login | Stage::Sender | Stage::Recipient | Stage::Content => {
                Refusal::Later { why, after: None }
            }
        }
    }
}
