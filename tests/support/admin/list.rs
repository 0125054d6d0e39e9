//! The lists: in which order, how many a page, and in what envelope.

use serde_json::{Value, json};

use super::door::{Answer, Asked, done, no};
use super::object::{Object, hidden};
use super::{Program, Shared};
use crate::databases::Lit;

/// The columns that One Hub sorts by.
const HUB_ORDERS: [&str; 9] =
    ["id", "name", "group", "type", "status", "response_time", "balance", "priority", "weight"];

impl Shared {
    pub(super) async fn list(&self, asked: &Asked) -> Answer {
        match self.program {
            Program::OneApi => {
                let from = asked.number("p").max(0) * 10;
                self.bare(&format!("ORDER BY id DESC LIMIT 10 OFFSET {from}")).await
            }
            Program::NewApiOld | Program::Veloera => {
                // Left out, it is 0: no channel at all.
                let size = match asked.number("page_size") {
                    ..0 => 10,
                    size => size,
                };
                let order = if asked.get("id_sort") == Some("true") { "id" } else { "priority" };
                let from = asked.number("p").max(0) * size;
                self.bare(&format!("ORDER BY {order} DESC LIMIT {size} OFFSET {from}")).await
            }
            Program::NewApi => self.paged(asked).await,
            Program::OneHub | Program::DoneHub => self.hub_list(asked).await,
        }
    }

    async fn bare(&self, end: &str) -> Answer {
        let channels = self.objects("1 = 1", end).await;
        done(&channels.into_iter().map(|channel| Value::Object(hidden(channel))).collect())
    }

    /// New API of 2026.
    async fn paged(&self, asked: &Asked) -> Answer {
        let page = asked.number("p").max(1);
        let size = ["page_size", "ps", "size"].iter().map(|name| asked.number(name)).find(|size| *size != 0);
        let size = match size.unwrap_or(10) {
            ..=0 => 10,
            size => size.min(100),
        };
        let status = match asked.get("status") {
            Some("enabled" | "1") => "status = 1",
            Some("disabled" | "0") => "status <> 1",
            _ => "1 = 1",
        };
        let kind = asked.get("type").and_then(|kind| kind.parse::<i64>().ok());
        let mut condition = kind.map_or_else(|| status.to_owned(), |kind| format!("{status} AND type = {kind}"));
        if let Some(group) = asked.get("group").filter(|group| !group.is_empty() && *group != "null") {
            condition = format!("{condition} AND {}", self.in_group(group));
        }
        let sorts = ["id", "name", "priority", "balance", "response_time", "test_time"];
        let order = match asked.get("sort_by").filter(|by| sorts.contains(by)) {
            Some(by) => format!("{by} {}", if asked.get("sort_order") == Some("asc") { "ASC" } else { "DESC" }),
            None if asked.get("id_sort") == Some("true") => "id DESC".to_owned(),
            None => "priority DESC".to_owned(),
        };
        let end = format!("ORDER BY {order} LIMIT {size} OFFSET {}", (page - 1) * size);
        let channels = self.objects(&condition, &end).await;
        let items: Vec<_> = channels.into_iter().map(hidden).collect();
        let total = self.count(&condition).await;
        done(&json!({ "items": items, "total": total, "page": page, "page_size": size, "type_counts": {} }))
    }

    async fn hub_list(&self, asked: &Asked) -> Answer {
        let page = asked.number("page").max(1);
        let size = match asked.number("size") {
            ..=0 => 10,
            size => size,
        };
        if size > 100 {
            return no("size 参数不能超过 100");
        }
        let mut orders = vec![];
        for field in asked.get("order").unwrap_or("-id").split(',').map(str::trim) {
            let (field, end) = field.strip_prefix('-').map_or((field, ""), |field| (field, " DESC"));
            if !HUB_ORDERS.contains(&field) {
                return no(&format!("不允许对字段 '{field}' 进行排序"));
            }
            orders.push(format!("{}{end}", self.db.engine.quote(field)));
        }
        let literal = |value: &str| Lit::text(value).sql(self.db.engine);
        let mut wanted = vec!["1 = 1".to_owned()];
        for name in ["type", "status"] {
            let number = asked.number(name);
            wanted.extend((number != 0).then(|| format!("{name} = {number}")));
        }
        for name in ["name", "models", "test_model", "other"] {
            let given = asked.get(name).filter(|value| !value.is_empty());
            wanted.extend(given.map(|value| format!("{name} LIKE {}", literal(&format!("%{value}%")))));
        }
        let given = |name| asked.get(name).filter(|value: &&str| !value.is_empty());
        wanted.extend(given("group").map(|group| self.in_group(group)));
        wanted.extend(given("tag").map(|tag| format!("tag = {}", literal(tag))));
        let among = wanted.join(" AND ");
        // Of each tag one stands for all.
        let heads = format!(
            "id IN (SELECT MAX(id) FROM channels WHERE {} AND tag <> '' AND {among} GROUP BY tag)",
            self.alive()
        );
        let tags = match asked.number("filter_tag") {
            1 => "tag = ''".to_owned(),
            2 => heads,
            _ => format!("(tag = '' OR {heads})"),
        };
        let id = asked.number("id");
        let id = if id == 0 { String::new() } else { format!(" AND id = {id}") };
        let condition = format!("{among} AND {tags}{id}");
        let end = format!("ORDER BY {} LIMIT {size} OFFSET {}", orders.join(", "), (page - 1) * size);
        let channels = self.objects(&condition, &end).await;
        let data: Vec<_> = channels.into_iter().map(hidden).collect();
        let total = self.count(&condition).await;
        done(&json!({ "data": data, "page": page, "size": size, "total_count": total }))
    }

    fn in_group(&self, group: &str) -> String {
        let column = self.db.engine.quote("group");
        let like = |pattern: String| format!("{column} LIKE {}", Lit::text(&pattern).sql(self.db.engine));
        let whole = format!("{column} = {}", Lit::text(group).sql(self.db.engine));
        let ways = [like(format!("%,{group},%")), like(format!("{group},%")), like(format!("%,{group}")), whole];
        format!("({})", ways.join(" OR "))
    }

    async fn count(&self, condition: &str) -> i64 {
        let kind = self.db.engine.cast();
        let sql = format!("SELECT CAST(COUNT(*) AS {kind}) FROM channels WHERE {} AND ({condition})", self.alive());
        self.db.rows(&sql).await[0][0].as_deref().unwrap().parse().unwrap()
    }

    /// One channel; only One Hub shows its key.
    pub(super) async fn one(&self, id: i64) -> Answer {
        match self.object(id).await {
            Some(channel) if self.program.is_hub() => done(&Value::Object(channel)),
            Some(channel) => done(&Value::Object(hidden(channel))),
            None => no("record not found"),
        }
    }

    /// One Hub: which tags there are.
    pub(super) async fn tags(&self) -> Answer {
        let sql = format!("SELECT tag FROM channels WHERE {} AND tag <> '' GROUP BY tag", self.alive());
        let tags = self.db.rows(&sql).await.into_iter().flatten().flatten();
        done(&tags.map(|tag| json!({ "id": 0, "tag": tag })).collect())
    }

    /// One Hub: a tag's channels, with their keys.
    pub(super) async fn tagged(&self, tag: &str) -> Answer {
        let condition = format!("tag = {}", Lit::text(tag).sql(self.db.engine));
        let channels: Vec<Object> = self.objects(&condition, "").await;
        done(&channels.into_iter().map(Value::Object).collect())
    }
}
