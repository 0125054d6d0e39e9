//! `run`: the loop as a service manager sees it, and `healthcheck` beside it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use crate::databases::Lit;
use crate::scene::{CANARY, Scene, binary};

/// A loop under way; killed when dropped.
pub(crate) struct Loop {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    seen: Vec<String>,
}

impl Loop {
    fn start(scene: &Scene) -> Self {
        Self::start_in(&scene.folder())
    }

    pub(crate) fn start_in(folder: &Path) -> Self {
        let mut command = binary(folder, &["run"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log, seen: vec![] }
    }

    /// Reads the log up to a line that holds these words.
    pub(crate) async fn until(&mut self, words: &str) -> String {
        let found = async {
            loop {
                let line = self.log.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended: {:?}", self.seen));
                assert!(!line.contains(CANARY) && !line.contains('\u{1b}'), "{line}");
                self.seen.push(line.clone());
                if line.contains(words) {
                    return line;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), found).await;
        found.unwrap_or_else(|_| panic!("no {words:?} in {:#?}", self.seen))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap().success()
        );
    }

    /// Ends it as a service manager does; its exit code.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let ended = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("it does not stop on SIGTERM")).unwrap().code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_begins_with_a_round_looks_again_at_what_is_doubtful_and_stops_with_0() {
    let config =
        json!({ "verdict": { "denied": { "times": 2, "over": "1s" }, "restore_first": "1s", "restore_max": "1s" } });
    let mut scene = Scene::with(&config).await;
    scene.channel("Acme", "good,fine,dead", &[("good", "works"), ("fine", "works"), ("dead", "gone")]).await;
    scene.channel("Borealis", "dead", &[("dead", "works")]).await;
    let before = scene.run_to(1, &["healthcheck"]).await;
    assert!(before.err.contains("never ran"), "{before}");

    // `probe.every` is an hour: all but the first round is for what is doubtful or withdrawn.
    let mut looping = Loop::start(&scene);
    let first = looping.until("checked").await;
    assert!(first.contains("4 checked, 1 doubtful"), "{first}");
    let off = looping.until("off the list").await;
    assert!(off.contains("dead") && off.contains("gone 2×"), "{off}");
    looping.until("1 withdrawn").await;
    assert_eq!(scene.list("Acme").await, "good,fine");
    let alive = scene.run_to(0, &["healthcheck"]).await;
    assert!(alive.out.starts_with("alive "), "{alive}");
    scene.upstream("Acme").set("dead", crate::world::behaviour("works"));
    // A model just taken off is looked at again by the next full round, after that at growing gaps.
    looping.signal("HUP");
    looping.until("1 restored").await;
    assert_eq!(scene.list("Acme").await, "good,fine,dead");
    assert_eq!(looping.stop().await, Some(0));
    assert_eq!(scene.setup.db.dump().await, scene.setup.as_the_gateway_would().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_round_comes_every_probe_every() {
    let mut scene = Scene::with(&json!({ "probe": { "every": "1m", "jitter": 0 } })).await;
    scene.channel("Acme", "good", &[("good", "works")]).await;
    let mut looping = Loop::start(&scene);
    looping.until("1 checked").await;
    // The configuration takes no time under a minute: SIGHUP is a full round at once, as is every start.
    looping.signal("HUP");
    looping.until("configuration read again").await;
    looping.until("1 checked").await;
    scene.configure("{ gateways: ");
    looping.signal("HUP");
    let kept = looping.until("stays as it was").await;
    assert!(kept.contains("config.json5:1"), "{kept}");
    assert_eq!(scene.upstream("Acme").asked("good"), 2);
    assert_eq!(looping.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_round_is_told_and_the_loop_lives() {
    let config = json!({ "verdict": { "denied": { "times": 3, "over": "2s" } } });
    let mut scene = Scene::with(&config).await;
    scene.channel("Acme", "good,dead", &[("good", "works"), ("dead", "gone")]).await;
    let mut looping = Loop::start(&scene);
    looping.until("2 checked").await;
    let (file, away) = (scene.gateway_file(), scene.folder().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    let error = looping.until("ERROR").await;
    assert!(error.contains("one-api.db"), "{error}");
    std::fs::rename(&away, &file).unwrap();
    // The next full round is an hour away; a reload is one at once.
    looping.signal("HUP");
    looping.until("2 checked").await;
    assert_eq!(looping.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_went_away_while_doubtful_does_not_keep_the_loop_busy() {
    let config = json!({ "verdict": { "denied": { "times": 2, "over": "1s" } } });
    let mut scene = Scene::with(&config).await;
    scene.channel("Acme", "good,dead", &[("good", "works"), ("dead", "gone")]).await;
    scene.channel("Borealis", "good,dead", &[("good", "works"), ("dead", "gone")]).await;
    scene.run_to(0, &["sweep"]).await;
    scene.setup.db.edit(1, "status", Lit::Int(2)).await;
    scene.setup.db.run("DELETE FROM channels WHERE id = 2").await;
    scene.setup.db.run("DELETE FROM abilities WHERE channel_id = 2").await;
    // Both are due a second after the sweep.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let mut looping = Loop::start(&scene);
    looping.until("0 checked").await;
    let again = tokio::time::timeout(Duration::from_secs(4), looping.log.next_line()).await;
    assert!(again.is_err(), "{again:?}");
    assert_eq!(looping.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_fell_silent_is_not_healthy() {
    let scene = Scene::dead_model("observe").await;
    let long_ago = jiff::Timestamp::UNIX_EPOCH;
    scene.setup.store.beat(long_ago).await.unwrap();
    let stale = scene.run_to(1, &["healthcheck"]).await;
    assert!(stale.err.contains("ago"), "{stale}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json5"), "{ gateways: { main: { database: 'x.db' } } }").unwrap();
    let never = crate::scene::run_in(folder.path(), &["healthcheck"]).await;
    assert_eq!(never.code, 1);
    assert!(never.err.contains("channelwarden run"), "{never}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a health check makes no store");
}
