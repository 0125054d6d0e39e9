use jiff::SignedDuration;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::*;
use crate::model::Cause;
use crate::notify::{Digest, Event, News, What};
use crate::store::{PostQuery, Posting};

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// A store, who is told, what is so, and the time.
struct World {
    folder: tempfile::TempDir,
    store: Store,
    config: Config,
    notifier: Notifier,
    picture: Picture,
    now: Timestamp,
}

const OPS: &str = "ops: { webhook: { url: 'https://example.com/hook' } }";

impl World {
    async fn new(notify: &str) -> Self {
        let text =
            format!("{{ gateways: {{ main: {{ database: 'x.db' }} }}, notify: {{ time_zone: 'UTC', {notify} }} }}");
        let config: Config = json5::from_str(&text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).await.unwrap();
        let notifier = Notifier::new(store.clone(), &config).await.unwrap();
        let picture = Picture { gateways: ["main".to_owned()].into(), ..Picture::default() };
        Self { folder, store, config, notifier, picture, now: noon() }
    }

    /// We are killed, and start again.
    async fn restart(&mut self) {
        self.notifier = Notifier::new(self.store.clone(), &self.config).await.unwrap();
    }

    async fn tick(&mut self) -> Option<Timestamp> {
        // As `picture::read` has it: what happened after what all have noted.
        let noted = self.notifier.noted();
        let mut picture = self.picture.clone();
        picture.news.retain(|news| noted.get(&news.event.gateway).is_some_and(|noted| news.number > *noted));
        self.notifier.tick(&picture, self.now).await.unwrap()
    }

    /// Ticks every half minute for so long.
    async fn pass(&mut self, minutes: i64) {
        let end = self.now + SignedDuration::from_mins(minutes);
        while self.now < end {
            self.now += SignedDuration::from_secs(30);
            self.tick().await;
        }
    }

    fn event(&self, cause: Cause, subject: &str) -> Event {
        Event {
            cause,
            gateway: "main".to_owned(),
            channel: None,
            subject: subject.to_owned(),
            since: self.now,
            evidence: "refused".to_owned(),
            mark: String::new(),
            change: None,
        }
    }

    fn begins(&mut self, cause: Cause, subject: &str) {
        let event = self.event(cause, subject);
        self.picture.lasting.push(event);
    }

    fn happens(&mut self, cause: Cause, subject: &str) {
        let (number, event) = (self.picture.news.len() + 1, self.event(cause, subject));
        self.picture.news.push(News { number: i64::try_from(number).unwrap(), event });
    }

    /// All messages there are, the oldest first: where each went, and what it told.
    async fn posts(&self) -> Vec<(String, Vec<(What, String)>)> {
        let mut posts = self.store.posts(&PostQuery { limit: 999, ..PostQuery::default() }).await.unwrap().rows;
        posts.reverse();
        let entries = |body: &str| {
            let digest: Digest = serde_json::from_str(body).unwrap();
            digest.entries.into_iter().map(|entry| (entry.what, entry.event.subject)).collect()
        };
        posts.iter().map(|post| (format!("{}/{}", post.to.receiver, post.to.chat), entries(&post.body))).collect()
    }

