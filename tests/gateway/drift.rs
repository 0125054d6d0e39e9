//! Drift: seen whatever it is, by one statement a hundred channels; set right byte for byte as the gateway would have it.

use channelwarden::apply::{self, Outcome, Undo};
use channelwarden::gateway::{Drift, Gateway};
use channelwarden::store::{ChangeState, HoldScope};
use jiff::Timestamp;

use crate::bench::{Bench, GATEWAY};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

const WITH_ROWS: [Schema; 5] =
    [Schema::OneApi, Schema::NewApiOld, Schema::NewApi, Schema::NewApiOverOneApi, Schema::Veloera];

impl Bench {
    pub(crate) fn whole(&self) -> Gateway {
        Gateway::of(GATEWAY, Some(self.gateway.clone()), None, None).unwrap()
    }

    /// The drift of one channel.
    pub(crate) async fn drift(&self, id: i64) -> Option<Drift> {
        self.gateway.drift(&[id]).await.unwrap().pop()
    }

    /// Sets a channel's drift right, if it has any.
    pub(crate) async fn repair(&self, id: i64) -> Option<Outcome> {
        let mark = self.drift(id).await?.mark();
        let turn = self.store.turn().await.unwrap();
        apply::repair(&self.store, &self.whole(), id, mark, None, &turn).await.unwrap()
    }

    /// Takes the latest change back.
    pub(crate) async fn take_back(&self) -> Outcome {
        let record = self.store.undoable(GATEWAY, None, None).await.unwrap().remove(0);
        let turn = self.store.turn().await.unwrap();
        apply::undo(&self.store, &self.whole(), &record, Undo::Commit, &turn).await.unwrap()
    }
}

#[tokio::test]
async fn what_the_gateway_wrote_is_no_drift() {
    for engine in Engine::ALL {
        for schema in WITH_ROWS {
            let bench = Bench::new(engine, schema).await;
            let mut ids = vec![];
            for (models, group) in [("a,b", "default"), ("a, b,,c,", "default,"), ("", "vip,x"), ("a,a", "vip,vip")] {
                let row = ChannelRow::new(models).group(group);
                ids.push(bench.db.channel(row.clone()).await);
                ids.push(bench.db.channel(ChannelRow { status: Some(2), priority: None, weight: None, ..row }).await);
            }
            ids.push(bench.db.channel(ChannelRow { models: None, group: None, ..ChannelRow::default() }).await);
            if engine == Engine::MySql {
                ids.push(bench.db.channel(ChannelRow::new("GPT-4o,gpt-4o,gpt-4o ,x")).await);
            }
            assert_eq!(bench.gateway.drift(&ids).await.unwrap(), [], "{engine:?} {schema:?}");
            assert_eq!(bench.gateway.orphans().await.unwrap().rows, 0);
        }
        let hub = Bench::new(engine, Schema::OneHub).await;
        let id = hub.db.channel(ChannelRow::new("gpt-4*,a")).await;
        assert_eq!(hub.gateway.drift(&[id]).await.unwrap(), []);
        assert_eq!(hub.gateway.orphans().await.unwrap().rows, 0);
    }
}

