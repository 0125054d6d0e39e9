//! The columns of `channels` that we read.

use super::sql::Row;
use super::{Schema, Unreadable};
use crate::gateway::fields::Fields;
use crate::model::{Channel, ChannelRef, GatewayKind};

const INTS: [&str; 6] = ["id", "created_time", "type", "status", "priority", "weight"];
const TEXTS: [&str; 17] = [
    "name",
    "key",
    "openai_organization",
    "base_url",
    "models",
    "group",
    "model_mapping",
    "other",
    "setting",
    "settings",
    "header_override",
    "channel_info",
    "test_model",
    "tag",
    "proxy",
    "model_headers",
    "config",
];

/// A channel, and what its routing rows take from it.
pub(super) struct ChannelRow {
    pub(super) channel: Channel,
    pub(super) priority: Option<i64>,
    pub(super) weight: Option<i64>,
    pub(super) tag: Option<String>,
}

/// `SELECT … FROM channels WHERE`, with NULL for columns that this gateway does not have.
pub(super) fn select(schema: &Schema) -> String {
    let engine = schema.engine;
    let name = |column: &str| if schema.has(column) { engine.quote(column) } else { "NULL".to_owned() };
    let ints = INTS.iter().map(|column| engine.int(&name(column)));
    let texts = TEXTS.iter().map(|column| engine.text(&name(column)));
    let list: Vec<_> = ints.chain(texts).collect();
    let living = schema.living();
    format!("SELECT {} FROM channels WHERE {living}", list.join(", "))
}

/// Reads a row of [`select`].
pub(super) fn read(row: &Row, kind: GatewayKind, salt: &str) -> Result<ChannelRow, sqlx::Error> {
    let int = |i| row.int(i);
    let text = |i: usize| row.text(INTS.len() + i);
    let fields = Fields {
        id: int(0)?,
        created: int(1)?,
        type_number: int(2)?,
        status: int(3)?,
        priority: int(4)?,
        weight: int(5)?,
        name: text(0)?,
        key: text(1)?,
        organization: text(2)?,
        base_url: text(3)?,
        models: text(4)?,
        group: text(5)?,
        mapping: text(6)?,
        other: text(7)?,
        setting: text(8)?,
        settings: text(9)?,
        header_override: text(10)?,
        channel_info: text(11)?,
        test_model: text(12)?,
        tag: text(13)?,
        proxy: text(14)?,
        model_headers: text(15)?,
        config: text(16)?,
        key_hidden: false,
    };
    let (priority, weight, tag) = (fields.priority, fields.weight, fields.tag.clone());
    Ok(ChannelRow { channel: fields.channel(kind, salt), priority, weight, tag })
}

/// What can be told of a row that [`read`] refused.
pub(super) fn unreadable(row: &Row, error: &sqlx::Error) -> Result<Unreadable, sqlx::Error> {
    let place = if let sqlx::Error::ColumnDecode { index, .. } = error { index.parse::<usize>().ok() } else { None };
    let column = place.and_then(|place| INTS.iter().chain(&TEXTS).nth(place));
    let channel = ChannelRef {
        id: row.int(0)?.unwrap_or_default(),
        created: row.int(1)?.unwrap_or_default(),
        name: row.text(INTS.len()).ok().flatten().unwrap_or_default(),
    };
    let column = column.map_or_else(String::new, |column| format!(", in column {column}"));
    Ok(Unreadable {
        channel,
        why: format!("its row holds what is no UTF-8 text{column}: set that right in the gateway"),
    })
}
