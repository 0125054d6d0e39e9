//! What the programs tell of their settings and prices.

use serde_json::{Map, Value, json};

use super::door::{Answer, no, says};
use super::{Program, Shared};

impl Shared {
    /// Every setting as the process has it, what is built in included; for root alone.
    pub(super) async fn options(&self, root: bool) -> Answer {
        if !root {
            return no("无权进行此操作，权限不足");
        }
        let key = self.db.engine.quote("key");
        let rows = self.db.rows(&format!("SELECT {key}, value FROM options")).await;
        let mut options: Map<String, Value> =
            rows.into_iter().map(|row| (row[0].clone().unwrap(), json!(row[1]))).collect();
        let built_in = json!(self.built_in().await).to_string();
        options.entry("ModelRatio").or_insert(json!(built_in));
        if self.program != Program::OneApi {
            options.entry("ModelPrice").or_insert(json!("{}"));
        }
        let data: Vec<_> = options.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        says(200, &json!({ "success": true, "message": "", "data": data }))
    }

    /// New API's ratios, where they are shown to everybody.
    pub(super) async fn ratio_config(&self) -> Answer {
        if self.option("ExposeRatioEnabled").await.as_deref() != Some("true") {
            return says(403, &json!({ "success": false, "message": "倍率配置接口未启用" }));
        }
        let data = json!({ "model_ratio": self.built_in().await, "model_price": {}, "completion_ratio": {} });
        says(200, &json!({ "success": true, "message": "", "data": data }))
    }

    /// One Hub's prices.
    pub(super) async fn hub_prices(&self) -> Answer {
        let rows = self.db.rows("SELECT model FROM prices").await;
        if rows.is_empty() {
            return no("pricing data not found");
        }
        let data: Vec<_> = rows.iter().map(|row| json!({ "model": row[0], "type": "tokens", "input": 1 })).collect();
        says(200, &json!({ "success": true, "message": "", "data": data }))
    }

    /// The names of some models that are built in.
    async fn built_in(&self) -> Map<String, Value> {
        let prices = self.prices().await;
        let names = ["gpt-4o", "comes"].into_iter().filter(|name| prices.has(name));
        names.map(|name| (name.to_owned(), json!(1))).collect()
    }
}
