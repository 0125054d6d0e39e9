//! The stop button: a row in our store, or a file beside it.

use std::path::PathBuf;

use jiff::Timestamp;
use sqlx::{Row as _, SqliteExecutor};

use super::{Store, StoreError, time};
use crate::model::{Intent, ModelName};

/// What a hold stops. Nothing given: every write everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct HoldScope {
    /// Only this gateway.
    pub gateway: Option<String>,
    /// Only this channel of it, by id.
    pub channel: Option<i64>,
    /// Only this model of that channel.
    pub model: Option<String>,
}

/// A hold in force.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Hold {
    /// Its number.
    pub id: i64,
    /// What it stops.
    pub scope: HoldScope,
    /// Why, in the operator's words or ours.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// Why a write may not happen now.
#[derive(Debug, thiserror::Error)]
pub enum OnHold {
    /// The operator said stop.
    #[error("on hold: {0}; `channelwarden release` lifts it")]
    Held(String),
    /// The hold file is there.
    #[error("on hold: the file {} exists; remove it to go on", .0.display())]
    File(PathBuf),
    /// We cannot tell, so we do not write.
    #[error("cannot tell whether writing is on hold, so nothing is written: {0}")]
    Unknown(#[from] StoreError),
}

/// The licence to write one channel, asked again inside the write itself.
#[derive(Clone, Debug)]
pub struct Permit {
    store: Store,
    gateway: String,
    channel: i64,
    models: Vec<ModelName>,
}

impl Permit {
    /// Whether it is a licence for this intent's channel.
    pub fn covers(&self, intent: &Intent) -> bool {
        (&self.gateway, self.channel) == (&intent.gateway, intent.channel.id)
    }

    /// Whether writing this channel is allowed at this moment.
    pub async fn check(&self) -> Result<(), OnHold> {
        let file = self.store.hold_file();
        match tokio::fs::try_exists(&file).await {
            Ok(false) => {}
            Ok(true) => return Err(OnHold::File(file)),
            Err(error) => return Err(OnHold::Held(format!("cannot look for {}: {error}", file.display()))),
        }
        let holds = self.store.holds().await?;
        let stops = |hold: &&Hold| {
            let HoldScope { gateway, channel, model } = &hold.scope;
            model.as_deref().is_none_or(|model| self.models.iter().any(|named| named.as_str() == model))
                && gateway.as_ref().is_none_or(|name| *name == self.gateway)
                && channel.is_none_or(|id| id == self.channel)
        };
        match holds.iter().find(stops) {
            Some(hold) => Err(OnHold::Held(hold.reason.clone())),
            None => Ok(()),
        }
    }
}

impl Store {
    /// A licence to write this intent, to be checked. An undo may touch models on hold: it is the operator's own word.
    pub fn permit(&self, intent: &Intent) -> Permit {
        let Intent { gateway, channel, removed, added, restored, undoes, .. } = intent;
        let names = removed.iter().map(|removal| &removal.model).chain(added).chain(restored);
        let models = if undoes.is_some() { vec![] } else { names.cloned().collect() };
        Permit { store: self.clone(), gateway: gateway.clone(), channel: channel.id, models }
    }

    /// Puts a hold in force.
    pub async fn hold(&self, scope: &HoldScope, reason: &str, now: Timestamp) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "insert into hold (gateway, channel, model, reason, at_ms) values (?, ?, ?, ?, ?) returning id",
        )
        .bind(&scope.gateway)
        .bind(scope.channel)
        .bind(&scope.model)
        .bind(reason)
        .bind(now.as_millisecond())
        .fetch_one(&self.writer)
        .await?;
        Ok(id)
    }

    /// Lifts the holds of exactly this scope; returns how many. The scope of everything lifts those of everything
    /// only: a hold on one model stays until it is named.
    pub async fn release(&self, scope: &HoldScope) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from hold where gateway is ? and channel is ? and model is ?")
            .bind(&scope.gateway)
            .bind(scope.channel)
            .bind(&scope.model)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected())
    }

    /// Every hold in force, oldest first.
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        read(&self.readers).await
    }

    /// The single models of a channel that are on hold: neither withdrawn nor put back by us.
    pub async fn held_models(&self, gateway: &str, channel: i64) -> Result<Vec<ModelName>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(
            "select model from hold where model is not null and (gateway is null or gateway = ?)
             and (channel is null or channel = ?)",
        )
        .bind(gateway)
        .bind(channel)
        .fetch_all(&self.readers)
        .await?;
        Ok(names.iter().filter_map(|name| ModelName::parse(name)).collect())
    }
}

/// Every hold in force, oldest first.
pub(super) async fn read(db: impl SqliteExecutor<'_>) -> Result<Vec<Hold>, StoreError> {
    let rows = sqlx::query("select * from hold order by id").fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            Ok(Hold {
                id: row.try_get("id")?,
                scope: HoldScope {
                    gateway: row.try_get("gateway")?,
                    channel: row.try_get("channel")?,
                    model: row.try_get("model")?,
                },
                reason: row.try_get("reason")?,
                at: time(row.try_get("at_ms")?),
            })
        })
        .collect()
}
