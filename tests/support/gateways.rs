//! Gateways' tables as GORM makes them, with rows as the gateways write them.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "gateways/gallery.rs"]
pub(crate) mod gallery;
#[path = "gateways/records.rs"]
pub(crate) mod records;

use channelwarden::model::GatewayKind;

use crate::databases::{Db, Engine, Lit};

/// Whose tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    OneApi,
    /// April 2025.
    NewApiOld,
    NewApi,
    /// New API pointed at an old One API database: leftovers and narrower types stay.
    NewApiOverOneApi,
    Veloera,
    OneHub,
    DoneHub,
}

/// Name, MySQL, PostgreSQL, SQLite.
type Column = (&'static str, &'static str, &'static str, &'static str);

const INT: [&str; 3] = ["bigint", "bigint", "integer"];
const TEXT: [&str; 3] = ["longtext", "text", "text"];

const fn same(name: &'static str, definition: &'static str) -> Column {
    (name, definition, definition, definition)
}

const fn of(name: &'static str, types: [&'static str; 3]) -> Column {
    (name, types[0], types[1], types[2])
}

const ID: Column = ("id", "bigint AUTO_INCREMENT PRIMARY KEY", "bigserial PRIMARY KEY", "integer, PRIMARY KEY (`id`)");
const WEIGHT: Column = ("weight", "bigint unsigned DEFAULT 0", "bigint DEFAULT 0", "integer DEFAULT 0");
const BALANCE: Column = ("balance", "double", "decimal", "real");
const BASE_URL: Column = ("base_url", "varchar(191) DEFAULT ''", "text DEFAULT ''", "text DEFAULT ''");
const NAME: Column = ("name", "varchar(191)", "text", "text");
const ZERO: [&str; 3] = ["bigint DEFAULT 0", "bigint DEFAULT 0", "integer DEFAULT 0"];
const ONE: [&str; 3] = ["bigint DEFAULT 1", "bigint DEFAULT 1", "integer DEFAULT 1"];
const TAG: Column = ("tag", "varchar(191)", "text", "text");

const NEW_API_OLD: [Column; 26] = [
    of("type", ZERO),
    ("key", "longtext NOT NULL", "text NOT NULL", "text NOT NULL"),
    of("openai_organization", TEXT),
    of("test_model", TEXT),
    of("status", ONE),
    NAME,
    WEIGHT,
    of("created_time", INT),
    of("test_time", INT),
    of("response_time", INT),
    BASE_URL,
    of("other", TEXT),
    BALANCE,
    of("balance_updated_time", INT),
    of("models", TEXT),
    same("group", "varchar(64) DEFAULT 'default'"),
    of("used_quota", ZERO),
    same("model_mapping", "text"),
    same("status_code_mapping", "varchar(1024) DEFAULT ''"),
    of("priority", ZERO),
    of("auto_ban", ONE),
    of("other_info", TEXT),
    TAG,
    same("setting", "text"),
    same("param_override", "text"),
    ID,
];
const NEW_API_SINCE: [Column; 4] = [
    same("header_override", "text"),
    same("remark", "varchar(255)"),
    same("channel_info", "json"),
    of("settings", TEXT),
];
const ONE_API: [Column; 20] = [
    of("type", ZERO),
    same("key", "text"),
    of("status", ONE),
    NAME,
    WEIGHT,
    of("created_time", INT),
    of("test_time", INT),
    of("response_time", INT),
    BASE_URL,
    of("other", TEXT),
    BALANCE,
    of("balance_updated_time", INT),
    of("models", TEXT),
    same("group", "varchar(32) DEFAULT 'default'"),
    of("used_quota", ZERO),
    same("model_mapping", "varchar(1024) DEFAULT ''"),
    of("priority", ZERO),
    of("config", TEXT),
    same("system_prompt", "text"),
    ID,
];
const HUB: [Column; 12] = [
    same("tag", "varchar(32) DEFAULT ''"),
    same("model_headers", "varchar(1024) DEFAULT ''"),
    same("custom_parameter", "varchar(1024) DEFAULT ''"),
    same("proxy", "varchar(255) DEFAULT ''"),
    same("test_model", "varchar(50) DEFAULT ''"),
    ("only_chat", "boolean DEFAULT false", "boolean DEFAULT false", "numeric DEFAULT false"),
    ("pre_cost", "bigint DEFAULT 1", "bigint DEFAULT 1", "integer DEFAULT 1"),
    ("compatible_response", "boolean DEFAULT false", "boolean DEFAULT false", "numeric DEFAULT false"),
    ("allow_extra_body", "boolean DEFAULT false", "boolean DEFAULT false", "numeric DEFAULT false"),
    same("disabled_stream", "json"),
    same("plugin", "json"),
    ("deleted_at", "datetime(3)", "timestamptz", "datetime"),
];

