//! The side of a gateway that is read: its database where that is given, else its admin API, or `LiteLLM`'s.
//!
//! Decides: nothing; it passes on. Must not know: how any reads.

use super::{Admin, Database, GatewayError, LiteLlm, Pages};
use crate::model::{Channel, Image, ModelName, Route};

/// One of the three.
#[derive(Clone, Copy)]
pub(super) enum Side<'a> {
    Database(&'a Database),
    Admin(&'a Admin),
    LiteLlm(&'a LiteLlm),
}

impl<'a> Side<'a> {
    pub(super) fn pages(self, among: Option<Vec<i64>>) -> Pages<'a> {
        match self {
            Self::Database(database) => Pages::Database(database.pages(among)),
            Self::Admin(admin) => Pages::Admin(admin.pages(among)),
            Self::LiteLlm(litellm) => Pages::LiteLlm(litellm.pages(among)),
        }
    }

    pub(super) async fn channel(self, id: i64) -> Result<Option<Channel>, GatewayError> {
        match self {
            Self::Database(database) => database.channel(id).await,
            Self::Admin(admin) => admin.channel(id).await,
            Self::LiteLlm(litellm) => litellm.channel(id).await,
        }
    }

    pub(super) async fn count(self) -> Result<u64, GatewayError> {
        match self {
            Self::Database(database) => database.count().await,
            Self::Admin(admin) => admin.count().await,
            Self::LiteLlm(litellm) => litellm.count().await,
        }
    }

    pub(super) async fn routes(self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        match self {
            Self::Database(database) => database.routes(models).await,
            Self::Admin(admin) => admin.routes(models).await,
            Self::LiteLlm(litellm) => litellm.routes(models).await,
        }
    }

    pub(super) async fn image(self, id: i64) -> Result<Option<Image>, GatewayError> {
        match self {
            Self::Database(database) => database.image(id).await,
            Self::Admin(admin) => admin.image(id).await,
            Self::LiteLlm(litellm) => litellm.image(id).await,
        }
    }

    pub(super) async fn settled_image(self, id: i64) -> Result<Option<Image>, GatewayError> {
        match self {
            Self::Database(database) => database.settled_image(id).await,
            Self::Admin(admin) => admin.settled_image(id).await,
            Self::LiteLlm(litellm) => litellm.settled_image(id).await,
        }
    }
}
