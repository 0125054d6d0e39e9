//! What the bot says of itself to Telegram.
//!
//! Decides: its menus. Must not know: what a command does.

use frankenstein::methods::SetMyCommandsParams;
use frankenstein::types::{BotCommand, BotCommandScope, BotCommandScopeChat};
use serde::Deserialize;

use super::Bot;
use super::command::{ADMINS, EVERYBODYS};
use crate::config::Language;
use crate::notify::telegram::Trouble;
use crate::notify::words::Words;

/// What of `getMe` is of use.
#[derive(Deserialize)]
struct Me {
    username: String,
}

impl Bot {
    /// Asks Telegram for the bot's name, and gives it the menus: in each language, and longer for admins.
    pub(super) async fn greet(&self) -> Result<String, Trouble> {
        let me: Me = self.telegram.call("getMe", &serde_json::json!({})).await?;
        // Without a language: for all others, and so in the receiver's.
        self.menu(self.language, "", None).await?;
        for (language, code) in [(Language::En, "en"), (Language::Zh, "zh"), (Language::Ru, "ru")] {
            self.menu(language, code, None).await?;
        }
        for admin in self.door.admins() {
            // Who never spoke to the bot has no chat with it yet.
            if let Err(trouble) = self.menu(self.language, "", Some(*admin)).await {
                tracing::debug!(receiver = %self.name, "no menu for an admin yet: {trouble}");
            }
        }
        tracing::info!(receiver = %self.name, bot = %me.username, "the Telegram bot answers");
        Ok(me.username)
    }

    async fn menu(&self, language: Language, code: &str, admin: Option<i64>) -> Result<(), Trouble> {
        let words = Words::of(language);
        let command = |name: &&str| {
            BotCommand::builder().command(*name).description(words.say(&format!("bot-menu-{name}"), &[])).build()
        };
        let mut commands: Vec<_> = EVERYBODYS.iter().map(command).collect();
        if admin.is_some() {
            commands.extend(ADMINS.iter().map(command));
        }
        let scope = admin.map(|user| BotCommandScope::Chat(BotCommandScopeChat::builder().chat_id(user).build()));
        let params = SetMyCommandsParams::builder()
            .commands(commands)
            .maybe_scope(scope)
            .maybe_language_code((!code.is_empty()).then(|| code.to_owned()))
            .build();
        self.telegram.call::<bool>("setMyCommands", &params).await.map(|_| ())
    }
}
