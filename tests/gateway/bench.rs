//! A gateway's database, our own store, and the orders a test gives.

use channelwarden::config::DatabaseAddress;
use channelwarden::gateway::{Database, Order, SwapError, Swapped};
use channelwarden::model::{ChannelRef, Fingerprint, Intent, ListText, Rows};
use channelwarden::store::Store;
use jiff::Timestamp;

use crate::databases::{Db, Engine};
use crate::gateways::Schema;

pub(crate) const GATEWAY: &str = "main";

pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) gateway: Database,
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn new(engine: Engine, schema: Schema) -> Self {
        Self::over(Db::create(engine, schema).await).await
    }

    pub(crate) async fn over(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("own.db")).await.unwrap();
        let gateway = open(&db.address()).await.unwrap();
        Self { db, gateway, store, _folder: folder }
    }

    /// An intent made on what stands there now.
    pub(crate) async fn intent(&self, id: i64, models: &str) -> Intent {
        let channel = self.gateway.channel(id).await.unwrap().unwrap();
        Intent {
            gateway: GATEWAY.to_owned(),
            round: None,
            channel: ChannelRef { id, created: channel.created, name: channel.name },
            fingerprint: channel.fingerprint,
            before: self.gateway.image(id).await.unwrap().unwrap(),
            models: ListText::parse(models).unwrap(),
            rows: Rows::AsTheGateway,
            removed: vec![],
            added: vec![],
            restored: vec![],
            undoes: None,
        }
    }

    pub(crate) async fn commit(&self, intent: Intent) -> Result<Swapped, SwapError> {
        let permit = self.store.permit(&intent);
        let journaled = self.store.open_intent(intent, Timestamp::UNIX_EPOCH).await.unwrap();
        self.gateway.swap(&Order::Commit { journaled: &journaled, permit: &permit }).await
    }
}

/// What takes a swap back, exactly.
pub(crate) fn undo(done: &Intent, swapped: &Swapped) -> Intent {
    Intent {
        fingerprint: Fingerprint(String::new()),
        before: swapped.after.clone(),
        models: ListText::parse(&done.before.models).unwrap(),
        rows: Rows::Exactly(done.before.abilities.clone()),
        ..done.clone()
    }
}

pub(crate) async fn open(address: &str) -> Result<Database, channelwarden::gateway::GatewayError> {
    Database::open(GATEWAY, &DatabaseAddress::parse(address).unwrap(), None, "salt").await
}
