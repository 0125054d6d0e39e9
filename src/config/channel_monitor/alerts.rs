//! Who `ChannelMonitor` told: Uptime Kuma's monitors, one mail address, one Telegram chat.
//!
//! Decides: what each of those keys means in ours. Must not know: how anybody is told.

use std::collections::BTreeMap;

use url::Url;

use super::Import;
use super::keys::{Smtp, Webhook};
use crate::config::{
    ChatName, Config, Language, MailConfig, MailSecurity, ReceiverConfig, SecretRef, Strangers, TelegramConfig,
};

/// The names its two receivers get.
const MAIL: &str = "mail";
const TELEGRAM: &str = "telegram";

impl Import<'_> {
    pub(super) fn alerts(&mut self, config: &mut Config) {
        self.kuma(config);
        let notification = self.keys.notification.take().unwrap_or_default();
        let mut receivers = BTreeMap::new();
        if let Some(smtp) = notification.smtp.filter(|smtp| smtp.enabled == Some(true))
            && let Some(mail) = self.mail(smtp)
        {
            receivers.insert(MAIL.to_owned(), ReceiverConfig { mail: Some(mail), ..ReceiverConfig::default() });
        }
        if let Some(hook) = notification.webhook.filter(|hook| hook.enabled == Some(true))
            && let Some(telegram) = self.telegram(hook)
        {
            let receiver = ReceiverConfig { telegram: Some(telegram), ..ReceiverConfig::default() };
            receivers.insert(TELEGRAM.to_owned(), receiver);
        }
        if !receivers.is_empty() {
            config.notify.language = Language::Zh;
            self.from(&["notify", "language"], "ChannelMonitor writes Chinese");
            self.note(
                "notification: one message tells of all that is new, with the reason; in Chinese, as ChannelMonitor's",
            );
        }
        config.notify.receivers = receivers;
    }

    fn kuma(&mut self, config: &mut Config) {
        let Some(kuma) = self.keys.uptime_kuma.take() else { return };
        if kuma.status.as_deref() != Some("enabled") {
            return;
        }
        config.uptime_kuma.model_url = self.addresses("model_url", kuma.model_url);
        config.uptime_kuma.channel_url = self.addresses("channel_url", kuma.channel_url);
        self.note("uptime-kuma: monitors are told `down` as well, and a model is up while it works on any channel (uptime_kuma.up_when)");
    }

    fn addresses(&mut self, key: &'static str, urls: Option<BTreeMap<String, String>>) -> BTreeMap<String, SecretRef> {
        let mut addresses = BTreeMap::new();
        for (name, url) in urls.unwrap_or_default() {
            let url = url.trim();
            if url.is_empty() {
                self.note(format!("uptime-kuma: {key} of {name:?} is empty, so nobody is told"));
            } else if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                self.note(format!(
                    "uptime-kuma: {key} of {name:?} is no address with http:// or https://, so nobody is told"
                ));
            } else {
                addresses.insert(name, SecretRef::literal(url));
            }
        }
        if !addresses.is_empty() {
            self.from(&["uptime_kuma", key], "uptime-kuma");
        }
        addresses
    }

    fn mail(&mut self, smtp: Smtp) -> Option<MailConfig> {
        let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let to: Vec<String> =
            text(smtp.to).iter().flat_map(|to| to.split([',', ';'])).map(str::trim).map(str::to_owned).collect();
        let to: Vec<String> = to.into_iter().filter(|to| !to.is_empty()).collect();
        let (username, password) = (text(smtp.username), smtp.password.filter(|password| !password.is_empty()));
        // Many files give only the login.
        let from = text(smtp.from).or_else(|| username.clone());
        let (Some(host), Some(from), false) = (text(smtp.host), from, to.is_empty()) else {
            self.note("notification.smtp: host, from or to is missing, so no mail is sent");
            return None;
        };
        let port = smtp.port.map_or(0, |port| port.0);
        let Ok(port) = u16::try_from(port) else {
            self.refuse("notification", "smtp.port is no port: 1 to 65535");
            return None;
        };
        let security = if port == 465 { MailSecurity::Tls } else { MailSecurity::Starttls };
        let (username, password) = match (username, password) {
            (Some(username), Some(password)) => (Some(username), Some(SecretRef::literal(password))),
            (None, None) => (None, None),
            (Some(_), None) | (None, Some(_)) => {
                self.note("notification.smtp: username or password is missing, so the server is not logged in to");
                (None, None)
            }
        };
        self.from(&["notify", "receivers", MAIL], "notification.smtp");
        if security == MailSecurity::Starttls {
            self.note("notification.smtp: mail leaves with STARTTLS, never unencrypted; ChannelMonitor sent without where the server had none");
        }
        Some(MailConfig { host, port: (port > 0).then_some(port), security, username, password, from, to })
    }

    fn telegram(&mut self, hook: Webhook) -> Option<TelegramConfig> {
        let kind = hook.r#type.unwrap_or_default();
        if kind != "telegram" {
            self.note(format!(
                "notification.webhook: {kind:?} is not telegram, the only type that ChannelMonitor had; nothing is sent"
            ));
            return None;
        }
        let telegram = hook.telegram.unwrap_or_default();
        let chat = telegram.chat_id.map(|chat| chat.0.trim().to_owned()).filter(|chat| !chat.is_empty());
        let token = hook.secret.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        let (Some(chat), Some(token)) = (chat, token) else {
            self.note(
                "notification.webhook: the bot's token (secret) or telegram.chat_id is missing, so nothing is sent",
            );
            return None;
        };
        if telegram.retry.is_none_or(|retry| retry.0 == 0) {
            self.note("notification.webhook: telegram.retry 0 meant that nothing was ever sent; here it is, and tried again until it is taken");
        }
        self.from(&["notify", "receivers", TELEGRAM], "notification.webhook");
        self.note("notification.webhook: the bot only sends, as before; notify.receivers.telegram.telegram.commands lets it answer, if no other program asks for its news");
        Some(TelegramConfig {
            token: SecretRef::literal(token),
            api: "https://api.telegram.org".to_owned(),
            chats: vec![ChatName(chat)],
            admins: vec![],
            strangers: Strangers::Refuse,
            commands: false,
        })
    }
}
