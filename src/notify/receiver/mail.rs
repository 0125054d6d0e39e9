//! Mail by SMTP: one message to all recipients.
//!
//! Decides: that nothing is sent in the clear that was not to be, and that one refused recipient loses nothing for the
//! others. Must not know: what a message says.

mod mime;
mod refused;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use self::refused::{Stage, Trouble};
use super::{Letter, Refusal};
use crate::config::{MailConfig, MailSecurity, SecretRef};
use crate::http;
use crate::model::Secret;

/// Time to a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for all of it.
const WHOLE: Duration = Duration::from_secs(30);
/// Time for a goodbye: the message is taken by then.
const GOODBYE: Duration = Duration::from_secs(2);

/// A mail server and whom it is asked to write to. No connection is kept: messages are rare, and servers end idle ones.
pub struct Mail {
    host: String,
    port: u16,
    security: MailSecurity,
    tls: TlsParameters,
    login: Option<Credentials>,
    secrets: Vec<Secret>,
    from: Mailbox,
    to: Vec<Mailbox>,
    /// Who has the letter already that was not taken for all, by their place in `to`. Forgotten with the process.
    served: Mutex<(String, BTreeSet<usize>)>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}

impl Mail {
    /// Mail by that server, which is trusted by Mozilla's roots, the system's, and those in `ca_file`.
    ///
    /// # Errors
    /// What cannot be used, and no secret.
    pub fn new(config: &MailConfig, ca_file: Option<&Path>) -> Result<Self, String> {
        let mailbox = |key: &str, text: &str| {
            text.trim().parse::<Mailbox>().map_err(|_| {
                format!("mail.{key}: {text:?} is no mail address; write ops@example.com or name <ops@example.com>")
            })
        };
        let to = config.to.iter().map(|to| mailbox("to", to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err("mail.to: nobody is named; write [\"ops@example.com\"]".to_owned());
        }
        let password = config.password.as_ref().map(SecretRef::resolve);
        let password = password.transpose().map_err(|why| format!("mail.password: {why}"))?;
        let login = config.username.as_ref().map(|user| {
            (user.clone(), password.as_ref().map(|password| password.expose().to_owned()).unwrap_or_default())
        });
        // An IPv6 address may stand in brackets; whoever resolves it wants it without.
        let host = config.host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            port: config.port.unwrap_or(match config.security {
                MailSecurity::Starttls => 587,
                MailSecurity::Tls => 465,
                MailSecurity::None => 25,
            }),
            security: config.security,
            tls: tls(&host, ca_file)?,
            host,
            secrets: login.as_ref().map(|(user, password)| as_sent(user, password)).unwrap_or_default(),
            login: login.map(|(user, password)| Credentials::new(user, password)),
            from: mailbox("from", &config.from)?,
            to,
            served: Mutex::default(),
        })
    }

    /// Sends a message to everybody who does not have it yet.
    ///
    /// # Errors
    /// Why some do not have it and may, or nobody does.
    pub async fn deliver(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let mail = mime::mail(letter, &self.from, &self.to)
            .map_err(|error| Refusal::Never { why: format!("no mail can be made of it: {error}") })?;
        let wanted: Vec<usize> = {
            let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
            if served.0 != letter.id {
                *served = (letter.id.to_owned(), BTreeSet::new());
            }
            (0..self.to.len()).filter(|place| !served.1.contains(place)).collect()
        };
        let late = Refusal::Later { why: "the mail server did not take it within 30 s".to_owned(), after: None };
        let (refused, connection) = tokio::time::timeout(WHOLE, self.send(&mail, &wanted))
            .await
            .map_err(|_| late)?
            .map_err(|trouble| trouble.refusal(&self.secrets))?;
        let has_it = wanted.iter().filter(|place| !refused.iter().any(|(refused, _)| refused == *place));
        self.served.lock().unwrap_or_else(PoisonError::into_inner).1.extend(has_it);
        let _ = tokio::time::timeout(GOODBYE, { connection }.quit()).await;
        self.outcome(&refused)
    }

    /// One session; whoever was refused, and why.
    async fn send(
        &self,
        mail: &[u8],
        wanted: &[usize],
    ) -> Result<(Vec<(usize, Trouble)>, AsyncSmtpConnection), Trouble> {
        let mut connection = self.connect().await?;
        let utf8 = !self.from.email.to_string().is_ascii()
            || wanted.iter().any(|at| !self.to[*at].email.to_string().is_ascii());
        let speaks_utf8 = connection.server_info().supports_feature(Extension::SmtpUtfEight);
        let options = if utf8 && speaks_utf8 { vec![MailParameter::SmtpUtfEight] } else { vec![] };
        connection
            .command(MailFrom::new(Some(self.from.email.clone()), options))
            .await
            .map_err(Stage::Sender.failed())?;
        let mut refused = vec![];
        for at in wanted {
            let asked = connection.command(Rcpt::new(self.to[*at].email.clone(), vec![])).await;
            match asked {
                Ok(_) => {}
                // An answer about this one; anything else is the connection's end.
                Err(error) if error.status().is_some() => refused.push((*at, Stage::Recipient.failed()(error))),
                Err(error) => return Err(Stage::Recipient.failed()(error)),
            }
        }
        if refused.len() < wanted.len() {
            connection.command(Data).await.map_err(Stage::Content.failed())?;
            connection.message(mail).await.map_err(Stage::Content.failed())?;
        }
        Ok((refused, connection))
    }

    /// A session that is as safe as it is to be, and logged in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let (hello, at) = (hello(), (self.host.as_str(), self.port));
        let implicit = (self.security == MailSecurity::Tls).then(|| self.tls.clone());
        let mut connection = AsyncSmtpConnection::connect_tokio1(at, Some(CONNECT), &hello, implicit, None)
            .await
            .map_err(Stage::Greeting.failed())?;
        if self.security == MailSecurity::Starttls {
            if !connection.can_starttls() {
                return Err(Trouble::NoStarttls);
            }
            connection.starttls(self.tls.clone(), &hello).await.map_err(Stage::Tls.failed())?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await.map_err(Stage::Login.failed())?;
        }
        Ok(connection)
    }

    /// What it comes to that these were refused.
    fn outcome(&self, refused: &[(usize, Trouble)]) -> Result<(), Refusal> {
        let mut later = None;
        let mut why = vec![];
        for (at, trouble) in refused {
            let refusal = trouble.refusal(&self.secrets);
            why.push(format!("{}: {refusal}", self.to[*at].email));
            if matches!(refusal, Refusal::Later { .. }) {
                later = Some(());
            }
        }
        let all = refused.len() == self.to.len();
        let mut why = why.join("; ");
        if !refused.is_empty() && !all {
            why.push_str("; all others have it");
        }
        match later {
            _ if refused.is_empty() => Ok(()),
            Some(()) => Err(Refusal::Later { why, after: None }),
            None if self.served.lock().unwrap_or_else(PoisonError::into_inner).1.is_empty() => {
                Err(Refusal::Never { why })
            }
            None => {
                // It was delivered: the message is done, and somebody should look at the list of recipients.
                tracing::warn!(%why, "a mail was not taken for a recipient");
                Ok(())
            }
        }
    }
}

