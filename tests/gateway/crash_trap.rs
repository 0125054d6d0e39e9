//! The crash trap of the gateways' cache (new-api #7331): no sequence of our operations lays it, at no instant.

use std::collections::BTreeSet;
use std::path::Path;

use channelwarden::apply::{self, Undo};
use channelwarden::model::{Change, ChannelRef, WorkingList};
use proptest::prelude::*;

use crate::bench::{Bench, GATEWAY};
use crate::databases::{Engine, Lit};
use crate::gateways::{ChannelRow, Schema};

/// A channel as it was made, and rows that are not as the gateway would have them.
#[derive(Clone, Debug)]
struct Start {
    models: String,
    group: String,
    status: i64,
    /// Which of its rows are missing, by a bit each.
    missing: u16,
    /// Rows that somebody put in: group, model.
    stray: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Debug)]
enum Step {
    /// A plan is applied to a channel.
    Swap(usize, Vec<&'static str>),
    Repair(usize),
    /// A rehearsal, of whichever.
    Rehearse(usize),
    /// A change is taken back: the newest, or one before it.
    Undo(usize),
    /// Not ours: a channel is enabled, disabled, or given other groups; its rows are left as they are.
    Status(usize, i64),
    Group(usize, String),
}

const GROUPS: [&str; 6] = ["default", "vip", "Vip", " vip", "", "x"];
const MODELS: [&str; 5] = ["a", "b", "c", " a", ""];

fn list_of(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(names), 1..4).prop_map(|names| names.join(","))
}

fn start() -> impl Strategy<Value = Start> {
    let stray = prop::collection::vec((prop::sample::select(&GROUPS[..]), prop::sample::select(&MODELS[..])), 0..3);
    let missing = prop_oneof![Just(0_u16), any::<u16>()];
    (list_of(&MODELS), list_of(&GROUPS), prop::sample::select(vec![1_i64, 1, 1, 2, 3]), missing, stray)
        .prop_map(|(models, group, status, missing, stray)| Start { models, group, status, missing, stray })
}

fn step() -> impl Strategy<Value = Step> {
    let channel = 0..3_usize;
    let names = prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 1..4);
    prop_oneof![
        3 => (channel.clone(), names).prop_map(|(channel, names)| Step::Swap(channel, names)),
        3 => channel.clone().prop_map(Step::Repair),
        1 => channel.clone().prop_map(Step::Rehearse),
        3 => (0..3_usize).prop_map(Step::Undo),
        1 => (channel.clone(), prop::sample::select(vec![1_i64, 2])).prop_map(|(channel, to)| Step::Status(channel, to)),
        1 => (channel, list_of(&GROUPS)).prop_map(|(channel, to)| Step::Group(channel, to)),
    ]
}

impl Bench {
    async fn begin(&self, starts: &[Start]) {
        for table in ["channels", "abilities"] {
            self.db.run(&format!("DELETE FROM {table}")).await;
        }
        for (number, start) in (1_i64..).zip(starts) {
            let row = ChannelRow { id: Some(number), status: Some(start.status), ..ChannelRow::new(&start.models) };
            self.db.channel(row.group(&start.group)).await;
            let routes = self.db.routes(number).await;
            for (_, route) in routes.iter().enumerate().filter(|(bit, _)| start.missing >> bit & 1 == 1) {
                let (group, model) = route.split_once('/').unwrap();
                let [group, model] = [group, model].map(|text| Lit::text(text).sql(self.db.engine));
                let rows = format!("channel_id = {number} AND `group` = {group} AND model = {model}");
                self.db.run(&format!("DELETE FROM abilities WHERE {rows}")).await;
            }
            for (group, model) in &start.stray {
                let values = format!("'{group}', '{model}', {number}, 1, 0, 0, NULL");
                self.db.run(&format!("INSERT INTO abilities VALUES ({values}) ON CONFLICT DO NOTHING")).await;
            }
        }
    }

    /// What the gateway's cache would crash on, as its code has it: a map is made for each group that some routing row
    /// names, then each enabled channel is put into the map of each of its groups, both split raw.
    async fn trapped(&self) -> BTreeSet<(String, String)> {
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        let maps: BTreeSet<_> =
            self.db.rows("SELECT DISTINCT `group` FROM abilities").await.iter().map(|row| text(&row[0])).collect();
        let channels = self.db.rows("SELECT CAST(id AS TEXT), `group` FROM channels WHERE status = 1").await;
        let mut trapped = BTreeSet::new();
        for row in &channels {
            let groups = text(&row[1]);
            trapped.extend(
                groups.split(',').filter(|group| !maps.contains(*group)).map(|group| (text(&row[0]), group.to_owned())),
            );
        }
        trapped
    }

