//! `top` in a real terminal: tmux draws, types, resizes and tells what is seen.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/admin.rs"]
mod admin;
#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/openrouter.rs"]
mod openrouter_api;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

const BINARY: &str = env!("CARGO_BIN_EXE_channelwarden");
const KEY: &str = "sk-canary-0123456789";
/// Longer than anything waits, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(40);

/// A tmux server of its own with one window, ended when it is dropped.
struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    /// Runs `top` with these arguments between two lines of a shell, which tells the terminal's state at its end.
    fn start(args: &str) -> Self {
        Self::start_with("RUST_BACKTRACE=0", args)
    }

    /// The same with these variables in its environment.
    fn start_with(variables: &str, args: &str) -> Self {
        let terminal = Self { folder: tempfile::tempdir().unwrap() };
        let pid = terminal.pid_file();
        let top = format!("sh -c 'echo $$ > {}; exec env {variables} {BINARY} top {args}'", pid.display());
        let script = format!(
            "echo before top; {top}; echo \"ended $?\"; stty -a | grep -ow -e '-*icanon' -e '-*echo'; exec sleep 120"
        );
        terminal.tmux(&["new-session", "-d", "-x", "80", "-y", "24", &script]);
        terminal
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.path().join("pid")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        let socket = self.folder.path().join("socket");
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(socket).args(args).env_remove("TMUX").env("LANG", "C.UTF-8");
        command
    }

    fn tmux(&self, args: &[&str]) -> String {
        let ran = self.command(args).output();
        let ran = ran.unwrap_or_else(|why| panic!("no tmux ({why}): scripts/with-tmux cargo test --test top"));
        assert!(ran.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until all of this is seen.
    fn sees(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if texts.iter().all(|text| screen.contains(text)) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "{texts:?} is not seen in:\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }

    /// The shell has its screen back, and its terminal as it was.
    fn is_restored(&self, code: u8) {
        let screen = self.sees(&["before top", &format!("ended {code}"), "icanon", "echo"]);
        assert!(!screen.contains("-icanon") && !screen.contains("-echo") && !screen.contains("overview"), "{screen}");
        let state = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(state.trim(), "0 1", "the first screen, with its cursor");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

/// A gateway of which one model was taken off the list.
async fn withdrawn() -> Setup {
    let config = json!({ "gateways": { "main": { "mode": "apply" } } });
    let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &config).await;
    for (name, list, dead) in [("Acme", "good,fine,dead", "gone"), ("Borealis", "dead,good", "works")] {
        let how = |model: &str| if model == "dead" { dead } else { "works" }.to_owned();
        let models: BTreeMap<_, _> = list.split(',').map(|model| (model.to_owned(), how(model))).collect();
        setup.upstream(name, &[KEY.to_owned()], &models, None).await;
        let base_url = Some(setup.upstreams[name].base_url());
        let row = ChannelRow { key: KEY.to_owned(), name: Some(name.to_owned()), base_url, ..ChannelRow::new(list) };
        setup.channel(name, row).await;
    }
    for _ in 0..2 {
        setup.round().await;
    }
    assert_eq!(setup.lists().await["Acme"], "good,fine");
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_undoes_resizes_and_gives_the_terminal_back() {
    let setup = withdrawn().await;
    let terminal = Terminal::start(&format!("--every 500ms -c {}", setup.config_file().display()));
    terminal.sees(&["[1 overview]", "as of", "main"]);
    terminal.press("3");
    terminal.sees(&["[3 models]", "good", "fine", "1/5"]);
    terminal.press("/");
    terminal.tmux(&["send-keys", "-l", "dead"]);
    terminal.press("Enter");
    let screen = terminal.sees(&["/dead", "1/2"]);
    assert!(!screen.contains("fine"), "{screen}");
    terminal.press("4");
    terminal.sees(&["applied", "off: dead", "Acme"]);
    terminal.press("u");
    terminal.sees(&["Undo change 1 on main #1 Acme?", "1 back on the list: dead", "y/Enter: yes"]);
    terminal.press("n");
    terminal.sees(&["nothing was done"]);
    terminal.press("u");
    terminal.sees(&["Undo change 1"]);
    terminal.press("y");
    terminal.sees(&["Done: Undo change 1 on main #1 Acme"]);
    assert_eq!(setup.lists().await["Acme"], "good,fine,dead");
    terminal.press("Escape");
    terminal.sees(&["undone", "undoes 1"]);

    terminal.tmux(&["resize-window", "-x", "40", "-y", "10"]);
    let screen = terminal.sees(&[" 1  2  3 [4 changes] 5  6"]);
    assert_eq!(screen.lines().count(), 10, "{screen}");
    terminal.tmux(&["resize-window", "-x", "12", "-y", "4"]);
    terminal.sees(&["too small"]);
    terminal.tmux(&["resize-window", "-x", "120", "-y", "30"]);
    terminal.sees(&["[4 changes]", "6 resources", "undoes 1"]);
    assert!(!terminal.screen().contains("canary"));
    terminal.press("q");
    terminal.is_restored(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_api_keeps_no_key_and_a_signal_ends_it_well() {
    // Whoever connects is not answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let terminal = Terminal::start(&format!("--url {url}"));
    terminal.sees(&["[1 overview]", "waiting for the first answer", "no answer yet"]);
    terminal.press("Tab");
    terminal.sees(&["[2 channels]"]);
    terminal.press("?");
    terminal.sees(&["take the selected change back"]);
    // Once its patience is over it says so, and asks again.
    terminal.press("Escape");
    terminal.sees(&["! waiting for the first answer: "]);
    let pid = std::fs::read_to_string(terminal.pid_file()).unwrap();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {}", pid.trim())]).status().unwrap().success());
    terminal.is_restored(0);
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    // Of what draws, and of a task beside it; nobody answers there.
    for (place, code) in [("top-key", 101), ("top-answer", 1)] {
        let variables = format!("RUST_BACKTRACE=0 CHANNELWARDEN_CRASH_AT={place}");
        let terminal = Terminal::start_with(&variables, "--url http://127.0.0.1:1");
        if place == "top-key" {
            terminal.sees(&["[1 overview]", "! waiting for the first answer"]);
            terminal.press("Tab");
        }
        terminal.sees(&["panicked at", &format!("crash-point {place}")]);
        terminal.is_restored(code);
    }
}

#[test]
fn without_a_terminal_it_says_what_else_there_is() {
    let ran = Command::new(BINARY).args(["top", "--url", "http://127.0.0.1:1"]).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{told}");
    assert!(told.contains("needs a terminal") && told.contains("channelwarden status --json"), "{told}");
    assert!(ran.stdout.is_empty());
}
