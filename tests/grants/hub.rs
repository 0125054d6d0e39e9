//! A hub that is read from its database and written by its API: reading is all that its database need grant. And what other
//! gateways need to settle a write.

use std::time::Duration;

use channelwarden::apply::{self, Outcome};
use channelwarden::config::{ProbeConfig, WriteBy};
use channelwarden::gateway::{Admin, Gateway, GatewayError};
use channelwarden::model::{Change, ChannelRef, ModelName, WorkingList};
use channelwarden::store::Store;

use crate::admin::{Fault, StandIn};
use crate::databases::Engine;
use crate::document::Title;
use crate::gateways::{ChannelRow, Schema};
use crate::guest::{Guest, SERVERS};

#[tokio::test]
async fn reading_is_enough_beside_the_api_even_where_an_answer_is_lost() {
    for engine in SERVERS {
        for schema in [Schema::OneHub, Schema::DoneHub] {
            let case = format!("{engine:?} {schema:?}");
            let guest = Guest::new(engine, schema).await;
            guest.given(&[Title::Observe, Title::Prices]).await;
            let id = guest.db.channel(ChannelRow::hub("a,b")).await;
            let stand_in = StandIn::start(guest.db.clone(), schema).await;
            let admin = Admin::open("main", &stand_in.api(), None, &ProbeConfig::default(), "salt").await.unwrap();
            let admin = admin.with_pace(Duration::from_millis(1));
            let database = guest.open().await.unwrap();
            assert!(database.writable().is_err(), "{case}");
            let gateway = Gateway::of("main", Some(database), Some(admin), Some(WriteBy::AdminApi)).unwrap();
            assert_eq!(gateway.writable(), Ok(()), "{case}");
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("own.db")).await.unwrap();
            let turn = store.turn().await.unwrap();
            for (models, fault) in [("b", None), ("b,a", Some(Fault::CutAfter))] {
                let channel = gateway.channel(id).await.unwrap().unwrap();
                let names = models.split(',').map(|name| ModelName::parse(name).unwrap());
                let change = Change {
                    channel: ChannelRef { id, created: channel.created, name: channel.name },
                    before: channel.models.unwrap_or_default(),
                    fingerprint: channel.fingerprint,
                    after: WorkingList::new(names).unwrap(),
                    removed: vec![],
                    added: vec![],
                    restored: vec![],
                };
                if let Some(fault) = fault {
                    stand_in.next("PUT", fault);
                }
                let outcome = apply::apply(&store, &gateway, &change, None, &turn).await.unwrap();
                assert!(matches!(outcome, Outcome::Applied(_)), "{case}: {outcome:?}");
                assert_eq!(guest.db.models(id).await.as_deref(), Some(models), "{case}");
            }
        }
    }
}

/// Beside no API it may be ours what somebody is in the middle of writing, whatever became of our rights since. (MariaDB
/// lets whoever may read lock.)
#[tokio::test]
async fn what_went_into_the_database_is_not_looked_past_without_a_lock() {
    let guest = Guest::new(Engine::Postgres, Schema::NewApi).await;
    guest.given(&[Title::Observe]).await;
    let id = guest.db.channel(ChannelRow::new("a,b")).await;
    let gateway = guest.gateway().await;
    assert!(gateway.image(id).await.unwrap().is_some());
    let error = gateway.settled_image(id).await.unwrap_err();
    assert!(matches!(error, GatewayError::Forbidden { .. }), "{error}");
    gateway.close().await;
}