    /// How often the database was committed to: SQLite counts it in its file's head.
    fn commits(&self) -> u32 {
        let address = self.db.address();
        let bytes = std::fs::read(Path::new(address.strip_prefix("sqlite:").unwrap())).unwrap();
        u32::from_be_bytes(bytes[24..28].try_into().unwrap())
    }

    async fn take(&self, step: &Step) {
        let turn = self.store.turn().await.unwrap();
        let gateway = self.whole();
        match step {
            Step::Swap(channel, names) => {
                let Some(row) = self.gateway.channel(id(*channel)).await.unwrap() else { return };
                let change = Change {
                    channel: ChannelRef { id: row.id, created: row.created, name: row.name.clone() },
                    before: row.models.unwrap_or_default(),
                    fingerprint: row.fingerprint,
                    after: WorkingList::split(&names.join(",")).unwrap(),
                    removed: vec![],
                    added: vec![],
                    restored: vec![],
                };
                apply::apply(&self.store, &gateway, &change, None, &turn).await.unwrap();
            }
            Step::Repair(channel) => {
                let Some(drift) = self.drift(id(*channel)).await else { return };
                apply::repair(&self.store, &gateway, id(*channel), drift.mark(), None, &turn).await.unwrap();
            }
            Step::Rehearse(channel) => {
                let Some(drift) = self.drift(id(*channel)).await else { return };
                apply::rehearse_repair(&gateway, id(*channel), drift.mark()).await.unwrap();
            }
            Step::Undo(back) => {
                let done = self.store.undoable(GATEWAY, None, None).await.unwrap();
                let Some(record) = done.get(*back) else { return };
                apply::undo(&self.store, &gateway, record, Undo::Commit, &turn).await.unwrap();
            }
            Step::Status(channel, to) => {
                self.db.run(&format!("UPDATE channels SET status = {to} WHERE id = {}", id(*channel))).await;
            }
            Step::Group(channel, to) => {
                self.db.run(&format!("UPDATE channels SET `group` = '{to}' WHERE id = {}", id(*channel))).await;
            }
        }
    }
}

fn id(channel: usize) -> i64 {
    i64::try_from(channel).unwrap() + 1
}

/// Plays the steps; what each of ours newly trapped, and whether it was seen in more than one state on the way.
async fn play(starts: &[Start], steps: &[Step]) -> Result<(), TestCaseError> {
    let bench = Bench::new(Engine::Sqlite, Schema::NewApi).await;
    bench.begin(starts).await;
    for step in steps {
        let (trapped, commits) = (bench.trapped().await, bench.commits());
        let before = bench.db.dump().await;
        bench.take(step).await;
        if matches!(step, Step::Status(..) | Step::Group(..)) {
            continue;
        }
        // One commit: what stands there now is the only state beside the one before that anybody could have seen.
        prop_assert!(bench.commits() - commits <= 1, "{:?} was committed in parts", step);
        let after = bench.trapped().await;
        let newly: Vec<_> = after.difference(&trapped).collect();
        prop_assert!(newly.is_empty(), "{:?} laid a trap: {:?}\nbefore:\n{}", step, newly, before);
        if matches!(step, Step::Rehearse(_)) {
            prop_assert_eq!(bench.db.dump().await, before);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_our_operations_lays_it(
        starts in prop::collection::vec(start(), 1..4),
        steps in prop::collection::vec(step(), 1..9),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&starts, &steps))?;
    }
}

/// The shortest sequences that would lay it, were a write not refused: so that the property above has something to find.
#[tokio::test]
async fn the_ways_into_the_trap_are_refused() {
    let whole = |models: &str, group: &str, status| Start {
        models: models.to_owned(),
        group: group.to_owned(),
        status,
        missing: 0,
        stray: vec![],
    };
    // A repair of a group without any row, taken back.
    let bare = Start { missing: u16::MAX, ..whole("a", "vip", 1) };
    play(std::slice::from_ref(&bare), &[Step::Repair(0), Step::Undo(0)]).await.unwrap();
    // A change of a disabled channel whose rows are missing, taken back after it was enabled.
    let off = Start { status: 2, ..bare.clone() };
    play(&[off], &[Step::Swap(0, vec!["b"]), Step::Status(0, 1), Step::Undo(0)]).await.unwrap();
    // The stray row of one channel is all that another one's group has.
    let stray = Start { stray: vec![("vip", "z")], ..whole("a", "default", 2) };
    for step in [Step::Repair(1), Step::Swap(1, vec!["a", "b"])] {
        play(&[bare.clone(), stray.clone()], &[step]).await.unwrap();
    }
    // The same, after the first one got rows of its own, which are then taken back.
    play(&[bare, stray], &[Step::Repair(0), Step::Repair(1), Step::Undo(1)]).await.unwrap();
}
