//! Channels, some at a time: memory does not grow with their number, and one that cannot be read hides no other.

use super::sql::Value;
use super::{Database, GatewayError, Read, columns};

/// Channels in one statement.
const PAGE: u16 = 100;

/// A way through a database's channels in the order of their ids.
#[derive(Debug)]
pub struct Pages<'a> {
    database: &'a Database,
    after: i64,
    /// Still to be asked for, highest first; `None` for all channels.
    among: Option<Vec<i64>>,
}

impl Database {
    /// All channels, or those `among` them that are there.
    pub fn pages(&self, among: Option<Vec<i64>>) -> Pages<'_> {
        let among = among.map(|mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.reverse();
            ids
        });
        Pages { database: self, after: i64::MIN, among }
    }

    async fn page(&self, sql: &str, values: &[Value]) -> Result<Vec<Read>, GatewayError> {
        let doing = "read its channels";
        let rows = self.pool.rows(doing, sql, values).await?;
        let read = |row| match columns::read(row, self.schema.kind, &self.salt) {
            Ok(row) => Ok(Ok(row.channel)),
            Err(error) => columns::unreadable(row, &error).map(Err),
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| self.pool.error(doing, &error))
    }
}

impl Pages<'_> {
    /// The next channels; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Read>, GatewayError> {
        let select = columns::select(&self.database.schema);
        let Some(ids) = &mut self.among else {
            let sql = format!("{select} id > ? ORDER BY id LIMIT ?");
            let page = self.database.page(&sql, &[self.after.into(), i64::from(PAGE).into()]).await?;
            if let Some(last) = page.last() {
                self.after = last.as_ref().map_or_else(|unreadable| unreadable.channel.id, |channel| channel.id);
            }
            return Ok(page);
        };
        while !ids.is_empty() {
            let some = ids.split_off(ids.len().saturating_sub(usize::from(PAGE)));
            let sql = format!("{select} id IN ({}) ORDER BY id", vec!["?"; some.len()].join(","));
            let values: Vec<_> = some.into_iter().map(Value::from).collect();
            let page = self.database.page(&sql, &values).await?;
            // None of these may be there any more.
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(vec![])
    }
}
