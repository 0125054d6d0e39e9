//! What was last read of something outside, kept whole under a name.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, StoreError, to_json};

impl Store {
    /// Keeps a value under a name, in place of what was there.
    pub async fn keep_snapshot<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        sqlx::query(
            "insert into meta (key, value) values ('snapshot.' || ?, ?)
             on conflict do update set value = excluded.value",
        )
        .bind(name)
        .bind(to_json(name, value)?)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// What is kept under a name. It can be read again where it came from, so one that another version wrote in
    /// another form counts as none.
    pub async fn snapshot<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = sqlx::query_scalar("select value from meta where key = 'snapshot.' || ?")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}