#[tokio::test]
async fn every_sort_of_drift_is_seen_set_right_and_taken_back() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let row = ChannelRow { priority: Some(3), tag: Some("t".to_owned()), ..ChannelRow::new("a, b,c") };
        let row = row.group("default,vip");
        let id = bench.db.channel(row.clone()).await;
        let (group, no) = (engine.quote("group"), Lit::Bool(false).sql(engine));
        bench.db.run(&format!("DELETE FROM abilities WHERE {group} = 'vip'")).await;
        bench.db.run("UPDATE abilities SET model = 'stray' WHERE model = ' b'").await;
        bench.db.run(&format!("UPDATE abilities SET enabled = {no}, priority = NULL WHERE model = 'c'")).await;
        let drifted = bench.db.dump().await;
        let channels = bench.db.table_without("channels", &[]).await;

        let drift = bench.drift(id).await.unwrap();
        let told = [&drift.rows.missing, &drift.rows.extra, &drift.rows.differing];
        assert_eq!(told.map(|sort| sort.count), [4, 1, 1], "{engine:?} {drift:?}");
        assert_eq!(told[1].example, "default/stray");
        assert_eq!(told[2].example, "default/c (enabled false instead of true, priority NULL instead of 3)");
        assert_eq!(drift.rows.to_string(), "+4 −1 ~1 rows");
        assert_eq!(drift.crashes, ["vip"], "{engine:?}: no row of any channel names it");
        assert_eq!(drift.obstacle, None);

        let outcome = apply::rehearse_repair(&bench.whole(), id, drift.mark()).await.unwrap();
        assert_eq!(outcome, Some(Outcome::Rehearsed), "{engine:?}");
        assert_eq!(bench.db.dump().await, drifted, "{engine:?}: a rehearsal changes nothing");

        assert!(matches!(bench.repair(id).await, Some(Outcome::Applied(_))), "{engine:?}");
        assert_eq!(bench.drift(id).await, None);
        assert_eq!(bench.db.table_without("channels", &[]).await, channels, "no channel's row is touched");
        let ours = bench.db.dump().await;
        bench.db.rebuild(id, &row).await;
        assert_eq!(bench.db.dump().await, ours, "{engine:?}: as the gateway would have them");

        // A disabled channel crashes nothing, so even that drift comes back as it was.
        bench.db.run("DELETE FROM channels").await;
        bench.db.run("DELETE FROM abilities").await;
        let id = bench.db.channel(ChannelRow { status: Some(2), ..row.clone() }).await;
        bench.db.run(&format!("DELETE FROM abilities WHERE {group} = 'vip'")).await;
        let drifted = bench.db.dump().await;
        assert_eq!(bench.drift(id).await.unwrap().crashes, Vec::<String>::new());
        assert!(matches!(bench.repair(id).await, Some(Outcome::Applied(_))), "{engine:?}");
        assert!(matches!(bench.take_back().await, Outcome::Applied(_)), "{engine:?}");
        assert_eq!(bench.db.dump().await, drifted, "{engine:?}: taken back byte for byte");
        let channel = bench.drift(id).await.unwrap().channel;
        assert!(bench.store.repair_taken_back(GATEWAY, &channel).await.unwrap(), "the loop leaves it alone");
    }
}

#[tokio::test]
async fn a_group_that_another_channels_row_names_crashes_nothing() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::new("a").group("default,vip")).await;
        let group = engine.quote("group");
        bench.db.run(&format!("DELETE FROM abilities WHERE {group} = 'vip'")).await;
        let other = bench.db.channel(ChannelRow::new("b")).await;
        bench.db.run(&format!("UPDATE abilities SET {group} = 'Vip' WHERE channel_id = {other}")).await;
        let crashes = bench.drift(id).await.unwrap().crashes;
        assert_eq!(crashes, ["vip"], "{engine:?}: the cache's map is byte for byte, whatever the collation");
        bench.db.run(&format!("UPDATE abilities SET {group} = 'vip' WHERE channel_id = {other}")).await;
        assert_eq!(bench.drift(id).await.unwrap().crashes, Vec::<String>::new(), "{engine:?}");

        // That stray row keeps the gateway alive: it is not taken away before the first channel has rows of its own.
        let before = bench.db.dump().await;
        let Some(Outcome::Refused(why)) = bench.repair(other).await else { panic!("{engine:?}") };
        assert!(why.contains(&format!("repair channel #{id} first")), "{why}");
        assert_eq!(bench.db.dump().await, before);
        assert!(matches!(bench.repair(id).await, Some(Outcome::Applied(_))), "{engine:?}");
        assert!(matches!(bench.repair(other).await, Some(Outcome::Applied(_))), "{engine:?}");
        assert_eq!(bench.gateway.drift(&[id, other]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_cannot_be_set_right_is_named() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let one = bench.db.channel(ChannelRow::new("a").group("OPS,Ops")).await;
        let drift = bench.drift(one).await;
        if engine == Engine::MySql {
            let drift = drift.unwrap();
            assert!(drift.obstacle.as_ref().unwrap().contains("one to this database's collation"), "{drift:?}");
            assert_eq!(drift.crashes, ["Ops"], "{drift:?}");
            assert!(matches!(bench.repair(one).await, Some(Outcome::Refused(_))));
        } else {
            assert_eq!(drift, None);
        }
        let empty = bench.db.channel(ChannelRow::new("")).await;
        bench.db.run(&format!("DELETE FROM abilities WHERE channel_id = {empty}")).await;
        let drift = bench.drift(empty).await.unwrap();
        assert!(drift.obstacle.as_ref().unwrap().contains("no model"), "{engine:?} {drift:?}");
        assert!(matches!(bench.repair(empty).await, Some(Outcome::Refused(_))), "{engine:?}");
    }
}

