//! One channel's list, swapped by the gateway's own hand.
//!
//! Decides: what is sent so that nothing but the list changes, when that would do harm, and what an answer says of what
//! was done. The gateway keeps its routing rows in step by itself. Must not know: SQL.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;

use super::client::{AGAIN, ApiError, Trouble};
use super::list::Form;
use super::{Admin, Object, image};
use crate::crash::crash_point;
use crate::gateway::side::Side;
use crate::gateway::swap::{gone, unchanged};
use crate::gateway::{GatewayError, Order, Statements, SwapError, Swapped};
use crate::model::{Channel, GatewayKind, Image};

/// What no list names: One Hub takes it off a channel, saves the channel as it is, and reads all of them again.
const NOBODYS: &str = "channelwarden-reads-again";

impl Admin {
    /// Swaps a channel's list for the intent's. What stands there is compared where the decision was made: `read`.
    pub(in crate::gateway) async fn swap(&self, order: &Order<'_>, read: Side<'_>) -> Result<Swapped, SwapError> {
        order.is_for(&self.name)?;
        let mut turn = 0;
        loop {
            match self.attempt(order, read).await {
                // What was compared is old by then: from the start.
                Err(SwapError::Unwritten(GatewayError::Api(ApiError { trouble: Trouble::TooMany(wait), .. })))
                    if turn < AGAIN =>
                {
                    turn += 1;
                    tokio::time::sleep(wait).await;
                }
                done => return done,
            }
        }
    }

    async fn attempt(&self, order: &Order<'_>, read: Side<'_>) -> Result<Swapped, SwapError> {
        let intent = order.intent();
        let (id, models) = (intent.channel.id, intent.models.as_str());
        crash_point("before-put").await;
        let Some(object) = self.object(id).await.map_err(SwapError::Unwritten)? else { return Err(gone(intent)) };
        let shown = self
            .read(&object)
            .map_err(|unreadable| SwapError::Refused(format!("channel {}: {}", unreadable.channel, unreadable.why)))?;
        let (found, stands) = match read {
            Side::Admin(_) | Side::LiteLlm(_) => (shown.clone(), image(&object)),
            Side::Database(database) => {
                let image = database.image(id).await.map_err(SwapError::Unwritten)?;
                let channel = database.channel(id).await.map_err(SwapError::Unwritten)?;
                let (Some(channel), Some(image)) = (channel, image) else { return Err(gone(intent)) };
                (channel, image)
            }
        };
        unchanged(intent, &found, &stands.abilities)?;
        if shown.created != found.created || image(&object).models != stands.models {
            return Err(SwapError::Refused(format!(
                "channel {}: the admin API shows another list than the database: do api.url and database belong to one \
                 gateway?",
                intent.channel
            )));
        }
        let known = match read {
            Side::Database(_) => Some(&found),
            Side::Admin(_) | Side::LiteLlm(_) => None,
        };
        if let Some(why) = self.harm(&object, &shown, known, models) {
            return Err(SwapError::Refused(format!("channel {}: {why}", intent.channel)));
        }
        let body = self.body(id, &object, models)?;
        // No transaction of ours is around what the admin API writes: the lease is looked at right before.
        if let Side::Database(database) = read {
            database.still_leased().await?;
        }
        order.allowed().await?;
        if matches!(order, Order::Rehearse(_)) {
            let after = Image { models: models.to_owned(), abilities: stands.abilities };
            return Ok(Swapped { after, statements: Statements { all: 1, writes: 0 }, unseen: None });
        }
        crash_point("before-commit").await;
        if let Err(error) = self.client.send("write the channel's list", Method::PUT, "api/channel/", body).await {
            return Err(failed(error));
        }
        crash_point("after-commit").await;
        let after = read.image(id).await?;
        match after {
            Some(after) if after.models == models => {
                Ok(Swapped { after, statements: Statements { all: 3, writes: 1 }, unseen: None })
            }
            Some(after) if after.models == intent.before.models => Err(SwapError::Refused(format!(
                "channel {}: the gateway said that it was done, but the old list stands there",
                intent.channel
            ))),
            Some(_) => Err(SwapError::Conflict(format!(
                "channel {}: after the write somebody else's list stands there, and stays",
                intent.channel
            ))),
            None => Err(gone(intent)),
        }
    }

