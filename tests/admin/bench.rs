//! A stand-in, a client of its own that knows nothing of ours, and our gateway over it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use channelwarden::apply::{self, ApplyError, Outcome};
use channelwarden::config::{DatabaseAddress, ProbeConfig, WriteBy};
use channelwarden::gateway::{Admin, Database, Gateway, GatewayError};
use channelwarden::model::{Change, Channel, ChannelRef, ModelName, WorkingList};
use channelwarden::store::Store;
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

/// One schema of each program.
pub(crate) const PROGRAMS: [Schema; 6] =
    [Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::Veloera, Schema::OneHub, Schema::DoneHub];

/// Our gateway over a stand-in, and a store of its own.
pub(crate) struct Bench {
    pub(crate) stand_in: StandIn,
    pub(crate) gateway: Gateway,
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

/// What is given besides the admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Api,
    Database,
}

impl Bench {
    pub(crate) async fn over(stand_in: StandIn, given: Given, write: WriteBy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("own.db")).await.unwrap();
        let database = match given {
            Given::Api => None,
            Given::Database => Some(database(&stand_in).await),
        };
        let admin = admin(&stand_in).await.unwrap();
        let gateway = Gateway::of("main", database, Some(admin), Some(write)).unwrap();
        Self { stand_in, gateway, store, _folder: folder }
    }

    /// Written and read by the admin API alone.
    pub(crate) async fn by_api(stand_in: StandIn) -> Self {
        Self::over(stand_in, Given::Api, WriteBy::AdminApi).await
    }

    /// What a plan would want: this list, decided on what stands there now.
    pub(crate) async fn change(&self, id: i64, models: &str) -> Change {
        let channel = self.gateway.channel(id).await.unwrap().unwrap();
        Change {
            channel: ChannelRef { id, created: channel.created, name: channel.name },
            before: channel.models.unwrap_or_default(),
            fingerprint: channel.fingerprint,
            after: WorkingList::new(models.split(',').map(|name| ModelName::parse(name).unwrap())).unwrap(),
            removed: vec![],
            added: vec![],
            restored: vec![],
        }
    }

    pub(crate) async fn apply(&self, change: &Change) -> Result<Outcome, ApplyError> {
        let turn = self.store.turn().await.unwrap();
        apply::apply(&self.store, &self.gateway, change, None, &turn).await
    }
}

/// Our client, in no hurry to wait.
pub(crate) async fn admin(stand_in: &StandIn) -> Result<Admin, GatewayError> {
    let admin = Admin::open("main", &stand_in.api(), None, &ProbeConfig::default(), "salt").await?;
    Ok(admin.with_pace(Duration::from_millis(1)))
}

pub(crate) async fn database(stand_in: &StandIn) -> Database {
    let address = DatabaseAddress::parse(&stand_in.db.address()).unwrap();
    Database::open("main", &address, None, "salt").await.unwrap()
}

/// All channels by number; fails where one is there twice or cannot be read.
pub(crate) async fn all(gateway: &Gateway) -> BTreeMap<i64, Channel> {
    let mut channels = BTreeMap::new();
    let mut pages = gateway.pages(None).unwrap();
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            return channels;
        }
        for channel in page {
            let channel = channel.unwrap();
            let id = channel.id;
            assert!(channels.insert(id, channel).is_none(), "channel {id} is there twice");
        }
    }
}
