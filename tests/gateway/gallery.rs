//! One channel of every sort, in every gateway's tables, on every engine: the gateway told and all of them read.

use std::collections::BTreeMap;

use channelwarden::model::{Channel, Secret, Status};

use crate::bench::open;
use crate::databases::{Db, Engine};
use crate::gateways::Schema;

#[tokio::test]
async fn every_sort_of_channel_is_read_in_every_gateway_on_every_engine() {
    for engine in Engine::ALL {
        for schema in Schema::ALL {
            let db = Db::create(engine, schema).await;
            let ids = db.gallery(schema).await;
            let before = db.dump().await;
            let gateway = open(&db.address()).await.unwrap();
            assert_eq!(gateway.schema().kind, schema.kind(), "{engine:?} {schema:?}");

            let mut channels = BTreeMap::new();
            let mut pages = gateway.pages(None);
            loop {
                let page = pages.next().await.unwrap();
                if page.is_empty() {
                    break;
                }
                for channel in page {
                    let channel = channel.unwrap();
                    assert!(channels.insert(channel.name.clone(), channel).is_none(), "read twice");
                }
            }
            let mut there: Vec<_> = ids.keys().copied().filter(|name| *name != "deleted").collect();
            there.sort_unstable();
            let read: Vec<_> = channels.keys().map(String::as_str).collect();
            assert_eq!(read, there, "{engine:?} {schema:?}");
            looks_right(&channels, schema);
            if let Some(id) = ids.get("groups but for case") {
                assert_eq!(db.routes(*id).await.len(), db.rows_of_groups_but_for_case(), "{engine:?} {schema:?}");
            }
            assert_eq!(db.dump().await, before, "{engine:?} {schema:?}: looking changes nothing");
        }
    }
}

fn looks_right(channels: &BTreeMap<String, Channel>, schema: Schema) {
    let of = |name: &str| &channels[name];
    let keys = |name: &str| of(name).keys.iter().map(Secret::expose).collect::<Vec<_>>();
    // As stored: what a list should be is not the reader's business.
    for (name, models) in [("a name twice", "a,b,a"), ("comma at the end", "a,b,"), ("space after a comma", "a, b")] {
        assert_eq!(of(name).models.as_deref(), Some(models), "{schema:?}");
    }
    assert_eq!(of("switched off").status, Status::ManuallyDisabled);
    assert_eq!(of("switched off by itself").status, Status::AutoDisabled);
    assert_eq!(of("alias").mapping.as_ref().unwrap().0["fast"], "gpt-4o-mini");
    // New API follows a chain; the others would not, and say so.
    let follows = !matches!(schema, Schema::OneApi | Schema::OneHub | Schema::DoneHub);
    assert_eq!(of("chain").mapping.is_ok(), follows, "{schema:?}");
    assert_eq!(of("address NULL").base_url, None);
    assert_eq!(of("plain").base_url.as_deref(), Some(""));
    assert_eq!(of("address with a slash").base_url.as_deref(), Some("https://up.example/"));
    assert_eq!((of("whole address").type_number, of("unknown type").type_number), (8, 999));
    assert_eq!(keys("plain"), ["sk-test"]);
    if schema.is_hub() {
        assert_eq!(of("wildcard").models.as_deref(), Some("gpt-4*,a"));
        assert!(channels.contains_key("tag 1") && channels.contains_key("tag 2"));
    }
    if matches!(schema, Schema::NewApi | Schema::NewApiOverOneApi) {
        assert_eq!(keys("one key"), ["sk-1"]);
        assert_eq!(keys("three keys"), ["sk-1", "sk-3"]);
        assert_eq!(keys("keys in an array"), ["\"sk-1\"", "\"sk-2\""]);
        assert_eq!(of("plan").base_url.as_deref(), Some("glm-coding-plan"));
    }
}
