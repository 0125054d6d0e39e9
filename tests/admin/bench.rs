//! A stand-in, and a client of its own that knows nothing of ours.

use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::admin::{StandIn, TOKEN};
use crate::databases::{Db, Engine};
use crate::gateways::Schema;

/// What came back.
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// `Null` where it is no JSON.
    pub(crate) body: Value,
}

impl Said {
    pub(crate) fn success(&self) -> Option<bool> {
        self.body["success"].as_bool()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// The names of a list's channels, in order.
    pub(crate) fn ids(&self) -> Vec<i64> {
        let data = &self.body["data"];
        let lists = [data, &data["items"], &data["data"]];
        let list = lists.iter().find_map(|list| list.as_array()).unwrap();
        list.iter().map(|channel| channel["id"].as_i64().unwrap()).collect()
    }
}

pub(crate) async fn stand_in(engine: Engine, schema: Schema) -> StandIn {
    StandIn::start(Arc::new(Db::create(engine, schema).await), schema).await
}

/// The headers that every program takes from root.
pub(crate) fn root(stand_in: &StandIn) -> Vec<(&'static str, String)> {
    vec![
        ("Authorization", format!("Bearer {TOKEN}")),
        ("New-Api-User", stand_in.user().to_string()),
        ("Veloera-User", stand_in.user().to_string()),
    ]
}

/// One call over a connection of its own; `None` where it was cut.
pub(crate) async fn call(
    stand_in: &StandIn,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &str,
) -> Option<Said> {
    let url = stand_in.url();
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).await.ok()?;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    if length.is_some_and(|length: usize| body.len() < length) {
        return None;
    }
    Some(Said { status, head: head.to_ascii_lowercase(), body: serde_json::from_str(body).unwrap_or_default() })
}

/// As root.
pub(crate) async fn get(stand_in: &StandIn, path: &str) -> Said {
    call(stand_in, "GET", path, &root(stand_in), "").await.unwrap()
}

/// As root.
pub(crate) async fn put(stand_in: &StandIn, path: &str, body: &Value) -> Said {
    call(stand_in, "PUT", path, &root(stand_in), &body.to_string()).await.unwrap()
}