#[tokio::test]
async fn an_edit_a_hold_and_a_second_look_stop_a_repair() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let id = bench.db.channel(ChannelRow::default()).await;
        bench.db.run("DELETE FROM abilities WHERE model = 'a'").await;
        let mark = bench.drift(id).await.unwrap().mark();
        bench.db.run("DELETE FROM abilities WHERE model = 'b'").await;
        let turn = bench.store.turn().await.unwrap();
        let done = apply::repair(&bench.store, &bench.whole(), id, mark, None, &turn).await.unwrap();
        assert!(matches!(&done, Some(Outcome::Conflict(why)) if why.contains("since we looked")), "{done:?}");
        drop(turn);

        bench.store.hold(&HoldScope::default(), "stop", Timestamp::UNIX_EPOCH).await.unwrap();
        let before = bench.db.dump().await;
        assert!(matches!(bench.repair(id).await, Some(Outcome::OnHold(_))), "{engine:?}");
        assert_eq!(bench.db.dump().await, before);
        bench.store.release(&HoldScope::default()).await.unwrap();

        assert!(matches!(bench.repair(id).await, Some(Outcome::Applied(_))), "{engine:?}");
        assert_eq!(bench.repair(id).await, None, "nothing is left to do");
        bench.db.run("UPDATE abilities SET weight = 9 WHERE model = 'c'").await;
        assert!(matches!(bench.take_back().await, Outcome::Conflict(_)), "{engine:?}: somebody else's rows");
    }
}

#[tokio::test]
async fn a_repair_that_a_crash_left_open_is_settled_by_the_rows() {
    for engine in Engine::ALL {
        for (case, state) in [
            ("untouched", ChangeState::Abandoned),
            ("written", ChangeState::Applied),
            ("theirs", ChangeState::Conflict),
            ("list", ChangeState::Conflict),
        ] {
            let bench = Bench::new(engine, Schema::NewApi).await;
            let id = bench.db.channel(ChannelRow::default()).await;
            bench.db.run("DELETE FROM abilities WHERE model = 'a'").await;
            let intent = bench.intent(id, "a,b,c").await;
            bench.store.open_intent(intent, Timestamp::UNIX_EPOCH).await.unwrap();
            match case {
                "written" => bench.db.rebuild(id, &ChannelRow::default()).await,
                "theirs" => bench.db.run("DELETE FROM abilities WHERE model = 'b'").await,
                "list" => bench.db.edit(id, "models", Lit::text("a,b")).await,
                _ => {}
            }
            let stands = bench.db.dump().await;
            let turn = bench.store.turn().await.unwrap();
            apply::recover(&bench.store, &bench.whole(), &turn).await.unwrap();
            assert_eq!(bench.store.changes(GATEWAY, 1).await.unwrap()[0].state, state, "{engine:?} {case}");
            assert_eq!(bench.db.dump().await, stands, "{engine:?} {case}: recovery writes nothing");
        }
    }
}

#[tokio::test]
async fn a_hundred_channels_take_one_statement_and_nothing_is_written() {
    for engine in Engine::ALL {
        let bench = Bench::new(engine, Schema::NewApi).await;
        let mut ids = vec![];
        for n in 0..100 {
            ids.push(bench.db.channel(ChannelRow::new(&format!("m{n},x")).group("default,vip")).await);
        }
        let before = bench.gateway.statements();
        assert_eq!(bench.gateway.drift(&ids).await.unwrap(), []);
        assert_eq!(bench.gateway.statements().all - before.all, 1, "{engine:?}");
        bench.db.run(&format!("DELETE FROM channels WHERE id IN ({}, {})", ids[0], ids[7])).await;
        let orphans = bench.gateway.orphans().await.unwrap();
        assert_eq!((orphans.rows, orphans.channels), (8, vec![ids[0], ids[7]]), "{engine:?}");
        assert_eq!(bench.gateway.drift(&ids).await.unwrap(), [], "a channel that is gone has not drifted");
        assert_eq!(bench.gateway.statements().writes, before.writes);
    }
}
