//! One update, answered.
//!
//! Decides: what is answered to whom. Must not know: how a page looks, how an order is carried out.

use std::time::Duration;

use frankenstein::types::{
    CallbackQuery, Chat, ChatMember, ChatMemberUpdated, ChatType, MaybeInaccessibleMessage, Message, User,
};
use frankenstein::updates::UpdateContent;
use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use super::hands::{Job, Pressed, Wanted};
use super::{Bot, hands};
use crate::clock;
use crate::config::Language;
use crate::notify::message::shown;
use crate::notify::message::telegram::escape;
use crate::notify::telegram::press::{Press, Sheet, View};
use crate::notify::telegram::{Outgoing, Place, Trouble};
use crate::notify::words::{Value, Words};
use crate::serve::Act;
use crate::store::{Address, StoreError, Subscriber};

/// The longest name of a person that is told, in characters.
const NAME: usize = 40;
/// The longest reason of a hold that is kept, in characters.
const REASON: usize = 200;
/// An answer that Telegram wants later than this is not worth waiting for.
const WORTH_WAITING: Duration = Duration::from_secs(5);
/// So often an answer is sent again after such a pause.
const TRIES: u32 = 3;

/// Who asks, and where.
pub(super) struct Asker {
    /// What the chat is called in the configuration, or its number.
    address: String,
    place: Place,
    private: bool,
    user: Option<i64>,
    name: String,
    subscriber: Option<Subscriber>,
    pub(super) words: &'static Words,
    pub(super) is_admin: bool,
}

impl Asker {
    /// Plain words, as a whole message.
    pub(super) fn say(&self, key: &str, values: &[(&'static str, Value<'_>)]) -> Outgoing {
        Outgoing { html: escape(&self.words.say(key, values)), keys: vec![] }
    }
}

impl Bot {
    /// Answers an update.
    pub(super) async fn answer(&mut self, id: i64, update: UpdateContent) -> Result<(), StoreError> {
        if let UpdateContent::Message(message) = update {
            self.message(id, &message).await
        } else if let UpdateContent::CallbackQuery(query) = update {
            self.press(id, *query).await
        } else if let UpdateContent::MyChatMember(member) = update {
            self.membership(&member).await
        } else {
            Ok(())
        }
    }

    async fn message(&mut self, id: i64, message: &Message) -> Result<(), StoreError> {
        let (chat, now) = (&message.chat, clock::now());
        if let Some(to) = message.migrate_to_chat_id {
            return self.moved(chat, to, now).await;
        }
        // What is forwarded are the words of somebody else.
        let own = message.text.as_deref().filter(|_| message.forward_origin.is_none());
        let Some(command) = own.and_then(|text| Command::read(text, &self.username)) else {
            return Ok(());
        };
        let private = chat.type_field == ChatType::Private;
        if command == Command::Unknown && !private || !self.door.has_room(chat.id, now) {
            return Ok(());
        }
        // Whoever speaks as a chat is nobody in particular.
        let user = message.from.as_deref().filter(|_| message.sender_chat.is_none());
        let topic = message.message_thread_id.filter(|_| message.is_topic_message == Some(true));
        let asker = self.asker(chat, topic, user).await?;
        if !self.door.lets_in(&asker.address, asker.user, asker.subscriber.as_ref()) {
            if self.door.tells_stranger(chat.id, now) {
                let line = asker.say("bot-stranger", &[("chat", chat.id.to_string().into())]);
                self.reply(&asker, &line).await?;
            }
            return Ok(());
        }
        self.heed(id).await?;
        let may = match &command {
            command if command.is_for_admins() => asker.is_admin,
            command if command.changes_what_is_told() => {
                self.door.lets_change(&asker.address, asker.private, asker.user)
            }
            _ => true,
        };
        let answer =
            if may { self.command(command, &asker, now).await? } else { Some(asker.say("bot-not-admin", &[])) };
        match answer {
            Some(answer) => self.reply(&asker, &answer).await,
            None => Ok(()),
        }
    }