    /// Makes a hub read its database again, and says if it did not.
    pub async fn reload(&self, id: i64) -> Result<(), GatewayError> {
        let body = json!({ "value": NOBODYS, "ids": [id] }).to_string();
        let doing = "have it read its channels again";
        self.client.send(doing, Method::PUT, "api/channel/batch/del_model", body).await?;
        Ok(())
    }

    /// What is sent. One Hub overwrites every column by what it gets (what is not there becomes nothing); the others leave
    /// what is not there as it is, and current New API refuses a `status`.
    fn body(&self, id: i64, object: &Object, models: &str) -> Result<String, SwapError> {
        if !self.kind.is_hub() {
            return Ok(json!({ "id": id, "models": models }).to_string());
        }
        let unsaid = |error: serde_json::Error| SwapError::Refused(format!("its object cannot be sent: {error}"));
        object.with_models(models).map_err(unsaid)
    }

    /// Why what is to be sent would do harm.
    fn harm(&self, object: &Object, shown: &Channel, known: Option<&Channel>, models: &str) -> Option<String> {
        if self.kind.is_hub() {
            return wiped(object, shown, known);
        }
        let longest = match self.kind {
            // On MySQL; elsewhere more, but that cannot be seen from here.
            GatewayKind::OneApi => 191,
            GatewayKind::NewApi
            | GatewayKind::Veloera
            | GatewayKind::OneHub
            | GatewayKind::DoneHub
            | GatewayKind::LiteLlm => 255,
        };
        if let Some(name) = models.split(',').find(|name| name.len() > longest) {
            return Some(format!("the name {name:?} is longer than the {longest} bytes this gateway stores"));
        }
        // Current New API drops what is there twice. The others fail over it after they have deleted all routing rows.
        if self.form == Form::Items {
            return None;
        }
        let group = shown.group.as_deref().unwrap_or_default();
        let twice = [("name", models), ("group", group)].into_iter().find_map(|(what, list)| {
            let mut seen = HashSet::new();
            let name = list.split(',').find(|name| !seen.insert(name.trim_end().to_lowercase()))?;
            Some(format!("its {what} {name:?} is there twice"))
        });
        twice.map(|what| {
            format!("{what} (or is one with another to MySQL), over which this gateway's own save fails half-way: set that right, or have `database` written")
        })
    }
}

/// Why an object cannot go back whole: its key is not the key.
fn wiped(object: &Object, shown: &Channel, known: Option<&Channel>) -> Option<String> {
    let key = object.plain("key");
    let masked = key.as_deref().is_some_and(|key| key.contains("***"));
    let same = match known {
        Some(known) => key.is_some() && known.keys == shown.keys,
        None => key.as_deref().is_some_and(|key| !key.trim().is_empty()) && !masked,
    };
    (!same).then(|| {
        "the admin API does not show its key, and writing the channel back without it could wipe it: give `database` and \
         `write: \"database\"` as well"
            .to_owned()
    })
}

/// What a failed call says of what was done.
fn failed(error: ApiError) -> SwapError {
    match error.trouble {
        // Turned away at the door.
        Trouble::WrongToken(_)
        | Trouble::WrongKey(_)
        | Trouble::NotAllowed(_)
        | Trouble::TooMany(_)
        | Trouble::NoSuchCall(_) => SwapError::Unwritten(error.into()),
        // The list and the routing rows are not saved in one transaction everywhere: also who says no may have done half.
        Trouble::Silent(_) | Trouble::Refused(_) | Trouble::Odd(_) => SwapError::Database(error.into()),
    }
}
