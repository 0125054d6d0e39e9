//! `notify`: are alerts taken, what is on its way, and when nobody is to be told.
//!
//! Decides: tables and words. Must not know: how a receiver is spoken to.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use jiff::SignedDuration;
use serde_json::json;

use super::show;
use crate::clock;
use crate::config::{Config, Language};
use crate::notify::delivery::{self, Tried};
use crate::notify::words::Words;
use crate::notify::{Digest, Refusal, message};
use crate::say::say;
use crate::store::{Post, PostQuery, Posting, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a trial message to every receiver, or to one, and tell what came of it
    #[command(after_help = "Examples:
  channelwarden notify test               every receiver
  channelwarden notify test ops           this one, also where it is not enabled

Exit codes: 0 all took it, 1 one did not")]
    Test {
        /// Only this receiver (its name in the configuration)
        receiver: Option<String>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Messages on their way and those given up, with the reason
    #[command(after_help = "Examples:
  channelwarden notify outbox             what waits, and what was given up
  channelwarden notify outbox --dead      only what was given up
  channelwarden notify outbox --sent      also what was taken")]
    Outbox {
        /// Only of this receiver
        #[arg(long, value_name = "NAME")]
        receiver: Option<String>,
        /// Only what was given up
        #[arg(long, conflicts_with = "sent")]
        dead: bool,
        /// Also what was taken
        #[arg(long)]
        sent: bool,
        /// So many at most, the newest first
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Have messages that were given up tried again
    #[command(after_help = "Examples:
  channelwarden notify retry              all of them
  channelwarden notify retry 12           this one")]
    Retry {
        /// Only this message (`notify outbox --dead` shows its number)
        id: Option<i64>,
    },
    /// Tell nobody anything for a while; what happens is gathered and told afterwards
    #[command(after_help = "Examples:
  channelwarden notify mute 2h                          everybody
  channelwarden notify mute 1d --audience ops           one receiver
  channelwarden notify mute 30m --audience bot/12345    one chat of a bot")]
    Mute {
        /// For so long: 30m, 2h, 1d
        #[arg(value_parser = humantime::parse_duration)]
        duration: Duration,
        /// Only this receiver, or this chat of it
        #[arg(long, value_name = "RECEIVER[/CHAT]")]
        audience: Option<String>,
    },
    /// Tell again what there is to tell
    Unmute {
        /// Only this receiver, or this chat of it; left out: what was muted for everybody
        #[arg(long, value_name = "RECEIVER[/CHAT]")]
        audience: Option<String>,
    },
}

pub(super) async fn run(config: Config, command: &Command) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    match command {
        Command::Test { receiver, json } => test(&store, &config, receiver.as_deref(), *json).await,
        Command::Outbox { receiver, dead, sent, limit, json } => {
            let state = dead.then_some(Posting::Dead);
            let query = PostQuery { receiver: receiver.clone(), state, offset: 0, limit: *limit };
            outbox(&store, &config, &query, *sent, *json).await
        }
        Command::Retry { id } => retry(&store, *id).await,
        Command::Mute { duration, audience } => {
            anyhow::ensure!(
                !duration.is_zero(),
                "mute for how long? more than 0s; `channelwarden notify unmute` ends it"
            );
            let span = SignedDuration::try_from(*duration).context("so long a time cannot be kept; mute for less")?;
            let now = clock::now();
            let until = now.checked_add(span).context("so long a time cannot be kept; mute for less")?;
            store.mute(known(&config, audience.as_deref())?, until).await?;
            muted(&store).await
        }
        Command::Unmute { audience } => {
            if !store.unmute(known(&config, audience.as_deref())?).await? {
                say!("it was not muted");
            }
            muted(&store).await
        }
    }
}

async fn test(store: &Store, config: &Config, only: Option<&str>, json: bool) -> anyhow::Result<ExitCode> {
    let names = receivers(config, only)?;
    if names.is_empty() {
        let none = if config.notify.receivers.is_empty() {
            "no receiver is configured: see notify.receivers in config.example.json5"
        } else {
            "no receiver is enabled; name one to try it all the same: channelwarden notify test NAME"
        };
        say!("{}", if json { "[]" } else { none });
        return Ok(ExitCode::SUCCESS);
    }
    let mut tried: Vec<Tried> = vec![];
    for name in names {
        let settings = &config.notify.receivers[name];
        tried.extend(delivery::try_out(store, name, settings, config, clock::now()).await?);
    }
    if json {
        let told: Vec<_> = tried.iter().map(as_json).collect();
        say!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        let wide = tried.iter().map(|tried| place(tried).chars().count()).max().unwrap_or_default();
        for tried in &tried {
            let (place, kind) = (place(tried), tried.kind.unwrap_or("cannot be used"));
            match &tried.answer {
                Ok(()) => say!("ok      {place:wide$}  {kind}"),
                Err(why) => say!("failed  {place:wide$}  {kind}: {}", show::plain(&why.to_string())),
            }
        }
    }
    Ok(super::worst(tried.iter().map(|tried| u8::from(tried.answer.is_err()))))
}

/// The receivers a command is about: the one named, or all that are enabled.
fn receivers<'a>(config: &'a Config, only: Option<&'a str>) -> anyhow::Result<Vec<&'a str>> {
    let all = &config.notify.receivers;
    match only {
        None => Ok(all.iter().filter(|(_, receiver)| receiver.enabled).map(|(name, _)| name.as_str()).collect()),
        Some(name) if all.contains_key(name) => Ok(vec![name]),
        Some(name) if all.is_empty() => anyhow::bail!("no receiver {name:?}: notify.receivers has none"),
        Some(name) => {
            let known: Vec<_> = all.keys().map(String::as_str).collect();
            anyhow::bail!("no receiver {name:?} in the configuration; there are: {}", known.join(", "))
        }
    }
}

fn place(tried: &Tried) -> String {
    if tried.chat.is_empty() { tried.receiver.clone() } else { format!("{}/{}", tried.receiver, tried.chat) }
}

fn as_json(tried: &Tried) -> serde_json::Value {
    let why = tried.answer.as_ref().err().map(ToString::to_string);
    let again = matches!(tried.answer, Err(Refusal::Later { .. } | Refusal::Moved { .. }));
    json!({
        "receiver": tried.receiver, "kind": tried.kind, "address": tried.chat,
        "ok": tried.answer.is_ok(), "why": why, "may_pass": again,
    })
}

async fn outbox(store: &Store, config: &Config, query: &PostQuery, sent: bool, json: bool) -> anyhow::Result<ExitCode> {
    if let Some(name) = &query.receiver {
        let known = store.post_counts().await?.iter().any(|(receiver, _)| receiver == name);
        if !known {
            receivers(config, Some(name))?;
        }
    }
    let mut posts = vec![];
    let states = match query.state {
        Some(state) => vec![state],
        None if sent => vec![Posting::Waiting, Posting::Dead, Posting::Sent],
        None => vec![Posting::Waiting, Posting::Dead],
    };
    let mut total = 0;
    for state in states {
        let page = store.posts(&PostQuery { state: Some(state), ..query.clone() }).await?;
        total += page.total;
        posts.extend(page.rows);
    }
    posts.sort_by_key(|post| std::cmp::Reverse(post.id));
    posts.truncate(query.limit as usize);
    if json {
        let told: Vec<_> = posts.iter().map(|post| row_as_json(config, post)).collect();
        say!("{}", serde_json::to_string_pretty(&told)?);
        return Ok(ExitCode::SUCCESS);
    }
    if posts.is_empty() {
        say!(
            "{}",
            if query.state.is_some() {
                "nothing was given up"
            } else {
                "nothing is on its way, and nothing was given up"
            }
        );
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["id", "to", "state", "made", "next or last", "tried", "says", "why not"]);
    for post in &posts {
        table.add_row(vec![
            post.id.to_string(),
            address(post),
            match post.state {
                Posting::Waiting => "on its way".to_owned(),
                Posting::Sent => "taken".to_owned(),
                Posting::Dead => "given up".to_owned(),
            },
            show::local(post.made),
            show::local(post.at),
            post.attempts.to_string(),
            title(config, post).unwrap_or_else(|| "(cannot be read)".to_owned()),
            show::plain(&post.note),
        ]);
    }
    say!("{table}");
    let left = total.saturating_sub(posts.len() as u64);
    if left > 0 {
        say!("and {left} more: --limit {total}");
    }
    if posts.iter().any(|post| post.state == Posting::Dead) {
        say!("`channelwarden notify retry` has what was given up tried again");
    }
    Ok(ExitCode::SUCCESS)
}

fn row_as_json(config: &Config, post: &Post) -> serde_json::Value {
    json!({
        "id": post.id, "receiver": post.to.receiver, "address": post.to.chat, "state": post.state.as_str(),
        "made": post.made.to_string(), "at": post.at.to_string(), "attempts": post.attempts,
        "title": title(config, post), "note": post.note,
    })
}

fn address(post: &Post) -> String {
    let to = &post.to;
    show::plain(&if to.chat.is_empty() { to.receiver.clone() } else { format!("{}/{}", to.receiver, to.chat) })
}

/// What a message says, in the language of this program's other output.
fn title(config: &Config, post: &Post) -> Option<String> {
    let digest: Digest = serde_json::from_str(&post.body).ok()?;
    let zone = crate::notify::zone(&config.notify).ok()?;
    Some(show::plain(&message::compose(&digest, Words::of(Language::En), None, &zone).title))
}

async fn retry(store: &Store, id: Option<i64>) -> anyhow::Result<ExitCode> {
    let again = store.post_again(id, clock::now()).await?;
    match (id, again) {
        (Some(id), 0) => {
            anyhow::bail!("no message {id} was given up; `channelwarden notify outbox --dead` shows those that were")
        }
        (None, 0) => say!("nothing was given up"),
        (_, 1) => say!("1 message is tried again, within half a minute where the loop runs"),
        (_, n) => say!("{n} messages are tried again, within half a minute where the loop runs"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The audience that a command is about; empty: all.
fn known<'a>(config: &'a Config, audience: Option<&'a str>) -> anyhow::Result<&'a str> {
    let Some(audience) = audience else { return Ok("") };
    let receiver = audience.split_once('/').map_or(audience, |(receiver, _)| receiver);
    receivers(config, Some(receiver))?;
    let has_chats = config.notify.receivers.get(receiver).is_some_and(|receiver| receiver.telegram.is_some());
    anyhow::ensure!(has_chats || receiver == audience, "{receiver} has no chats: name it alone, as `{receiver}`");
    Ok(audience)
}

/// Tells who is muted.
async fn muted(store: &Store) -> anyhow::Result<ExitCode> {
    let muted = store.mutes(clock::now()).await?;
    if muted.is_empty() {
        say!("nobody is muted");
    }
    for (audience, until) in muted {
        let audience = if audience.is_empty() { "everybody".to_owned() } else { show::plain(&audience) };
        say!("{audience} is told nothing until {}", show::local(until));
    }
    Ok(ExitCode::SUCCESS)
}