    /// What a command is answered; `None`: it is answered once it is done.
    async fn command(&self, command: Command, asker: &Asker, now: Timestamp) -> Result<Option<Outgoing>, StoreError> {
        let sheet = |view| Sheet { view, offset: 0 };
        Ok(Some(match command {
            Command::Start => {
                let mut start = Self::help(asker, "bot-start");
                // A chat of the configuration was not there yet, or had blocked us: this is how a person lets a bot in.
                let left = asker.subscriber.as_ref().is_some_and(|subscriber| !subscriber.wanted);
                if left
                    && self.door.is_configured(&asker.address)
                    && self.door.lets_change(&asker.address, asker.private, asker.user)
                {
                    let told = self.subscribe(asker, true, now).await?;
                    start.html = format!("{}\n\n{}", start.html, told.html);
                }
                start
            }
            Command::Help => Self::help(asker, "bot-help"),
            Command::Unknown => asker.say("bot-unknown", &[]),
            Command::Subscribe => self.subscribe(asker, true, now).await?,
            Command::Unsubscribe => self.subscribe(asker, false, now).await?,
            Command::Language(wanted) => self.speak(asker, &wanted, now).await?,
            Command::Mute(span) => self.mute(asker, span, now).await?,
            Command::Status(gateway) => match self.place_of(&gateway) {
                Some(place) => self.show(&sheet(View::Status(place)), asker, now).await?,
                None => self.no_gateway(asker),
            },
            Command::Models(text) => self.show(&sheet(View::Models(text)), asker, now).await?,
            Command::Channel(words) => match self.channel_meant(&words).await? {
                Ok(view) => self.show(&sheet(view), asker, now).await?,
                Err(key) => asker.say(key, &[]),
            },
            Command::Changes => self.show(&sheet(View::Changes), asker, now).await?,
            Command::Free => self.show(&sheet(View::Free), asker, now).await?,
            Command::Pending => self.show(&sheet(View::Pending), asker, now).await?,
            Command::Scan(gateway) if gateway.is_empty() => {
                return Ok(self.order(asker, Act::Scan { gateway: None }, "bot-act-scan"));
            }
            Command::Scan(gateway) => {
                return Ok(self.order(asker, Act::Scan { gateway: Some(gateway) }, "bot-act-scan"));
            }
            Command::Hold(words) => {
                let (gateway, channel, reason) = self.scope(&words);
                if reason.is_empty() {
                    return Ok(Some(asker.say("bot-hold-how", &[])));
                }
                let reason = format!("{}: {reason} (Telegram)", asker.name);
                let reason = crate::model::redact(&reason, &[]).chars().take(REASON).collect();
                return Ok(self.order(asker, Act::Hold { gateway, channel, model: None, reason }, "bot-act-hold"));
            }
            Command::Release(words) => {
                let (gateway, channel, rest) = self.scope(&words);
                if !rest.is_empty() {
                    return Ok(Some(asker.say("bot-release-how", &[])));
                }
                return Ok(self.order(asker, Act::Release { gateway, channel, model: None }, "bot-act-release"));
            }
        }))
    }

    async fn press(&mut self, id: i64, query: CallbackQuery) -> Result<(), StoreError> {
        let (chat, message_id, message) = match query.message {
            Some(MaybeInaccessibleMessage::Message(message)) => {
                ((*message.chat).clone(), message.message_id, Some(message))
            }
            Some(MaybeInaccessibleMessage::InaccessibleMessage(message)) => (message.chat, message.message_id, None),
            None => return Ok(()),
        };
        let now = clock::now();
        if !self.door.has_room(chat.id, now) {
            return Ok(());
        }
        let topic = message
            .as_ref()
            .and_then(|message| message.message_thread_id.filter(|_| message.is_topic_message == Some(true)));
        let asker = self.asker(&chat, topic, Some(&query.from)).await?;
        let alert = async |key: &str| {
            let said = self.telegram.answer(&query.id, &asker.words.say(key, &[]), true).await;
            self.note(said, &asker).await
        };
        let Some(press) = query.data.as_deref().and_then(Press::read) else { return alert("bot-stale").await };
        if !self.door.lets_in(&asker.address, asker.user, asker.subscriber.as_ref()) {
            return alert("bot-not-admin").await;
        }
        if let Press::Show(sheet) = &press {
            if sheet.view == View::Pending && !asker.is_admin {
                return alert("bot-not-admin").await;
            }
            self.note(self.telegram.answer(&query.id, "", false).await, &asker).await?;
            let page = self.show(sheet, &asker, now).await?;
            return self.note(self.telegram.edit(chat.id, message_id, &page).await, &asker).await;
        }
        if !asker.is_admin {
            return alert("bot-not-admin").await;
        }
        self.heed(id).await?;
        if hands::act(&press, &self.store, &self.config).await?.is_none() {
            return alert("bot-decided-anew").await;
        }
        let pressed = Pressed { chat: chat.id, message_id, message, press };
        match self.hand_on(&asker, Wanted::Press(Box::new(pressed))) {
            None => {
                self.note(self.telegram.answer(&query.id, &asker.words.say("bot-under-way", &[]), false).await, &asker)
                    .await
            }
            Some(busy) => alert(busy).await,
        }
    }

