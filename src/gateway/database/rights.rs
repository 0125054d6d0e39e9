//! Whether we may write: found out when a database is opened, and told as what to grant.
//!
//! Must not know: what will be written.

use super::sql::Pool;
use super::{AbilityShape, Engine, GatewayError};

const DOING: &str = "look at our rights";

/// Whether we may write, as far as one can tell without writing; or why not, and what to do about it. `shape`: of the
/// routing rows; One Hub has none.
pub(super) async fn may_write(pool: &Pool, shape: Option<AbilityShape>) -> Result<Result<(), String>, GatewayError> {
    let obstacle = match pool.engine() {
        Engine::MySql => {
            "SELECT CONCAT('table ', table_name, ' is kept by ', engine,
               ', which has no transactions: convert it to InnoDB (ALTER TABLE ', table_name, ' ENGINE=InnoDB)')
             FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name IN ('channels', 'abilities') AND engine <> 'InnoDB'"
        }
        Engine::Postgres => {
            "SELECT 'this server takes no writes (a standby, or default_transaction_read_only): use the primary''s address'
             WHERE current_setting('transaction_read_only') = 'on'"
        }
        Engine::Sqlite => return file(pool).await,
    };
    let rows = pool.rows(DOING, obstacle, &[]).await?;
    if let Some(row) = rows.first() {
        let why = row.text(0).map_err(|error| pool.error(DOING, &error))?;
        return Ok(Err(why.unwrap_or_default()));
    }
    grants(pool, shape).await
}

/// In a file that may only be read every transaction begins; but a statement that writes is refused there, even one that
/// finds no row. The lock is given back at once.
async fn file(pool: &Pool) -> Result<Result<(), String>, GatewayError> {
    let asked = async {
        let mut tx = pool.begin().await?;
        let asked = tx.rows(DOING, "UPDATE channels SET models = models WHERE 1 = 0", &[]).await;
        tx.rollback().await?;
        asked.map(drop)
    };
    match asked.await {
        // Where somebody is writing it can be written.
        Ok(()) | Err(GatewayError::Locked { .. }) => Ok(Ok(())),
        Err(GatewayError::Forbidden { why, .. }) => {
            Ok(Err(format!("the file cannot be written ({why}): check its owner and mode")))
        }
        Err(error) => Err(error),
    }
}

/// Asks for every right that a swap takes.
async fn grants(pool: &Pool, shape: Option<AbilityShape>) -> Result<Result<(), String>, GatewayError> {
    let (mut lacking, mut words) = (vec![], None);
    for (right, sql) in needed(pool.engine(), shape) {
        if let Some(why) = refused(pool, &sql).await? {
            lacking.push(right);
            words.get_or_insert(why);
        }
    }
    if lacking.is_empty() {
        // MySQL locks for those only who may change more than a column.
        let lock = format!("EXPLAIN SELECT id FROM channels WHERE id = 0{}", pool.engine().lock());
        words = refused(pool, &lock).await?;
        lacking.push("UPDATE ON channels");
    }
    Ok(match words {
        None => Ok(()),
        Some(words) => Err(format!("our user may not write here ({words}): GRANT it {}", lacking.join(", "))),
    })
}

/// Lets the server itself say whether it would refuse a statement, roles and columns considered: EXPLAIN takes the rights
/// of what it explains, and does nothing.
async fn refused(pool: &Pool, sql: &str) -> Result<Option<String>, GatewayError> {
    match pool.rows(DOING, sql, &[]).await {
        // A server that cannot explain it says nothing about rights.
        Ok(_) | Err(GatewayError::Failed { .. }) => Ok(None),
        Err(GatewayError::Forbidden { why, .. }) => Ok(Some(why)),
        Err(error) => Err(error),
    }
}

/// The rights that a swap takes, as GRANT calls them, and a statement that takes each.
fn needed(engine: Engine, shape: Option<AbilityShape>) -> Vec<(&'static str, String)> {
    let models = "EXPLAIN UPDATE channels SET models = models WHERE id = 0".to_owned();
    let mut needed = vec![("UPDATE (models) ON channels", models)];
    let Some(shape) = shape else { return needed };
    let group = engine.quote("group");
    let optional = [shape.weight.then_some("weight"), shape.tag.then_some("tag")];
    let values: Vec<_> = ["enabled", "priority"].into_iter().chain(optional.into_iter().flatten()).collect();
    // The no-op on conflict changes `model`, to MySQL.
    let level: Vec<_> = ["model"].iter().chain(&values).map(|column| format!("{column} = {column}")).collect();
    let insert = format!(
        "EXPLAIN INSERT INTO abilities ({group}, model, channel_id, {}) VALUES ('', '', 0, {})",
        values.join(", "),
        vec!["NULL"; values.len()].join(", ")
    );
    needed.extend([
        ("INSERT ON abilities", insert),
        ("UPDATE ON abilities", format!("EXPLAIN UPDATE abilities SET {} WHERE channel_id = 0", level.join(", "))),
        ("DELETE ON abilities", "EXPLAIN DELETE FROM abilities WHERE channel_id = 0".to_owned()),
    ]);
    needed
}
