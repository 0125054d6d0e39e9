//! The lease: a table of one row in the gateway's database, by which instances with stores of their own agree on who looks
//! after it. Only the database's clock counts: ours may be wrong.
//!
//! Decides: who has it, and that whoever lost it commits nothing. Must not know: what is written under it.

use std::time::Duration;

use super::inspect::columns;
use super::sql::{Row, Tx, Value};
use super::{Database, Engine, GatewayError};
use crate::gateway::SwapError;

const DOING: &str = "keep the lease";
const TABLE: &str = "channelwarden_lease";

/// Who looks after the gateway, as far as we asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lease {
    /// Nobody keeps a lease here.
    #[default]
    Unasked,
    /// We do, since this epoch: it grows with each new holder, and never comes again.
    Ours(i64),
    /// Another instance does.
    Theirs(String),
    /// It cannot be kept, and what to do about it.
    Impossible(String),
}

/// The row.
struct Kept {
    holder: String,
    epoch: i64,
    until: i64,
    now: i64,
}

impl Database {
    /// Takes the lease for so long, or longer where it is ours already. `holder` is the same for all processes of one
    /// instance.
    pub async fn with_lease(self, holder: &str, term: Duration) -> Result<Self, GatewayError> {
        let taken = match self.take(holder, term).await {
            // Of two who make the row at once, one is refused: it is there now.
            Err(GatewayError::Failed { .. } | GatewayError::Locked { retry: true, .. }) => {
                self.take(holder, term).await
            }
            done => done,
        };
        let lease = match taken {
            Ok(lease) => lease,
            Err(GatewayError::Forbidden { why, .. }) => Lease::Impossible(format!(
                "no lease can be kept in the gateway's database ({why}): grant our user CREATE, or make the table and grant \
                 SELECT, INSERT and UPDATE on it: {}",
                create(self.schema.engine)
            )),
            Err(error) => return Err(error),
        };
        Ok(Self { lease, ..self })
    }

    /// Who looks after the gateway.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Gives the lease back, if it is ours.
    pub async fn release_lease(&self) -> Result<(), GatewayError> {
        let Lease::Ours(epoch) = self.lease else { return Ok(()) };
        let mut tx = self.pool.begin().await?;
        let sql = format!("UPDATE {TABLE} SET until_ms = 0 WHERE id = 1 AND epoch = ?");
        tx.write(DOING, &sql, &[epoch.into()]).await?;
        tx.commit().await
    }

    /// Whether the lease lets us write at all.
    pub(super) fn leased(&self) -> Result<(), String> {
        match &self.lease {
            Lease::Unasked | Lease::Ours(_) => Ok(()),
            Lease::Theirs(why) | Lease::Impossible(why) => Err(why.clone()),
        }
    }

    /// Whether the lease is still ours at this moment, where one is kept.
    pub(in crate::gateway) async fn still_leased(&self) -> Result<(), SwapError> {
        self.leased().map_err(SwapError::Refused)?;
        if let Lease::Ours(_) = self.lease {
            let mut tx = self.pool.begin().await?;
            self.fence(&mut tx).await?;
            tx.rollback().await?;
        }
        Ok(())
    }

    /// Locks the lease until the transaction ends, and sees that it is still ours: nobody can take it over before the
    /// commit, and whoever did before has us write nothing.
    pub(super) async fn fence(&self, tx: &mut Tx) -> Result<(), SwapError> {
        let Lease::Ours(epoch) = self.lease else { return Ok(()) };
        match self.kept(tx).await? {
            Some(kept) if kept.epoch == epoch => Ok(()),
            Some(Kept { holder, .. }) => Err(SwapError::Conflict(format!("another instance took over: {holder}"))),
            None => Err(SwapError::Conflict("the lease is gone from the gateway's database".to_owned())),
        }
    }

    async fn take(&self, holder: &str, term: Duration) -> Result<Lease, GatewayError> {
        if columns(&self.pool, TABLE).await?.is_empty() {
            self.create().await?;
        }
        let term = i64::try_from(term.as_millis()).unwrap_or(i64::MAX / 2);
        let mut tx = self.pool.begin().await?;
        let (sql, epoch, now) = match self.kept(&mut tx).await? {
            Some(kept) if kept.holder != holder && kept.until > kept.now => {
                tx.rollback().await?;
                let left = Duration::from_secs(u64::try_from((kept.until - kept.now) / 1000 + 1).unwrap_or_default());
                let left = humantime::format_duration(left);
                return Ok(Lease::Theirs(format!("another instance looks after it for {left} yet: {}", kept.holder)));
            }
            Some(kept) => {
                let epoch = if kept.holder == holder { kept.epoch } else { kept.epoch.saturating_add(1) };
                ("UPDATE channelwarden_lease SET holder = ?, epoch = ?, until_ms = ? WHERE id = 1", epoch, kept.now)
            }
            None => {
                let now = tx.rows(DOING, &format!("SELECT {}", now(self.schema.engine)), &[]).await?;
                let now =
                    now.first().map_or(Ok(None), |row| row.int(0)).map_err(|error| self.pool.error(DOING, &error))?;
                let sql = "INSERT INTO channelwarden_lease (holder, epoch, until_ms, id) VALUES (?, ?, ?, 1)";
                (sql, 1, now.unwrap_or_default())
            }
        };
        let values = [Value::from(holder), epoch.into(), now.saturating_add(term).into()];
        tx.write(DOING, sql, &values).await?;
        tx.commit().await?;
        Ok(Lease::Ours(epoch))
    }

    /// The row, locked until the transaction ends.
    async fn kept(&self, tx: &mut Tx) -> Result<Option<Kept>, GatewayError> {
        let engine = self.schema.engine;
        let sql = format!(
            "SELECT {}, {}, {}, {} FROM {TABLE} WHERE id = 1{}",
            engine.text("holder"),
            engine.int("epoch"),
            engine.int("until_ms"),
            now(engine),
            engine.lock()
        );
        let rows = tx.rows(DOING, &sql, &[]).await?;
        let read = |row: &Row| -> Result<_, sqlx::Error> {
            let int = |i| row.int(i).map(Option::unwrap_or_default);
            Ok(Kept { holder: row.text(0)?.unwrap_or_default(), epoch: int(1)?, until: int(2)?, now: int(3)? })
        };
        rows.first().map(read).transpose().map_err(|error| self.pool.error(DOING, &error))
    }

    /// Makes the table. Another instance may do the same at this moment.
    async fn create(&self) -> Result<(), GatewayError> {
        let mut tx = self.pool.begin().await?;
        let made = tx.write(DOING, &create(self.schema.engine), &[]).await;
        match made {
            Ok(()) => tx.commit().await,
            Err(error) => {
                let _ = tx.rollback().await;
                if columns(&self.pool, TABLE).await?.is_empty() { Err(error) } else { Ok(()) }
            }
        }
    }
}

fn create(engine: Engine) -> String {
    let kept_by = match engine {
        Engine::MySql => " ENGINE=InnoDB",
        Engine::Postgres | Engine::Sqlite => "",
    };
    format!(
        "CREATE TABLE {TABLE} (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(191) NOT NULL, epoch BIGINT NOT NULL, \
         until_ms BIGINT NOT NULL){kept_by}"
    )
}

/// Unix milliseconds by the database's clock, whatever its time zone.
fn now(engine: Engine) -> String {
    engine.int(match engine {
        Engine::MySql => "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000",
        Engine::Postgres => "EXTRACT(EPOCH FROM clock_timestamp()) * 1000",
        Engine::Sqlite => "(julianday('now') - 2440587.5) * 86400000",
    })
}
