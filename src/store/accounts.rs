//! What is wrong with an account, or with one model of it, and until when it rests. An account is known by a salted
//! hash: nothing here leads back to a key.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, time};
use crate::model::{ModelName, Outcome};

/// Why an account, or one model of it, is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// What it showed: a bad key, no credit, or (busy) a quota of the day that is used up.
    pub outcome: Outcome,
    /// Since when.
    pub since: Timestamp,
    /// Until when nothing is sent.
    pub until: Timestamp,
    /// In the upstream's words, redacted.
    pub detail: String,
}

/// A rest and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestRecord {
    /// The account's salted hash.
    pub account: String,
    /// One model of it; `None`: all of it.
    pub model: Option<ModelName>,
    /// Why and until when.
    pub rest: Rest,
}

impl Store {
    /// Every rest that ended after `since`, or has not yet; older ones are dropped.
    pub async fn rests(&self, since: Timestamp) -> Result<Vec<RestRecord>, StoreError> {
        sqlx::query("delete from account where until_ms < ?")
            .bind(since.as_millisecond())
            .execute(&self.writer)
            .await?;
        let rows = sqlx::query("select account, model, outcome, since_ms, until_ms, detail from account")
            .fetch_all(&self.readers)
            .await?;
        let mut rests = Vec::with_capacity(rows.len());
        for row in rows {
            // An outcome of a newer version is none of ours.
            let Some(outcome) = Outcome::parse(row.try_get("outcome")?) else { continue };
            let rest = Rest {
                outcome,
                since: time(row.try_get("since_ms")?),
                until: time(row.try_get("until_ms")?),
                detail: row.try_get("detail")?,
            };
            let model = ModelName::parse(row.try_get("model")?);
            rests.push(RestRecord { account: row.try_get("account")?, model, rest });
        }
        Ok(rests)
    }

    /// Keeps why an account (or one model of it) rests; `None`: it rests no more.
    pub async fn keep_rest(
        &self,
        account: &str,
        model: Option<&ModelName>,
        rest: Option<&Rest>,
    ) -> Result<(), StoreError> {
        let model = model.map_or("", ModelName::as_str);
        let Some(rest) = rest else {
            let gone = sqlx::query("delete from account where account = ? and model = ?");
            gone.bind(account).bind(model).execute(&self.writer).await?;
            return Ok(());
        };
        sqlx::query(
            "insert into account (account, model, outcome, since_ms, until_ms, detail) values (?, ?, ?, ?, ?, ?)
             on conflict do update set outcome = excluded.outcome, since_ms = excluded.since_ms,
               until_ms = excluded.until_ms, detail = excluded.detail",
        )
        .bind(account)
        .bind(model)
        .bind(rest.outcome.as_str())
        .bind(rest.since.as_millisecond())
        .bind(rest.until.as_millisecond())
        .bind(&rest.detail)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
