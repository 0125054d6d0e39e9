//! The deployments of each `LiteLLM`, and how each is.

use sqlx::{Row as _, SqliteConnection};

use crate::model::{Deployment, DeploymentSeen, Health};
use crate::store::{Store, StoreError, from_json, to_json};

/// Where a deployment belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// The gateway's name.
    pub gateway: String,
    /// Its id.
    pub id: String,
    /// The channel that it belongs to.
    pub channel: i64,
    /// The public name. Foreign text.
    pub name: String,
    /// Provider and upstream model. Foreign text.
    pub upstream: String,
}

impl Store {
    /// Keeps a gateway's deployments, each with its channel: all there are. What is known of the health of those that
    /// stay is kept.
    pub async fn keep_deployments(&self, gateway: &str, deployments: &[(i64, Deployment)]) -> Result<(), StoreError> {
        let ids: Vec<&str> = deployments.iter().map(|(_, deployment)| deployment.id.as_str()).collect();
        let mut tx = self.writer.begin_with("begin immediate").await?;
        sqlx::query("delete from deployment where gateway = ? and id not in (select value from json_each(?))")
            .bind(gateway)
            .bind(to_json("deployments", &ids)?)
            .execute(&mut *tx)
            .await?;
        for (channel, deployment) in deployments {
            sqlx::query(
                "insert into deployment (gateway, id, channel, body) values (?, ?, ?, ?)
                 on conflict do update set channel = excluded.channel, body = excluded.body
                 where channel <> excluded.channel or body <> excluded.body",
            )
            .bind(gateway)
            .bind(&deployment.id)
            .bind(channel)
            .bind(to_json("deployment", deployment)?)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Keeps how these deployments are, by their ids; of one that is not there nothing is kept.
    pub async fn keep_health(&self, gateway: &str, found: &[(String, Health)]) -> Result<(), StoreError> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        for (id, health) in found {
            sqlx::query("update deployment set health = ? where gateway = ? and id = ?")
                .bind(to_json("health", health)?)
                .bind(gateway)
                .bind(id)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Every deployment of this gateway (`None`: of all), by gateway, name and id.
    pub async fn deployments(&self, gateway: Option<&str>) -> Result<Vec<DeploymentSeen>, StoreError> {
        let rows = sqlx::query(
            "select * from deployment where gateway = coalesce(?, gateway) order by gateway, body ->> '$.name', id",
        )
        .bind(gateway)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let health: &str = row.try_get("health")?;
                let health = Some(health).filter(|text| !text.is_empty());
                Ok(DeploymentSeen {
                    gateway: row.try_get("gateway")?,
                    channel: row.try_get("channel")?,
                    deployment: from_json("deployment", row.try_get("body")?)?,
                    health: health.map(|text| from_json("health", text)).transpose()?,
                })
            })
            .collect()
    }
}

/// Where every deployment belongs.
pub(in crate::store) async fn deployed(db: &mut SqliteConnection) -> Result<Vec<Deployed>, StoreError> {
    let rows = sqlx::query(
        "select gateway, id, channel, body ->> '$.name' name, body ->> '$.upstream' upstream from deployment
         order by gateway, id",
    )
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Deployed {
                gateway: row.try_get("gateway")?,
                id: row.try_get("id")?,
                channel: row.try_get("channel")?,
                name: row.try_get("name")?,
                upstream: row.try_get("upstream")?,
            })
        })
        .collect()
}