    /// Does something to the store's file behind everybody's back.
    async fn run(&self, statement: &str) {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("store.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn subscribe(&self, chat: &str, wanted: bool) {
        self.run(&format!("insert or replace into subscriber values ('bot', '{chat}', {wanted}, '', 0)")).await;
    }

    /// What waits is taken by its receiver.
    async fn deliver(&self) {
        let waiting = PostQuery { state: Some(Posting::Waiting), limit: 999, ..PostQuery::default() };
        for post in self.store.posts(&waiting).await.unwrap().rows {
            self.store.posted(post.id, Posting::Sent, self.now, "").await.unwrap();
        }
    }
}

fn one(what: What, subject: &str) -> (What, String) {
    (what, subject.to_owned())
}

#[tokio::test]
async fn a_receiver_that_is_down_for_a_day_gets_the_old_message_and_one_digest() {
    let mut world = World::new(&format!("receivers: {{ {OPS} }}")).await;
    world.pass(1).await;
    world.begins(Cause::KeyBad, "0");
    world.pass(2).await;
    assert_eq!(world.posts().await.len(), 1);
    for hour in 0..24 {
        world.happens(Cause::Withdrawn, &format!("m{hour}"));
        world.begins(Cause::NoCredit, &format!("k{hour}"));
        world.pass(30).await;
        if hour % 2 == 0 {
            world.picture.lasting.pop();
        }
        world.pass(30).await;
        if hour == 12 {
            world.restart().await;
        }
    }
    assert_eq!(world.posts().await.len(), 1, "it waits");
    world.deliver().await;
    world.pass(120).await;
    let posts = world.posts().await;
    assert_eq!(posts.len(), 2, "{posts:?}");
    let told = &posts[1].1;
    let count =
        |wanted: What, of: &str| told.iter().filter(|(what, name)| *what == wanted && name.starts_with(of)).count();
    assert_eq!(count(What::First, "m"), 24);
    assert_eq!((count(What::First, "k"), count(What::Passed, "k")), (12, 12));
    assert_eq!(count(What::Reminder, "0"), 1);
    assert_eq!(told.len(), 24 + 24 + 1);
}

#[tokio::test]
async fn what_could_not_be_kept_is_told_afterwards_and_once() {
    for killed in [true, false] {
        let mut world = World::new(&format!("receivers: {{ {OPS} }}")).await;
        world.pass(1).await;
        world.happens(Cause::Withdrawn, "m");
        world.begins(Cause::Held, "");
        world.tick().await;
        world.now += SignedDuration::from_mins(1);
        world.run("create trigger full before insert on outbox begin select raise(abort, 'full'); end").await;
        let noted = world.notifier.noted();
        assert!(world.notifier.tick(&world.picture, world.now).await.is_err());
        assert!(world.posts().await.is_empty());
        world.run("drop trigger full").await;
        if killed {
            world.restart().await;
            assert_eq!(world.notifier.noted(), noted);
        }
        for _ in 0..3 {
            world.pass(2).await;
            world.deliver().await;
            // A restart tells nothing anew.
            world.restart().await;
        }
        let told = vec![one(What::First, ""), one(What::First, "m")];
        let mut posts = world.posts().await;
        posts[0].1.sort();
        assert_eq!(posts, [("ops/".to_owned(), told)]);
    }
}

#[tokio::test]
async fn every_chat_is_an_audience_but_those_that_want_to_be_left_alone() {
    let mut world = World::new(
        "receivers: { off: { enabled: false, bark: { key: 'k' } }, mail: { bark: { key: 'k' }, at_least: 'critical' },
           bot: { telegram: { token: '1:a', chats: [7, 8] } } }",
    )
    .await;
    world.subscribe("8", false).await;
    world.subscribe("9", true).await;
    world.pass(1).await;
    let names: Vec<_> = world.notifier.audiences().iter().map(|audience| audience.name.clone()).collect();
    assert_eq!(names, ["bot/7", "bot/9", "mail"]);
    world.happens(Cause::Withdrawn, "m");
    world.pass(2).await;
    let told = vec![one(What::First, "m")];
    assert_eq!(world.posts().await, [("bot/7".to_owned(), told.clone()), ("bot/9".to_owned(), told)]);

    // Who comes later is told what is so, and nothing of what happened before.
    world.begins(Cause::Held, "");
    world.deliver().await;
    world.pass(2).await;
    world.deliver().await;
    world.subscribe("10", true).await;
    world.subscribe("9", false).await;
    world.pass(2).await;
    let posts = world.posts().await;
    assert_eq!(posts.last().unwrap(), &("bot/10".to_owned(), vec![one(What::Already, "")]));
    assert_eq!(posts.len(), 5);
    assert_eq!(world.store.ledger("bot/9").await.unwrap(), None, "who left is forgotten");
    assert_eq!(world.notifier.noted()["main"], 1);
}

#[tokio::test]
async fn quiet_hours_mutes_and_maintenance_hold_back_and_the_end_of_each_is_asked_for() {
    let quiet = "quiet: [{ from: '12:30', to: '13:00' }],
        maintenance: [{ from: '2026-11-21T14:00', to: '2026-11-21T15:00' }]";
    let mut world = World::new(&format!("receivers: {{ {OPS} }}, {quiet}")).await;
    world.pass(40).await;
    world.begins(Cause::Held, "quiet");
    let at = |time: &str| Some(format!("2026-11-21T{time}:00Z").parse::<Timestamp>().unwrap());
    assert_eq!(world.tick().await, at("13:00"));
    world.pass(19).await;
    assert!(world.posts().await.is_empty());
    world.pass(2).await;
    world.deliver().await;
    assert_eq!(world.posts().await.len(), 1);
    assert_eq!(world.tick().await, at("14:00"));
    world.store.mute("", at("13:30").unwrap()).await.unwrap();
    world.begins(Cause::KeyBad, "muted");
    assert_eq!(world.tick().await, at("13:30"));
    world.pass(25).await;
    assert_eq!(world.posts().await.len(), 1);
    world.pass(10).await;
    world.deliver().await;
    assert_eq!(world.posts().await.len(), 2);
    world.pass(30).await;
    assert!(world.now > at("14:00").unwrap());
    world.begins(Cause::KeyBad, "maintained");
    assert_eq!(world.tick().await, at("15:00"));
    world.pass(50).await;
    assert_eq!(world.posts().await.len(), 2);
    world.pass(10).await;
    assert_eq!(world.posts().await.len(), 3);
}

