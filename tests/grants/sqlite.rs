//! SQLite knows no grants: the modes of the file and of its folder are what they are elsewhere.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::scene::Scene;

/// Somebody who owns nothing, and the group that the file is opened to.
const NOBODY: u32 = 65534;
const GROUP: u32 = 64_000;
const PATIENCE: Duration = Duration::from_secs(50);

/// A gateway's file in a folder of its own, and the binary run by somebody else.
struct Place {
    scene: Scene,
    binary: PathBuf,
    /// Ours: the configuration and the store.
    own: tempfile::TempDir,
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

impl Place {
    async fn new() -> Self {
        let mut scene = Scene::new("observe").await;
        scene.channel("Acme", "good,dead", &[("good", "works"), ("dead", "gone")]).await;
        scene.channel("Borealis", "dead,good", &[("dead", "works"), ("good", "works")]).await;
        let own = tempfile::tempdir().unwrap();
        let binary = own.path().join("channelwarden");
        let built = env!("CARGO_BIN_EXE_channelwarden");
        std::fs::hard_link(built, &binary).or_else(|_| std::fs::copy(built, &binary).map(drop)).unwrap();
        let place = Self { scene, binary, own };
        mode(place.own.path(), 0o755);
        if is_root() {
            chown(place.own.path(), Some(NOBODY), Some(GROUP)).unwrap();
        }
        place.opened(false, false);
        place
    }

    fn file(&self) -> PathBuf {
        self.scene.gateway_file()
    }

    /// May our user write the file, and in its folder? Root, whom no mode stops, becomes somebody else of the file's group;
    /// anybody else is the owner.
    fn opened(&self, file: bool, folder: bool) {
        let (path, with) = (self.file(), |path: &Path, base: u32, write: bool| {
            let bits = if is_root() { 0o020 } else { 0o200 };
            mode(path, if write { base | bits } else { base & !bits });
        });
        if is_root() {
            chown(&path, Some(0), Some(GROUP)).unwrap();
            chown(path.parent().unwrap(), Some(0), Some(GROUP)).unwrap();
        }
        let owner = if is_root() { 0o200 } else { 0 };
        with(&path, 0o444 | owner, file);
        with(path.parent().unwrap(), 0o555 | owner, folder);
    }

    fn configure(&self, mode: &str) {
        let text = std::fs::read_to_string(self.scene.setup.config_file()).unwrap();
        let mut config: Value = serde_json::from_str(&text).unwrap();
        config["gateways"]["main"]["mode"] = json!(mode);
        config["store"]["path"] = json!(self.own.path().join("store.db"));
        std::fs::write(self.own.path().join("config.json5"), config.to_string()).unwrap();
    }

    async fn run(&self, args: &[&str]) -> (i32, String) {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={GROUP}")).arg("--clear-groups");
            command.arg(&self.binary);
            command
        } else {
            Command::new(&self.binary)
        };
        let path = "/usr/local/bin:/usr/bin:/bin";
        command.args(args).current_dir(self.own.path()).env_clear().env("PATH", path).env("HOME", self.own.path());
        let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let told = text(output.stdout) + &text(output.stderr);
        assert!(!told.contains("canary"), "{args:?} tells a secret: {told}");
        (output.status.code().unwrap_or(-1), told)
    }
}

/// So that whoever is not root can remove the folder.
impl Drop for Place {
    fn drop(&mut self) {
        self.opened(true, true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_only_be_read_is_observed() {
    let place = Place::new().await;
    place.configure("observe");
    place.opened(true, true);
    place.scene.setup.db.run("DELETE FROM abilities WHERE model = 'good' AND channel_id = 1").await;
    place.opened(false, false);
    let bytes = std::fs::read(place.file()).unwrap();
    assert_eq!(place.run(&["config", "check"]).await.0, 0);
    let (code, told) = place.run(&["sweep", "--dry-run"]).await;
    assert!(code == 0 && told.contains("dead"), "{told}");
    let (_, told) = place.run(&["doctor"]).await;
    assert!(told.contains("2 channels, read only"), "{told}");
    let (code, told) = place.run(&["repair"]).await;
    assert!(code == 1 && told.contains("the file cannot be written"), "{told}");
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_wal_mode_is_observed_while_the_gateway_runs() {
    let place = Place::new().await;
    place.configure("observe");
    // As the gateway holds it: its two files beside the database are there.
    place.opened(true, true);
    place.scene.setup.db.rows("PRAGMA journal_mode = WAL").await;
    place.scene.setup.db.run("UPDATE channels SET name = name").await;
    for end in ["-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{end}", place.file().display()));
        mode(&beside, if is_root() { 0o644 } else { 0o444 });
    }
    place.opened(false, false);
    let (code, told) = place.run(&["sweep", "--dry-run"]).await;
    assert!(code == 0 && told.contains("dead"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn to_write_takes_the_file_and_its_folder() {
    let place = Place::new().await;
    place.configure("apply");
    place.opened(true, false);
    let before = place.scene.setup.db.dump().await;
    place.run(&["sweep"]).await;
    let (_, told) = place.run(&["sweep"]).await;
    assert!(told.contains("its folder"), "{told}");
    assert_eq!(place.scene.setup.db.dump().await, before, "nothing is half written");

    place.opened(true, true);
    let (code, told) = place.run(&["sweep"]).await;
    assert_eq!((code, place.scene.list("Acme").await.as_str()), (0, "good"), "{told}");
    let (code, told) = place.run(&["undo", "--last"]).await;
    assert_eq!((code, place.scene.list("Acme").await.as_str()), (0, "good,dead"), "{told}");
    assert_eq!(place.scene.setup.db.dump().await, before);
}