impl Schema {
    /// The program whose tables they are.
    pub(crate) fn kind(self) -> GatewayKind {
        match self {
            Self::OneApi => GatewayKind::OneApi,
            Self::NewApiOld | Self::NewApi | Self::NewApiOverOneApi => GatewayKind::NewApi,
            Self::Veloera => GatewayKind::Veloera,
            Self::OneHub => GatewayKind::OneHub,
            Self::DoneHub => GatewayKind::DoneHub,
        }
    }

    pub(crate) const ALL: [Self; 7] = [
        Self::OneApi,
        Self::NewApiOld,
        Self::NewApi,
        Self::NewApiOverOneApi,
        Self::Veloera,
        Self::OneHub,
        Self::DoneHub,
    ];

    fn channels(self) -> Vec<Column> {
        let without_config = |columns: &[Column]| -> Vec<Column> {
            columns.iter().copied().filter(|(name, ..)| !["config", "system_prompt"].contains(name)).collect()
        };
        match self {
            Self::OneApi => ONE_API.to_vec(),
            Self::NewApiOld => NEW_API_OLD.to_vec(),
            Self::NewApi => [&NEW_API_OLD[..25], &NEW_API_SINCE, &NEW_API_OLD[25..]].concat(),
            Self::NewApiOverOneApi => {
                let had = |column: &Column| ONE_API.iter().any(|(name, ..)| *name == column.0);
                let added = Self::NewApi.channels().into_iter().filter(|column| !had(column));
                added.chain(ONE_API).collect()
            }
            Self::Veloera => [&[same("model_prefix", "varchar(64) DEFAULT ''")], &NEW_API_OLD[..]].concat(),
            Self::OneHub => [&HUB[..], &without_config(&ONE_API)].concat(),
            Self::DoneHub => [&[same("cost_ratio", "decimal(10,4) DEFAULT 0")], &Self::OneHub.channels()[..]].concat(),
        }
    }

    fn abilities(self) -> Option<Vec<Column>> {
        let enabled = ("enabled", "tinyint(1)", "boolean", "numeric");
        let channel_id = of("channel_id", INT);
        let one_api = vec![
            same("group", "varchar(32)"),
            ("model", "varchar(191)", "text", "text"),
            channel_id,
            enabled,
            of("priority", ZERO),
        ];
        let new_api = vec![
            same("group", "varchar(64)"),
            same("model", "varchar(255)"),
            channel_id,
            enabled,
            of("priority", ZERO),
            WEIGHT,
            TAG,
        ];
        match self {
            Self::OneApi => Some(one_api),
            Self::NewApiOverOneApi => Some([&one_api[..], &[WEIGHT, TAG]].concat()),
            Self::NewApi | Self::NewApiOld | Self::Veloera => Some(new_api),
            Self::OneHub | Self::DoneHub => None,
        }
    }
}

