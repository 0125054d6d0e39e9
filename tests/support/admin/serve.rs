//! What the gateway's users see: from the tables, or from what One Hub's process has in memory.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::door::{Answer, says};
use super::{Program, Shared};
use crate::databases::Lit;

/// One Hub's channels as loaded: number, groups and models of the enabled ones.
#[derive(Default)]
pub(super) struct Live(pub(super) Vec<(i64, Vec<String>, Vec<String>)>);

impl Shared {
    /// One Hub's load of its channels: at the start, and after the calls that do it. Others have nothing to load.
    pub(super) async fn load(&self) {
        if !self.program.is_hub() {
            return;
        }
        let group = self.db.engine.quote("group");
        let sql = format!(
            "SELECT {}, {group}, models FROM channels WHERE {} AND status = 1 ORDER BY id",
            self.db.engine.text("id"),
            self.alive()
        );
        let names = |text: &Option<String>| -> Vec<String> {
            let names = text.as_deref().unwrap_or_default().split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let rows = self.db.rows(&sql).await;
        let channels = rows.iter().map(|row| {
            let id = row[0].as_deref().unwrap().parse().unwrap();
            (id, names(&row[1]), names(&row[2]))
        });
        *self.live.lock().unwrap() = Live(channels.collect());
    }

    /// The names that a user of group `default` is offered, sorted.
    pub(super) async fn offered(&self) -> Vec<String> {
        if self.program.is_hub() {
            let live = self.live.lock().unwrap();
            let in_group = live.0.iter().filter(|(_, groups, _)| groups.iter().any(|group| group == "default"));
            let names: BTreeSet<_> = in_group.flat_map(|(.., models)| models.clone()).collect();
            return names.into_iter().collect();
        }
        let (group, enabled) = (self.db.engine.quote("group"), Lit::Bool(true).sql(self.db.engine));
        let sql = format!("SELECT DISTINCT model FROM abilities WHERE {group} = 'default' AND enabled = {enabled}");
        let mut names: Vec<_> = self.db.rows(&sql).await.into_iter().flatten().flatten().collect();
        if self.program == Program::NewApi {
            let prices = self.prices().await;
            names.retain(|name| prices.has(name));
        }
        names.sort();
        names
    }

    pub(super) async fn models(&self) -> Answer {
        let model =
            |name: String| json!({ "id": name, "object": "model", "created": 1_626_777_600, "owned_by": "custom" });
        let data: Vec<_> = self.offered().await.into_iter().map(model).collect();
        says(200, &json!({ "object": "list", "success": true, "data": data }))
    }

    /// Public: which version it is, and some settings.
    pub(super) async fn status(&self) -> Answer {
        let mut data = Map::new();
        let version = match self.program {
            Program::OneApi => "v0.6.10",
            Program::NewApiOld => "v0.6.6",
            Program::NewApi => "v1.0.0-rc.21",
            Program::Veloera => "v0.3.7",
            Program::OneHub => "v0.14.27",
            Program::DoneHub => "v1.4.2",
        };
        data.insert("version".to_owned(), json!(version));
        data.insert("quota_per_unit".to_owned(), json!(500_000));
        match self.program {
            Program::NewApi | Program::NewApiOld | Program::Veloera => {
                let own = self.option("SelfUseModeEnabled").await.as_deref() == Some("true");
                data.insert("self_use_mode_enabled".to_owned(), json!(own));
                data.insert("setup".to_owned(), json!(true));
            }
            Program::OneApi | Program::OneHub | Program::DoneHub => {}
        }
        says(200, &json!({ "success": true, "message": "", "data": data }))
    }

    /// A setting as stored.
    pub(super) async fn option(&self, key: &str) -> Option<String> {
        let (column, key) = (self.db.engine.quote("key"), Lit::text(key).sql(self.db.engine));
        let rows = self.db.rows(&format!("SELECT value FROM options WHERE {column} = {key}")).await;
        rows.into_iter().flatten().flatten().next()
    }

    /// New API's prices as they stand: a stored table takes the built-in one's place.
    pub(super) async fn prices(&self) -> Prices {
        let mut tables = vec![];
        for key in ["ModelPrice", "ModelRatio", "billing_setting.billing_mode", "billing_setting.billing_expr"] {
            let stored = self.option(key).await;
            tables.push(stored.and_then(|text| serde_json::from_str(&text).ok()));
        }
        let own = self.option("SelfUseModeEnabled").await.as_deref() == Some("true");
        Prices { tables, own, unpriced: self.knobs().unpriced.clone() }
    }
}

pub(super) struct Prices {
    /// By call, by ratio, tiered by mode and expression.
    tables: Vec<Option<Map<String, Value>>>,
    own: bool,
    unpriced: BTreeSet<String>,
}

impl Prices {
    /// Whether the program would serve this name.
    pub(super) fn has(&self, model: &str) -> bool {
        let in_table = |at: usize| self.tables[at].as_ref().and_then(|table| table.get(model));
        let tiered = in_table(2).is_some_and(|mode| mode == "tiered_expr") && in_table(3).is_some();
        // The built-in ratios are there until a table is stored.
        let built_in = self.tables[1].is_none() && !self.unpriced.contains(model);
        self.own || in_table(0).is_some() || in_table(1).is_some() || tiered || built_in
    }
}