    /// The bot was let into a chat, or thrown out of one.
    async fn membership(&mut self, member: &ChatMemberUpdated) -> Result<(), StoreError> {
        let address = self.door.address(&member.chat);
        let configured = self.door.is_configured(&address);
        let of = self.at(&address);
        let out = matches!(member.new_chat_member, ChatMember::Left(_) | ChatMember::Kicked(_));
        // Where the configuration wants a chat told, being let in again is enough.
        if configured || out && self.store.subscriber(&of).await?.is_some() {
            self.store.subscribe(&of, !out, clock::now()).await?;
        }
        Ok(())
    }

    async fn moved(&self, chat: &Chat, to: i64, now: Timestamp) -> Result<(), StoreError> {
        let address = self.door.address(chat);
        // One that is configured by its @name keeps that name.
        let by_number = address == chat.id.to_string();
        let known = self.door.is_configured(&address) || self.store.subscriber(&self.at(&address)).await?.is_some();
        if by_number && known {
            self.store.move_subscriber(&self.at(&address), &to.to_string(), now).await?;
        }
        Ok(())
    }

    async fn asker(&self, chat: &Chat, topic: Option<i32>, user: Option<&User>) -> Result<Asker, StoreError> {
        let address = self.door.address(chat);
        let subscriber = self.store.subscriber(&self.at(&address)).await?;
        let own = subscriber.as_ref().and_then(|subscriber| language(&subscriber.language));
        let theirs = || user.and_then(|user| language(user.language_code.as_deref().unwrap_or_default()));
        let id = user.and_then(|user| i64::try_from(user.id).ok());
        let name = user.map(|user| match &user.username {
            Some(username) => format!("@{username}"),
            None => user.first_name.clone(),
        });
        Ok(Asker {
            address,
            place: Place { chat: chat.id.into(), topic },
            private: chat.type_field == ChatType::Private,
            user: id,
            name: shown(&name.unwrap_or_default(), NAME),
            words: Words::of(own.or_else(theirs).unwrap_or(self.language)),
            subscriber,
            is_admin: self.door.is_admin(id),
        })
    }

    fn help(asker: &Asker, key: &str) -> Outgoing {
        let mut text = asker.words.say(key, &[]);
        if asker.is_admin {
            text += "\n\n";
            text += &asker.words.say("bot-help-admin", &[]);
        }
        Outgoing { html: escape(&text), keys: vec![] }
    }

    async fn subscribe(&self, asker: &Asker, wanted: bool, now: Timestamp) -> Result<Outgoing, StoreError> {
        let room = self.store.subscribe(&self.at(&asker.address), wanted, now).await?;
        Ok(asker.say(
            match (room, wanted) {
                (false, _) => "bot-full",
                (true, true) => "bot-subscribed",
                (true, false) => "bot-unsubscribed",
            },
            &[],
        ))
    }

    async fn speak(&self, asker: &Asker, wanted: &str, now: Timestamp) -> Result<Outgoing, StoreError> {
        let Some(language) = language(wanted) else { return Ok(asker.say("bot-language-how", &[])) };
        let configured = self.door.is_configured(&asker.address);
        self.store.speak(&self.at(&asker.address), name_of(language), configured, now).await?;
        Ok(Outgoing { html: escape(&Words::of(language).say("bot-language", &[])), keys: vec![] })
    }

    async fn mute(&self, asker: &Asker, span: Option<Duration>, now: Timestamp) -> Result<Outgoing, StoreError> {
        let audience = format!("{}/{}", self.name, asker.address);
        Ok(match span {
            None => asker.say("bot-mute-how", &[]),
            Some(span) if span.is_zero() => {
                self.store.unmute(&audience).await?;
                asker.say("bot-unmuted", &[])
            }
            Some(span) => {
                let until = now.saturating_add(SignedDuration::try_from(span).unwrap_or_default()).unwrap_or(now);
                self.store.mute(&audience, until).await?;
                asker.say("bot-muted", &[("until", self.time(until).into())])
            }
        })
    }

