//! What was written to gateways since a number of the journal.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use crate::model::{ChannelRef, ModelName, Removal};
use crate::store::{StoreError, from_json, time};

/// An applied change that took models off a list or put some on, without its lists and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub gateway: String,
    /// Which channel.
    pub channel: ChannelRef,
    /// When it was written.
    pub at: Timestamp,
    /// The change that it takes back.
    pub undoes: Option<i64>,
    /// The change that took it back.
    pub undone_by: Option<i64>,
    /// Names taken off, and why.
    pub removed: Vec<Removal>,
    /// New names put on.
    pub added: Vec<ModelName>,
    /// Names put back.
    pub restored: Vec<ModelName>,
}

impl News {
    /// How many models it names.
    pub fn models(&self) -> usize {
        self.removed.len() + self.added.len() + self.restored.len()
    }
}

/// A gateway's changes after `noted`, in order, and before the first that is not settled yet: that one may still come to
/// be, and numbers are told in order. No more than name `most` models, but for a single change that does.
pub(super) async fn read(
    db: &mut SqliteConnection,
    gateway: &str,
    noted: i64,
    most: usize,
) -> Result<Vec<News>, StoreError> {
    // `+`: by its number, which few are above, and not by its gateway.
    let rows = sqlx::query(
        "select id, gateway, opened_ms, settled_ms, undoes, undone_by, intent -> '$.channel' channel,
           intent -> '$.removed' removed, intent -> '$.added' added, intent -> '$.restored' restored
         from change where id > ?2 and id <= ?3 and +gateway = ?1 and +state = 'applied'
           and json_array_length(intent, '$.removed') + json_array_length(intent, '$.added')
             + json_array_length(intent, '$.restored') > 0
         order by id limit ?4",
    )
    .bind(gateway)
    .bind(noted)
    .bind(settled_up_to(&mut *db, gateway).await?)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    let (mut news, mut models) = (vec![], 0);
    for row in &rows {
        let one = read_one(row)?;
        models += one.models();
        if models > most && !news.is_empty() {
            break;
        }
        news.push(one);
    }
    Ok(news)
}

/// The number of the latest change of a gateway before the first that is not settled yet; 0: there is none.
pub(super) async fn settled_up_to(db: &mut SqliteConnection, gateway: &str) -> Result<i64, StoreError> {
    let open: Option<i64> = sqlx::query_scalar("select min(id) from change where gateway = ? and state = 'open'")
        .bind(gateway)
        .fetch_one(&mut *db)
        .await?;
    if let Some(open) = open {
        return Ok(open - 1);
    }
    let latest: Option<i64> = sqlx::query_scalar("select max(id) from change").fetch_one(db).await?;
    Ok(latest.unwrap_or_default())
}

fn read_one(row: &SqliteRow) -> Result<News, StoreError> {
    let at = row.try_get::<Option<i64>, _>("settled_ms")?.unwrap_or(row.try_get("opened_ms")?);
    Ok(News {
        id: row.try_get("id")?,
        gateway: row.try_get("gateway")?,
        channel: from_json("intent", row.try_get("channel")?)?,
        at: time(at),
        undoes: row.try_get("undoes")?,
        undone_by: row.try_get("undone_by")?,
        removed: from_json("intent", row.try_get("removed")?)?,
        added: from_json("intent", row.try_get("added")?)?,
        restored: from_json("intent", row.try_get("restored")?)?,
    })
}
