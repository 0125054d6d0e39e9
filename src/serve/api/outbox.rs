//! The messages that went out, or did not yet, or never will.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::acts::done;
use super::ask::{self, Asked, Body, ID};
use super::error::ApiError;
use super::list::Listed;
use crate::serve::{Act, App, Done};
use crate::store::{Post, PostQuery, Posting};

/// Entries of a message that are shown.
const SHOWN: usize = 20;

/// A message to a receiver.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct PostRow {
    /// Its number.
    id: i64,
    /// The receiver's name in the configuration.
    receiver: String,
    /// The chat there; empty where it has none.
    chat: String,
    /// `waiting`, `sent` or `dead` (given up).
    state: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made: Timestamp,
    /// When it is tried next, was sent, or was given up.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How often it was tried.
    attempts: u32,
    /// What the receiver said last: text from outside, redacted.
    note: String,
    /// How many things it tells.
    count: usize,
    /// The first twenty of them.
    entries: Vec<PostEntry>,
}

/// One thing that a message tells.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct PostEntry {
    /// Why it is told: `first`, `resolved`, `reminder` and so on.
    what: String,
    /// What sort of thing: `no-credit`, `failing`, `held` and so on.
    cause: String,
    /// The gateway's name; empty: it is of none.
    gateway: String,
    /// The channel's name: text from outside.
    channel_name: String,
    /// The model, the key's number, the receiver: text from outside.
    subject: String,
}

impl PostRow {
    fn of(post: Post) -> Self {
        // What another version wrote in another form is shown without its entries.
        let body: Value = serde_json::from_str(&post.body).unwrap_or_default();
        let entries = body["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = |entry: &Value| PostEntry {
            what: text(&entry["what"]),
            cause: text(&entry["event"]["cause"]),
            gateway: text(&entry["event"]["gateway"]),
            channel_name: text(&entry["event"]["channel"]["name"]),
            subject: text(&entry["event"]["subject"]),
        };
        Self {
            count: entries.len(),
            entries: entries.iter().take(SHOWN).map(entry).collect(),
            id: post.id,
            receiver: post.to.receiver,
            chat: post.to.chat,
            state: post.state.as_str().to_owned(),
            made: post.made,
            at: post.at,
            attempts: post.attempts,
            note: post.note,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PostsQuery {
    /// Of this receiver only.
    #[serde(default)]
    #[param(max_length = 500)]
    receiver: String,
    /// In this state only: `waiting`, `sent` or `dead`.
    #[serde(default)]
    #[param(inline)]
    state: Option<Posting>,
    /// So many at most.
    #[serde(default = "ask::fifty")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
    /// So many are left out first.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u64,
}

/// The messages, the newest first.
#[utoipa::path(get, path = "/api/outbox", tag = "alerts", params(PostsQuery), responses((status = 200, body = [PostRow])))]
pub(super) async fn outbox(
    State(app): State<App>,
    uri: Uri,
    Asked(asked): Asked<PostsQuery>,
) -> Result<Listed<PostRow>, ApiError> {
    ask::page(asked.limit, ask::thousand(), asked.offset)?;
    let receiver = ask::text("receiver", asked.receiver)?;
    let query = PostQuery { receiver, state: asked.state, offset: asked.offset, limit: asked.limit };
    let page = app.store.posts(&query).await?;
    Ok(Listed::page(page.map(PostRow::of), &uri, asked.offset))
}

/// Which of the messages that were given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostAgainBody {
    /// Its number; left out: all of them.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
}

/// Has a message that was given up tried again, or all of them.
#[utoipa::path(post, path = "/api/outbox/retry", tag = "alerts", request_body = PostAgainBody,
    responses((status = 200, body = Done)))]
pub(super) async fn retry(State(app): State<App>, Body(body): Body<PostAgainBody>) -> Result<Json<Done>, ApiError> {
    if body.id.is_some_and(|id| !(1..=ID).contains(&id)) {
        return Err(ApiError::bad(format!("`id` is between 1 and {ID}")));
    }
    done(&app, Act::PostAgain { post: body.id }).await
}