#[tokio::test]
async fn a_mute_of_a_bot_is_one_of_each_of_its_chats() {
    let mut world = World::new("receivers: { bot: { telegram: { token: '1:a', chats: [5] } } }").await;
    world.pass(1).await;
    world.store.mute("bot", noon() + SignedDuration::from_hours(1)).await.unwrap();
    world.begins(Cause::Held, "muted");
    world.pass(20).await;
    // Somebody comes and goes: what is forgotten with a chat is not what is said of all.
    world.subscribe("10", true).await;
    world.pass(1).await;
    world.subscribe("10", false).await;
    world.pass(20).await;
    assert_eq!(world.posts().await, []);
    world.pass(30).await;
    assert_eq!(world.posts().await.len(), 1);
}

#[tokio::test]
async fn ten_thousand_events_are_one_message_and_what_is_told_is_kept_so() {
    let mut world = World::new(&format!("receivers: {{ {OPS} }}")).await;
    world.pass(1).await;
    for number in 0..5_000 {
        world.begins(Cause::Held, &format!("held {number}"));
        world.happens(Cause::Withdrawn, &format!("gone {number}"));
    }
    world.pass(2).await;
    world.deliver().await;
    world.restart().await;
    world.pass(2).await;
    let posts = world.posts().await;
    assert_eq!((posts.len(), posts[0].1.len()), (1, 10_000));
}

#[tokio::test]
async fn news_that_could_not_be_noted_by_one_are_not_passed_over_with_the_next() {
    let mut world = World::new("receivers: { a: { bark: { key: 'k' } }, b: { bark: { key: 'k' } } }").await;
    world.pass(1).await;
    world.happens(Cause::Withdrawn, "m1");
    world
        .run("create trigger full before insert on told when new.audience = 'b' begin select raise(abort, 'full'); end")
        .await;
    assert!(world.notifier.tick(&world.picture.clone(), world.now).await.is_err());
    world.run("drop trigger full").await;
    world.happens(Cause::Withdrawn, "m2");
    world.pass(2).await;
    let told = vec![one(What::First, "m1"), one(What::First, "m2")];
    assert_eq!(world.posts().await, [("a/".to_owned(), told.clone()), ("b/".to_owned(), told)]);
}

#[tokio::test]
async fn a_trouble_behind_a_litellm_is_told_once_from_the_store_and_again_when_it_is_over() {
    use crate::model::{Class, GatewayKind, Incident, SignSource};
    let mut world = World::new(&format!("receivers: {{ {OPS} }}")).await;
    world.config.gateways.get_mut("main").unwrap().kind = Some(GatewayKind::LiteLlm);
    let mut lasting = Incident {
        subject: "gpt-4o".to_owned(),
        deployment: String::new(),
        class: Class::Credits,
        since: noon(),
        last: noon(),
        times: 1,
        detail: "Insufficient credits".to_owned(),
        source: SignSource::Log,
    };
    for minute in 0..40 {
        world.now = noon() + SignedDuration::from_mins(minute);
        // Ten minutes long it goes on, sign by sign; then nobody looks, and then it is over.
        let (last, times) = (world.now, lasting.times + 1);
        match minute {
            2..12 => {
                lasting = Incident { last, times, detail: format!("Insufficient credits {minute}"), ..lasting };
                world.store.keep_incidents("main", std::slice::from_ref(&lasting), world.now).await.unwrap();
            }
            30 => world.store.keep_incidents("main", &[], world.now).await.unwrap(),
            _ => {}
        }
        world.picture = picture::read(&world.store, &world.config, &BTreeMap::new(), noon(), world.now).await.unwrap();
        world.tick().await;
        world.deliver().await;
        if minute == 6 {
            world.restart().await;
        }
    }
    let told: Vec<_> = world.posts().await.into_iter().map(|(_, told)| told).collect();
    let told_once = [What::First, What::Resolved].map(|what| vec![one(what, "gpt-4o")]);
    assert_eq!(told, told_once);
}
