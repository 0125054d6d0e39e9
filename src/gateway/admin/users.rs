//! What the gateway's users see.

use std::collections::HashSet;

use serde_json::Value;

use super::Admin;

impl Admin {
    /// The models that the user of `api.user_key` may use, by the gateway's own list; `None` where no such key is given.
    ///
    /// # Errors
    /// Why they could not be read, for people.
    pub(in crate::gateway) async fn models_of_user(&self) -> Option<Result<HashSet<String>, String>> {
        let answer = self.client.get_as_user("look at its models as a user", "v1/models").await?;
        Some(match answer {
            Ok(body) => match body.get("data").and_then(Value::as_array) {
                Some(rows) => Ok(rows.iter().filter_map(|row| row.get("id")?.as_str()).map(str::to_owned).collect()),
                None => Err("there is no list in its answer; is api.url the gateway's own address?".to_owned()),
            },
            // The remedies of other calls are about the admin's token.
            Err(error) => Err(format!("{}; is api.user_key a key of one of its users?", error.trouble)),
        })
    }

    /// Whether a user's key is given.
    pub(in crate::gateway) fn sees_as_user(&self) -> bool {
        self.client.has_user()
    }
}
