//! The tables beside the channels: what passed through (`logs`), settings, users and prices, with the indexes that the
//! gateways' own migration makes.

use super::{Column, ID, Schema, TEXT, ZERO, defined, of, same};
use crate::databases::{Db, Engine, Lit};

const SHORT: [&str; 3] = ["varchar(191) DEFAULT ''", "text DEFAULT ''", "text DEFAULT ''"];
const FALSE: [&str; 3] = ["boolean DEFAULT false", "boolean DEFAULT false", "numeric DEFAULT false"];
const NUMBER: [&str; 3] = ["bigint", "bigint", "integer"];
/// The type `double` of Go.
const REAL: [&str; 3] = ["double DEFAULT 0", "decimal DEFAULT 0", "real DEFAULT 0"];

/// In all gateways' `logs`, in the order of One API.
const LOGS: [Column; 12] = [
    of("user_id", NUMBER),
    of("created_at", NUMBER),
    of("type", NUMBER),
    of("content", TEXT),
    of("username", SHORT),
    of("token_name", SHORT),
    of("model_name", SHORT),
    of("quota", ZERO),
    of("prompt_tokens", ZERO),
    of("completion_tokens", ZERO),
    of("channel_id", NUMBER),
    ID,
];

/// An index's name and columns, in order.
type Index = (&'static str, &'static [&'static str]);

const INDEXES: [Index; 6] = [
    ("idx_created_at_type", &["created_at", "type"]),
    ("index_username_model_name", &["model_name", "username"]),
    ("idx_logs_user_id", &["user_id"]),
    ("idx_logs_token_name", &["token_name"]),
    ("idx_logs_model_name", &["model_name"]),
    ("idx_logs_channel_id", &["channel_id"]),
];

impl Schema {
    pub(crate) fn is_hub(self) -> bool {
        matches!(self, Self::OneHub | Self::DoneHub)
    }

    fn logs(self) -> (Vec<Column>, Vec<Index>) {
        let stream = of("is_stream", FALSE);
        let (more, indexes): (Vec<Column>, Vec<Index>) = match self {
            Self::OneApi => (
                vec![of("request_id", SHORT), of("elapsed_time", ZERO), stream, of("system_prompt_reset", FALSE)],
                vec![],
            ),
            // Grown out of One API: its columns stay, New API's come.
            Self::NewApiOverOneApi => {
                let (mut columns, mut indexes) = Self::OneApi.logs();
                let (more, new) = Self::NewApi.logs();
                let fresh: Vec<_> =
                    more.into_iter().filter(|(name, ..)| columns.iter().all(|(had, ..)| had != name)).collect();
                columns.splice(0..0, fresh);
                indexes.extend(new.into_iter().filter(|(name, _)| INDEXES.iter().all(|(had, _)| had != name)));
                return (columns, indexes);
            }
            Self::NewApiOld | Self::NewApi | Self::Veloera => {
                let mut columns = vec![
                    of("use_time", ZERO),
                    of("is_stream", ["boolean", "boolean", "numeric"]),
                    of("token_id", ZERO),
                    ("group", "varchar(191)", "text", "text"),
                    of("other", TEXT),
                ];
                let mut indexes: Vec<Index> = vec![
                    ("idx_logs_username", &["username"]),
                    ("idx_logs_token_id", &["token_id"]),
                    ("idx_logs_group", &["group"]),
                ];
                if self == Self::NewApi {
                    columns.extend([
                        of("ip", SHORT),
                        same("request_id", "varchar(64) DEFAULT ''"),
                        same("upstream_request_id", "varchar(128) DEFAULT ''"),
                    ]);
                    indexes.extend([
                        ("idx_created_at_id", &["created_at", "id"] as &[&str]),
                        ("idx_user_id_id", &["user_id", "id"]),
                        ("idx_logs_ip", &["ip"]),
                        ("idx_logs_request_id", &["request_id"]),
                        ("idx_logs_upstream_request_id", &["upstream_request_id"]),
                    ]);
                } else {
                    // The other way about, until late 2025.
                    indexes.push(("idx_created_at_id", &["id", "created_at"]));
                }
                (columns, indexes)
            }
            Self::OneHub | Self::DoneHub => {
                let mut columns =
                    vec![of("request_time", ZERO), stream, of("source_ip", SHORT), same("metadata", "json")];
                let mut indexes: Vec<Index> = vec![];
                if self == Self::DoneHub {
                    columns.extend([of("cost_quota", ZERO), of("request_id", SHORT), of("upstream_request_id", SHORT)]);
                    indexes.push(("idx_user_created_at", &["user_id", "created_at"]));
                }
                (columns, indexes)
            }
        };
        ([&more[..], &LOGS].concat(), [&INDEXES[..], &indexes].concat())
    }
}

/// A row of `logs`. `Default` is a call that was answered and paid, through channel 1.
#[derive(Clone, Debug)]
pub(crate) struct LogRow {
    /// Unix seconds.
    pub(crate) created_at: i64,
    /// 2 consumed, 5 an error (New API since 2025-04), a test (One API) or a check-in (Veloera).
    pub(crate) type_number: i64,
    pub(crate) content: String,
    pub(crate) token_name: String,
    pub(crate) model: String,
    pub(crate) quota: i64,
    pub(crate) prompt_tokens: i64,
    pub(crate) completion_tokens: i64,
    pub(crate) channel: i64,
    /// Any other columns: `other`, `use_time`, `elapsed_time`, `metadata`…
    pub(crate) more: Vec<(&'static str, Lit)>,
}

impl Default for LogRow {
    fn default() -> Self {
        Self {
            created_at: 1_700_000_000,
            type_number: 2,
            content: "模型倍率 15.00，分组倍率 1.00".to_owned(),
            token_name: "somebody's".to_owned(),
            model: "a".to_owned(),
            quota: 30,
            prompt_tokens: 10,
            completion_tokens: 20,
            channel: 1,
            more: vec![],
        }
    }
}

impl LogRow {
    pub(crate) fn at(created_at: i64, channel: i64, model: &str) -> Self {
        Self { created_at, channel, model: model.to_owned(), ..Self::default() }
    }

    /// Answered, but nothing was counted: no proof of success.
    pub(crate) fn without_tokens(mut self) -> Self {
        (self.quota, self.prompt_tokens, self.completion_tokens) = (0, 0, 0);
        "（可能是上游超时）".clone_into(&mut self.content);
        self
    }

    /// New API's row of one failed attempt.
    pub(crate) fn error(self, status: u16, code: &str) -> Self {
        let other = serde_json::json!({
            "status_code": status, "error_type": "openai_error", "error_code": code, "channel_id": self.channel,
            "channel_name": "plain", "channel_type": 1, "request_path": "/v1/chat/completions",
            "admin_info": {"use_channel": [self.channel.to_string()]},
        });
        let mut row = self.without_tokens();
        row.type_number = 5;
        row.content = format!("status_code={status}, {code}");
        row.more.push(("other", Lit::text(&other.to_string())));
        row
    }

    /// The gateway's own channel test, in New API and Veloera.
    pub(crate) fn test(mut self) -> Self {
        "模型测试".clone_into(&mut self.content);
        "模型测试".clone_into(&mut self.token_name);
        self
    }

    /// One API's row of its own test.
    pub(crate) fn one_api_test(mut self) -> Self {
        (self.type_number, self.content) = (5, "渠道 plain 测试成功，响应：hi".to_owned());
        self
    }

    /// Veloera's check-in: nothing about a channel.
    pub(crate) fn check_in(mut self) -> Self {
        (self.type_number, self.content, self.channel) = (5, "签到成功".to_owned(), 0);
        self.model.clear();
        self.token_name.clear();
        self
    }

    fn values(&self) -> Vec<(&'static str, Lit)> {
        let mut values = vec![
            ("user_id", Lit::Int(1)),
            ("created_at", Lit::Int(self.created_at)),
            ("type", Lit::Int(self.type_number)),
            ("content", Lit::text(&self.content)),
            ("username", Lit::text("root")),
            ("token_name", Lit::text(&self.token_name)),
            ("model_name", Lit::text(&self.model)),
            ("quota", Lit::Int(self.quota)),
            ("prompt_tokens", Lit::Int(self.prompt_tokens)),
            ("completion_tokens", Lit::Int(self.completion_tokens)),
            ("channel_id", Lit::Int(self.channel)),
        ];
        values.extend(self.more.iter().cloned());
        values
    }
}

impl Db {
    /// All of the tables below, empty.
    pub(crate) async fn make_records(&self, schema: Schema) {
        self.make_logs(schema).await;
        self.make_options().await;
        self.make_users(schema).await;
        if schema.is_hub() {
            self.make_prices().await;
        }
    }

    /// `logs`, which may stand in a database of its own.
    pub(crate) async fn make_logs(&self, schema: Schema) {
        let (columns, indexes) = schema.logs();
        self.run(&format!("CREATE TABLE logs ({})", defined(self.engine, &columns))).await;
        for (name, columns) in indexes {
            let columns: Vec<_> = columns.iter().map(|column| self.engine.quote(column)).collect();
            self.run(&format!("CREATE INDEX {name} ON logs ({})", columns.join(", "))).await;
        }
    }

    /// `options`: every setting of a gateway that is not the default.
    pub(crate) async fn make_options(&self) {
        let key = self.engine.quote("key");
        let (name, text) = if self.engine == Engine::MySql { ("varchar(191)", "longtext") } else { ("text", "text") };
        self.run(&format!("CREATE TABLE IF NOT EXISTS options ({key} {name}, value {text}, PRIMARY KEY ({key}))"))
            .await;
    }

    /// `users`, with what an admin's token is looked up by.
    pub(crate) async fn make_users(&self, schema: Schema) {
        let mut columns = vec![
            ("username", "varchar(191)", "text", "text"),
            ("password", "longtext NOT NULL", "text NOT NULL", "text NOT NULL"),
            ("display_name", "varchar(191)", "text", "text"),
            ("role", "bigint DEFAULT 1", "bigint DEFAULT 1", "integer DEFAULT 1"),
            ("status", "bigint DEFAULT 1", "bigint DEFAULT 1", "integer DEFAULT 1"),
            same("access_token", "char(32)"),
            of("quota", ZERO),
            of("used_quota", ZERO),
            same("group", "varchar(64) DEFAULT 'default'"),
        ];
        if !matches!(schema, Schema::OneApi) {
            columns.push(("deleted_at", "datetime(3)", "timestamptz", "datetime"));
        }
        if matches!(schema, Schema::NewApi | Schema::NewApiOld | Schema::NewApiOverOneApi | Schema::Veloera) {
            columns.push(same("setting", "text"));
        }
        columns.push(ID);
        self.run(&format!("CREATE TABLE users ({})", defined(self.engine, &columns))).await;
        self.run("CREATE UNIQUE INDEX idx_users_access_token ON users (access_token)").await;
        self.run("CREATE INDEX idx_users_username ON users (username)").await;
    }

    /// One Hub's `prices`: no key at all.
    pub(crate) async fn make_prices(&self) {
        let columns = [
            same("model", "varchar(100)"),
            ("type", "varchar(191) DEFAULT 'tokens'", "text DEFAULT 'tokens'", "text DEFAULT 'tokens'"),
            of("channel_type", ZERO),
            of("input", REAL),
            of("output", REAL),
            of("locked", FALSE),
            same("extra_ratios", "json"),
        ];
        self.run(&format!("CREATE TABLE prices ({})", defined(self.engine, &columns))).await;
    }

    /// Inserts rows of `logs`, in one statement.
    pub(crate) async fn logged(&self, rows: &[LogRow]) {
        let Some(first) = rows.first() else { return };
        let names: Vec<_> = first.values().iter().map(|(name, _)| self.engine.quote(name)).collect();
        let rows = rows.iter().map(|row| {
            let values = row.values();
            assert!(values.len() == names.len(), "rows of one statement have the same columns");
            let values: Vec<_> = values.iter().map(|(_, value)| value.sql(self.engine)).collect();
            format!("({})", values.join(", "))
        });
        let rows: Vec<_> = rows.collect();
        self.run(&format!("INSERT INTO logs ({}) VALUES {}", names.join(", "), rows.join(", "))).await;
    }

    /// Sets one option.
    pub(crate) async fn option(&self, key: &str, value: &str) {
        let (column, key) = (self.engine.quote("key"), Lit::text(key).sql(self.engine));
        let value = Lit::text(value).sql(self.engine);
        self.run(&format!("DELETE FROM options WHERE {column} = {key}")).await;
        self.run(&format!("INSERT INTO options ({column}, value) VALUES ({key}, {value})")).await;
    }

    /// Adds a user with an access token; 100 is root's role, 10 an admin's, 1 anybody's. Returns the number.
    pub(crate) async fn user(&self, access_token: &str, role: i64) -> i64 {
        let token = Lit::text(access_token).sql(self.engine);
        self.run(&format!(
            "INSERT INTO users (username, password, role, status, access_token) VALUES ('u{role}', '$2a$', {role}, 1, {token})"
        ))
        .await;
        self.number("SELECT MAX(id) FROM users").await
    }

    /// One Hub's price of a model or of `prefix*`.
    pub(crate) async fn price(&self, model: &str, input: i64, output: i64) {
        let model = Lit::text(model).sql(self.engine);
        self.run(&format!("INSERT INTO prices (model, input, output) VALUES ({model}, {input}, {output})")).await;
    }
}