/// A row of `channels`. `Default` is a plain enabled OpenAI channel.
#[derive(Clone, Debug)]
pub(crate) struct ChannelRow {
    /// The database's choice where `None`.
    pub(crate) id: Option<i64>,
    pub(crate) type_number: i64,
    pub(crate) key: String,
    pub(crate) status: Option<i64>,
    pub(crate) name: Option<String>,
    pub(crate) created_time: Option<i64>,
    pub(crate) base_url: Option<String>,
    pub(crate) models: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) model_mapping: Option<String>,
    pub(crate) priority: Option<i64>,
    pub(crate) weight: Option<i64>,
    /// New API and One Hub only.
    pub(crate) tag: Option<String>,
    /// Any other columns.
    pub(crate) more: Vec<(&'static str, Lit)>,
}

impl Default for ChannelRow {
    fn default() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            id: None,
            type_number: 1,
            key: "sk-test".to_owned(),
            status: Some(1),
            name: text("plain"),
            created_time: Some(1_700_000_000),
            base_url: text(""),
            models: text("a,b,c"),
            group: text("default"),
            model_mapping: None,
            priority: Some(0),
            weight: Some(0),
            tag: None,
            more: vec![],
        }
    }
}

impl ChannelRow {
    pub(crate) fn new(models: &str) -> Self {
        Self { models: Some(models.to_owned()), ..Self::default() }
    }

    /// As One Hub writes it: nothing is NULL that its struct has by value, and no priority or weight is.
    pub(crate) fn hub(models: &str) -> Self {
        let text = |column: &'static str, text: &str| (column, Lit::text(text));
        let more = vec![
            ("test_time", Lit::Int(0)),
            ("balance_updated_time", Lit::Int(0)),
            text("other", ""),
            text("model_headers", ""),
            text("custom_parameter", "{\"a\":1}"),
            text("proxy", ""),
            text("test_model", ""),
            ("only_chat", Lit::Bool(true)),
            ("pre_cost", Lit::Int(2)),
            ("compatible_response", Lit::Bool(true)),
            ("allow_extra_body", Lit::Bool(true)),
            text("disabled_stream", "[\"o1\",\"o3\"]"),
            text("plugin", "{\"customize\":{\"1\":\"/v1/x\",\"b\":true}}"),
        ];
        let tag = Some(String::new());
        Self { models: Some(models.to_owned()), weight: Some(1), tag, more, ..Self::default() }
    }

    pub(crate) fn group(mut self, group: &str) -> Self {
        self.group = Some(group.to_owned());
        self
    }

    pub(crate) fn with(mut self, column: &'static str, value: Lit) -> Self {
        self.more.push((column, value));
        self
    }
}

/// Columns as one engine defines them.
fn defined(engine: Engine, columns: &[Column]) -> String {
    let define = |&(name, mysql, postgres, sqlite): &Column| {
        let definition = match engine {
            Engine::MySql => mysql,
            Engine::Postgres => postgres,
            Engine::Sqlite => sqlite,
        };
        format!("{} {definition}", engine.quote(name))
    };
    columns.iter().map(define).collect::<Vec<_>>().join(", ")
}

impl Db {
    /// A gateway's empty tables.
    pub(crate) async fn create(engine: Engine, schema: Schema) -> Self {
        let db = Self::empty(engine).await;
        db.make_tables(schema, "").await;
        db
    }

    /// The same with something behind the MySQL tables (`ENGINE=MyISAM`).
    pub(crate) async fn make_tables(&self, schema: Schema, options: &str) {
        let engine = self.engine;
        let list = |columns: &[Column]| defined(engine, columns);
        self.run(&format!("CREATE TABLE channels ({}) {options}", list(&schema.channels()))).await;
        if let Some(abilities) = schema.abilities() {
            let group = engine.quote("group");
            self.run(&format!(
                "CREATE TABLE abilities ({}, PRIMARY KEY ({group}, model, channel_id)) {options}",
                list(&abilities)
            ))
            .await;
        }
    }