/// What a hostile or broken server could repeat of a login.
fn as_sent(user: &str, password: &str) -> Vec<Secret> {
    let whole = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
    [whole, BASE64_STANDARD.encode(password), password.to_owned()].map(Secret::new).into()
}

fn tls(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let mut tls = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    for authority in http::authorities(ca_file)? {
        let authority = Certificate::from_der(authority.to_vec());
        tls = tls.add_root_certificate(authority.map_err(|error| format!("TLS cannot be set up: {error}"))?);
    }
    tls.build().map_err(|error| format!("TLS cannot be set up: {error}"))
}

/// This machine's name where it is a whole one; servers refuse a bare word, which a container's is.
fn hello() -> ClientId {
    if let ClientId::Domain(name) = ClientId::default()
        && name.contains('.')
    {
        return ClientId::Domain(name);
    }
    ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_be_named_by_an_address_in_brackets() {
        let config = |host: &str| MailConfig {
            host: host.to_owned(),
            port: None,
            security: MailSecurity::Starttls,
            username: None,
            password: None,
            from: "a@example.com".to_owned(),
            to: vec!["b@example.com".to_owned()],
        };
        for (host, meant) in [("[::1]", "::1"), (" smtp.example.com ", "smtp.example.com"), ("192.0.2.1", "192.0.2.1")]
        {
            assert_eq!(Mail::new(&config(host), None).unwrap().host, meant);
        }
    }
}
