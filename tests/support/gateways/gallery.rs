//! One channel of every sort that is found in the field, by name.

use std::collections::BTreeMap;

use super::{ChannelRow, Schema};
use crate::databases::{Db, Engine, Lit};

/// What New API keeps of three keys of which the second is switched off.
pub(crate) const SECOND_KEY_OFF: &str = r#"{"is_multi_key":true,"multi_key_size":3,"multi_key_status_list":{"1":3},"multi_key_disabled_reason":{"1":"invalid"},"multi_key_disabled_time":{"1":1700000500},"multi_key_polling_index":2,"multi_key_mode":"polling"}"#;
const TWO_KEYS: &str = r#"{"is_multi_key":true,"multi_key_size":2,"multi_key_status_list":null,"multi_key_polling_index":0,"multi_key_mode":"random"}"#;
const ONE_KEY: &str = r#"{"is_multi_key":false,"multi_key_size":0,"multi_key_status_list":null,"multi_key_polling_index":0,"multi_key_mode":""}"#;

/// A channel as this program writes a plain one.
fn plain(schema: Schema) -> ChannelRow {
    if schema.is_hub() { ChannelRow::hub("a,b,c") } else { ChannelRow::default() }
}

fn rows(schema: Schema) -> Vec<(&'static str, ChannelRow)> {
    let base = || plain(schema);
    let models = |models: &str| ChannelRow { models: Some(models.to_owned()), ..base() };
    let at = |type_number, url: Option<&str>| ChannelRow { type_number, base_url: url.map(str::to_owned), ..base() };
    let mapped = |list: &str, mapping: &str| ChannelRow { model_mapping: Some(mapping.to_owned()), ..models(list) };
    let mut rows = vec![
        ("plain", base()),
        ("a name twice", models("a,b,a")),
        ("comma at the end", models("a,b,")),
        ("space after a comma", models("a, b")),
        ("two groups", base().group("default,vip")),
        ("switched off", ChannelRow { status: Some(2), ..base() }),
        ("switched off by itself", ChannelRow { status: Some(3), ..base() }),
        ("alias", mapped("fast,b", r#"{"fast":"gpt-4o-mini"}"#)),
        ("chain", mapped("x,y,z", r#"{"x":"y","y":"z"}"#)),
        ("address with a slash", at(1, Some("https://up.example/"))),
        ("address NULL", at(1, None)),
        ("whole address", at(8, Some("https://up.example/v1/chat/completions"))),
        ("unknown type", at(999, Some("https://up.example"))),
    ];
    match schema {
        Schema::OneHub | Schema::DoneHub => {
            let tagged = || ChannelRow { tag: Some("pair".to_owned()), ..base() };
            rows.extend([
                ("wildcard", models("gpt-4*,a")),
                ("tag 1", tagged()),
                ("tag 2", tagged()),
                ("deleted", base().with("deleted_at", Lit::text("2026-01-01 00:00:00"))),
            ]);
        }
        Schema::OneApi | Schema::NewApiOld | Schema::NewApi | Schema::NewApiOverOneApi | Schema::Veloera => {
            rows.extend([
                ("NULL", ChannelRow { priority: None, weight: None, ..base() }),
                ("drifted", base().group("default,vip")),
                ("groups but for case", base().group("OPS,Ops")),
            ]);
        }
    }
    if matches!(schema, Schema::NewApi | Schema::NewApiOverOneApi) {
        let keys = |key: &str, info: &str| {
            ChannelRow { key: key.to_owned(), ..base() }.with("channel_info", Lit::Json(info.to_owned()))
        };
        rows.extend([
            ("one key", keys("sk-1", ONE_KEY)),
            ("three keys", keys("sk-1\nsk-2\nsk-3", SECOND_KEY_OFF)),
            ("keys in an array", keys(r#"["sk-1","sk-2"]"#, TWO_KEYS)),
            ("plan", at(26, Some("glm-coding-plan"))),
        ]);
    }
    rows
}

impl Db {
    /// Fills a gateway's empty tables with one channel of every sort. Numbers by name.
    pub(crate) async fn gallery(&self, schema: Schema) -> BTreeMap<&'static str, i64> {
        let mut ids = BTreeMap::new();
        for (name, row) in rows(schema) {
            let row = ChannelRow { name: Some(name.to_owned()), ..row };
            ids.insert(name, self.channel(row).await);
        }
        if let Some(id) = ids.get("drifted") {
            let group = self.engine.quote("group");
            let off = Lit::Bool(false).sql(self.engine);
            self.run(&format!("DELETE FROM abilities WHERE channel_id = {id} AND model = 'a' AND {group} = 'vip'"))
                .await;
            self.run(&format!("UPDATE abilities SET enabled = {off} WHERE channel_id = {id} AND model = 'b'")).await;
            self.run(&format!("UPDATE abilities SET model = 'stray' WHERE channel_id = {id} AND model = 'c'")).await;
            // Of a channel that is no more.
            self.rebuild(4711, &plain(schema)).await;
        }
        ids
    }

    /// How many routing rows the two groups that differ by case alone come to.
    pub(crate) fn rows_of_groups_but_for_case(&self) -> usize {
        if self.engine == Engine::MySql { 3 } else { 6 }
    }
}