    /// Inserts a channel, and its routing rows as the gateway would. Returns its id.
    pub(crate) async fn channel(&self, row: ChannelRow) -> i64 {
        let columns = self.columns("channels").await;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let mut values = vec![
            ("type", Lit::Int(row.type_number)),
            ("key", Lit::text(&row.key)),
            ("status", row.status.into()),
            ("name", (&row.name).into()),
            ("created_time", row.created_time.into()),
            ("base_url", (&row.base_url).into()),
            ("models", (&row.models).into()),
            ("group", (&row.group).into()),
            ("model_mapping", (&row.model_mapping).into()),
            ("priority", row.priority.into()),
            ("weight", row.weight.into()),
            // What traffic changes, so that a dump would show it touched.
            ("used_quota", Lit::Int(12_345)),
            ("response_time", Lit::Int(321)),
            ("balance", Lit::Int(7)),
        ];
        values.extend(row.id.map(|id| ("id", Lit::Int(id))));
        values.extend(has("tag").then(|| ("tag", (&row.tag).into())));
        values.extend(row.more.iter().cloned());
        let names: Vec<_> = values.iter().map(|(name, _)| self.engine.quote(name)).collect();
        let literals: Vec<_> = values.iter().map(|(_, value)| value.sql(self.engine)).collect();
        self.run(&format!("INSERT INTO channels ({}) VALUES ({})", names.join(", "), literals.join(", "))).await;
        let id = match row.id {
            Some(id) => id,
            None => self.number("SELECT MAX(id) FROM channels").await,
        };
        self.rebuild(id, &row).await;
        id
    }

    /// A channel's routing rows made anew from `row`, as the gateways' `UpdateAbilities` does it.
    pub(crate) async fn rebuild(&self, id: i64, row: &ChannelRow) {
        let columns = self.columns("abilities").await;
        if columns.is_empty() {
            return;
        }
        let has = |name: &str| columns.iter().any(|column| column == name);
        self.run(&format!("DELETE FROM abilities WHERE channel_id = {id}")).await;
        let (verb, end) = match self.engine {
            Engine::MySql => ("INSERT IGNORE", ""),
            Engine::Postgres | Engine::Sqlite => ("INSERT", " ON CONFLICT DO NOTHING"),
        };
        let mut rows = vec![];
        for group in row.group.as_deref().unwrap_or_default().split(',') {
            for model in row.models.as_deref().unwrap_or_default().split(',') {
                let mut values = vec![
                    Lit::text(group),
                    Lit::text(model),
                    Lit::Int(id),
                    Lit::Bool(row.status == Some(1)),
                    Lit::Int(row.priority.unwrap_or(0)),
                ];
                values.extend(has("weight").then(|| Lit::Int(row.weight.unwrap_or(0))));
                values.extend(has("tag").then(|| (&row.tag).into()));
                let values: Vec<_> = values.iter().map(|value| value.sql(self.engine)).collect();
                rows.push(format!("({})", values.join(", ")));
            }
        }
        self.run(&format!("{verb} INTO abilities VALUES {}{end}", rows.join(", "))).await;
    }

    async fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(&format!("SELECT CAST(({sql}) AS {})", self.engine.cast())).await;
        rows[0][0].as_deref().unwrap().parse().unwrap()
    }

    /// A channel's list as stored.
    pub(crate) async fn models(&self, id: i64) -> Option<String> {
        self.rows(&format!("SELECT models FROM channels WHERE id = {id}")).await.remove(0).remove(0)
    }

    /// A channel's routing rows as `group/model`, sorted.
    pub(crate) async fn routes(&self, id: i64) -> Vec<String> {
        let group = self.engine.quote("group");
        let sql = format!("SELECT {group}, model FROM abilities WHERE channel_id = {id}");
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let mut routes: Vec<_> =
            self.rows(&sql).await.iter().map(|row| format!("{}/{}", text(&row[0]), text(&row[1]))).collect();
        routes.sort();
        routes
    }
}
