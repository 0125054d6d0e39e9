//! Prices, as the gateway itself tells them: what is built into it included.
//!
//! Decides: which calls are made, and what is done without those that our user may not make.

use std::collections::HashMap;

use serde_json::Value;

use super::{Admin, ApiError, Trouble};
use crate::gateway::prices::Prices;
use crate::model::GatewayKind;

const DOING: &str = "read its prices";

impl Admin {
    /// What it says of prices. A root user is told all settings; anybody, where the operator lets New API show them, the
    /// two tables of ratios.
    pub(in crate::gateway) async fn prices(&self) -> Result<Prices, ApiError> {
        match self.kind {
            GatewayKind::OneHub | GatewayKind::DoneHub => {
                let body = self.client.get(DOING, "api/prices").await?;
                let rows = body.get("data").and_then(Value::as_array).into_iter().flatten();
                let names = rows.filter_map(|row| row.get("model")?.as_str().map(str::to_owned));
                Ok(Prices::of_hub(names))
            }
            GatewayKind::OneApi | GatewayKind::LiteLlm => Ok(self.options().await?.unwrap_or_else(not_root)),
            GatewayKind::NewApi | GatewayKind::Veloera => match self.options().await? {
                Some(prices) => Ok(prices),
                None => self.shown().await,
            },
        }
    }

    /// All settings; `None` where our user is not root.
    async fn options(&self) -> Result<Option<Prices>, ApiError> {
        let Some(body) = allowed(self.client.get(DOING, "api/option/").await)? else { return Ok(None) };
        let rows = body.get("data").and_then(Value::as_array).into_iter().flatten();
        let text = |row: &Value, key| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let options: HashMap<_, _> = rows.filter_map(|row| Some((text(row, "key")?, text(row, "value")?))).collect();
        Ok(Some(Prices::of_options(self.kind, &options, false)))
    }

    /// What New API shows to everybody.
    async fn shown(&self) -> Result<Prices, ApiError> {
        let status = self.client.get("read its status", "api/status").await?;
        if status.pointer("/data/self_use_mode_enabled").and_then(Value::as_bool) == Some(true) {
            return Ok(Prices::everything());
        }
        let shown = allowed(self.client.get(DOING, "api/ratio_config").await)?;
        Ok(shown.as_ref().and_then(|body| body.get("data")).map_or_else(not_root, Prices::of_ratio_config))
    }
}

fn not_root() -> Prices {
    Prices::unread(
        "our user may not read its prices by the admin API: give a root user's token, or `database`".to_owned(),
    )
}

/// `None` for what this user may not do, or this version does not have.
fn allowed(answer: Result<Value, ApiError>) -> Result<Option<Value>, ApiError> {
    match answer {
        Ok(body) => Ok(Some(body)),
        Err(ApiError { trouble: Trouble::NotAllowed(_) | Trouble::NoSuchCall(_) | Trouble::Refused(_), .. }) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
