//! What probing used up, by UTC day and scope. Only ever added to by statements that look again, so that processes
//! sharing a store keep one account.

use jiff::civil::Date;
use sqlx::Row as _;

use super::{Store, StoreError};
use crate::budget::Spent;

/// One request to be counted before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation<'a> {
    /// What it is counted for.
    pub scope: &'a str,
    /// The tokens it may use up, where they are limited; else 0.
    pub tokens: u64,
    /// The most requests by now, this one included.
    pub requests_by: Option<u64>,
    /// The most tokens by now, this one's included.
    pub tokens_by: Option<u64>,
}

/// What is added to a scope's account; tokens that were reserved in vain are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expense {
    /// Requests.
    pub requests: i64,
    /// Tokens.
    pub tokens: i64,
    /// Millionths of a US dollar.
    pub cost: i64,
}

impl Expense {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            tokens: self.tokens.saturating_add(other.tokens),
            cost: self.cost.saturating_add(other.cost),
        }
    }
}

impl Store {
    /// Counts one request for all of these scopes, or for none: then which one's limit it would exceed, and what was
    /// spent there.
    pub async fn reserve(
        &self,
        day: Date,
        reservations: &[Reservation<'_>],
    ) -> Result<Result<(), (usize, Spent)>, StoreError> {
        let day = day.to_string();
        let mut tx = self.writer.begin_with("begin immediate").await?;
        for (place, reservation) in reservations.iter().enumerate() {
            let most = |by: Option<u64>| by.map_or(i64::MAX, signed);
            sqlx::query(
                "insert into spent (day, scope, requests, tokens, cost) values (?, ?, 0, 0, 0) on conflict do nothing",
            )
            .bind(&day)
            .bind(reservation.scope)
            .execute(&mut *tx)
            .await?;
            let counted = sqlx::query(
                "update spent set requests = requests + 1, tokens = tokens + ?
                 where day = ? and scope = ? and requests < ? and tokens <= ? - ?",
            )
            .bind(signed(reservation.tokens))
            .bind(&day)
            .bind(reservation.scope)
            .bind(most(reservation.requests_by))
            .bind(most(reservation.tokens_by))
            .bind(signed(reservation.tokens))
            .execute(&mut *tx)
            .await?;
            if counted.rows_affected() == 0 {
                tx.rollback().await?;
                return Ok(Err((place, self.spent(&day, reservation.scope).await?)));
            }
        }
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Adds what was used up on a day in each scope.
    pub async fn spend(&self, expenses: &[(Date, &str, Expense)]) -> Result<(), StoreError> {
        let mut tx = self.writer.begin().await?;
        for (day, scope, expense) in expenses {
            sqlx::query(
                "insert into spent (day, scope, requests, tokens, cost) values (?1, ?2, max(0, ?3), max(0, ?4), max(0, ?5))
                 on conflict do update set requests = max(0, requests + ?3), tokens = max(0, tokens + ?4),
                   cost = max(0, cost + ?5)",
            )
            .bind(day.to_string())
            .bind(scope)
            .bind(expense.requests)
            .bind(expense.tokens)
            .bind(expense.cost)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What was used up on a day, by scope: the empty one is everything together.
    pub async fn spent_on(&self, day: Date) -> Result<Vec<(String, Spent)>, StoreError> {
        let rows = sqlx::query("select scope, requests, tokens, cost from spent where day = ? order by scope")
            .bind(day.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("scope")?, spent(row)?))).collect()
    }

    /// What was used up in all on each of the latest days on which anything was, the newest first.
    pub async fn spent_daily(&self, days: u32) -> Result<Vec<(String, Spent)>, StoreError> {
        let rows =
            sqlx::query("select day, requests, tokens, cost from spent where scope = '' order by day desc limit ?")
                .bind(days)
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(|row| Ok((row.try_get("day")?, spent(row)?))).collect()
    }

    /// What was used up on a day in one scope.
    pub async fn spent_in(&self, day: Date, scope: &str) -> Result<Spent, StoreError> {
        self.spent(&day.to_string(), scope).await
    }

    async fn spent(&self, day: &str, scope: &str) -> Result<Spent, StoreError> {
        let row = sqlx::query("select requests, tokens, cost from spent where day = ? and scope = ?")
            .bind(day)
            .bind(scope)
            .fetch_optional(&self.readers)
            .await?;
        row.map_or(Ok(Spent::default()), |row| Ok(spent(&row)?))
    }
}

/// A row of the table.
pub(super) fn spent(row: &sqlx::sqlite::SqliteRow) -> Result<Spent, sqlx::Error> {
    let count = |column| row.try_get::<i64, _>(column).map(|count| u64::try_from(count).unwrap_or(0));
    Ok(Spent { requests: count("requests")?, tokens: count("tokens")?, cost: count("cost")? })
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