    /// Hands an order on; what is said where that cannot be.
    fn order(&self, asker: &Asker, act: Act, what: &'static str) -> Option<Outgoing> {
        self.hand_on(asker, Wanted::Act(Box::new(act), what)).map(|busy| asker.say(busy, &[]))
    }

    fn hand_on(&self, asker: &Asker, wanted: Wanted) -> Option<&'static str> {
        let job = Job { wanted, by: asker.name.clone(), words: asker.words, place: asker.place.clone() };
        self.hands.try_send(job).is_err().then_some("bot-busy")
    }

    /// Sends an answer. Where Telegram wants a short pause it is sent after that, in its own time.
    async fn reply(&self, asker: &Asker, answer: &Outgoing) -> Result<(), StoreError> {
        let sent = self.telegram.send(&asker.place, answer).await;
        if let Some(after) = sent.as_ref().err().and_then(worth_waiting) {
            let (telegram, place, answer) = (self.telegram.clone(), asker.place.clone(), answer.clone());
            // The flood of one chat is bounded before it comes here, and so are these.
            tokio::spawn(async move {
                let mut pause = Some(after);
                for _ in 0..TRIES {
                    let Some(after) = pause else { return };
                    tokio::time::sleep(after).await;
                    pause = telegram.send(&place, &answer).await.err().as_ref().and_then(worth_waiting);
                }
            });
            return Ok(());
        }
        self.note(sent.map(|_| ()), asker).await
    }

    /// An answer that got lost is asked for again; a chat that threw us out is not told any more.
    async fn note(&self, sent: Result<(), Trouble>, asker: &Asker) -> Result<(), StoreError> {
        let Err(trouble) = sent else { return Ok(()) };
        tracing::debug!(receiver = %self.name, "an answer got lost: {trouble}");
        match trouble {
            Trouble::Gone { .. } if asker.subscriber.is_some() => {
                self.store.subscribe(&self.at(&asker.address), false, clock::now()).await.map(|_| ())
            }
            Trouble::Moved { to } if asker.subscriber.is_some() => {
                self.store.move_subscriber(&self.at(&asker.address), &to.to_string(), clock::now()).await
            }
            Trouble::Gone { .. }
            | Trouble::Moved { .. }
            | Trouble::NoRight { .. }
            | Trouble::Away { .. }
            | Trouble::TooMuch { .. }
            | Trouble::BadToken { .. }
            | Trouble::Rival { .. }
            | Trouble::Refused { .. } => Ok(()),
        }
    }

    /// A gateway, a channel of it, and what else was said.
    fn scope(&self, words: &[String]) -> (Option<String>, Option<i64>, String) {
        let gateway = words.first().filter(|word| self.config.gateways.contains_key(*word));
        let channel = gateway.and_then(|_| words.get(1)?.trim_start_matches('#').parse::<i64>().ok());
        let named = usize::from(gateway.is_some()) + usize::from(channel.is_some());
        (gateway.cloned(), channel, words[named..].join(" "))
    }

    fn at(&self, chat: &str) -> Address {
        Address { receiver: self.name.clone(), chat: chat.to_owned() }
    }
}

/// The pause that Telegram wants, if it is a short one.
fn worth_waiting(trouble: &Trouble) -> Option<Duration> {
    match trouble {
        Trouble::TooMuch { after, .. } => Some(*after).filter(|after| *after <= WORTH_WAITING),
        Trouble::Gone { .. }
        | Trouble::Moved { .. }
        | Trouble::NoRight { .. }
        | Trouble::Away { .. }
        | Trouble::BadToken { .. }
        | Trouble::Rival { .. }
        | Trouble::Refused { .. } => None,
    }
}

/// A language by its code, as people and Telegram write it: `zh`, `zh-hans`.
fn language(code: &str) -> Option<Language> {
    let code = code.to_ascii_lowercase();
    match code.split(['-', '_']).next().unwrap_or_default() {
        "en" => Some(Language::En),
        "zh" => Some(Language::Zh),
        "ru" => Some(Language::Ru),
        _ => None,
    }
}

fn name_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Zh => "zh",
        Language::Ru => "ru",
    }
}
