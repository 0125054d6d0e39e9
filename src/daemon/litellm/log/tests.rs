use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use jiff::Timestamp;

use super::*;
use crate::config::LitellmLogs;

fn sample(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/litellm/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn keeper(folder: &std::path::Path) -> Keeper {
    let store = Store::open(&folder.join("store.db")).await.unwrap();
    Keeper { gateway: "lite".into(), store, secrets: vec![] }
}

async fn models(keeper: &Keeper) -> Vec<String> {
    let seen = keeper.store.log_failures(None, 0, 100).await.unwrap();
    seen.into_iter().map(|seen| format!("{} {}", seen.failure.class, seen.failure.model)).collect()
}

#[tokio::test]
async fn failures_are_kept_with_the_place_and_read_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("litellm.log");
    fs::write(&log, sample("chat-gpt-boom.log.txt")).unwrap();
    let keeper = keeper(folder.path()).await;
    // Named twice, by two names: read once.
    let other = folder.path().join("linked.log");
    fs::hard_link(&log, &other).unwrap();
    let logs = LitellmLogs { files: vec![log.clone(), other], ..LitellmLogs::default() };
    let mut files = Files::new(keeper.clone(), logs.clone());
    files.look().await;
    let append = |name: &str| fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(&sample(name)).unwrap();
    append("chat-or-nocredit.log.txt");
    files.look().await;
    // What was there before is no news.
    assert_eq!(models(&keeper).await, ["credits or-nocredit"]);
    drop(files);
    append("chat-gpt-badkey.log.txt");
    let mut files = Files::new(keeper.clone(), logs);
    files.look().await;
    files.look().await;
    assert_eq!(models(&keeper).await, ["credits or-nocredit", "auth gpt-badkey"]);
    let counts = keeper.store.log_counts(Timestamp::MIN).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), 2);
}

#[tokio::test]
async fn a_process_s_output_is_read_once_it_was_seen_and_what_is_gone_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (log, absent) = (folder.path().join("out.log"), folder.path().join("absent.log"));
    let keeper = keeper(folder.path()).await;
    let mut child = tokio::process::Command::new("sleep")
        .arg("60")
        .stdout(fs::File::create(&log).unwrap())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let started = clock::now();
    let seen = crate::model::ProcessSeen {
        pid: child.id().unwrap(),
        name: "litellm".to_owned(),
        processes: 1,
        started,
        cpu_percent: 0.0,
        memory_bytes: 0,
        open_files: None,
        restarts: 0,
        at: started,
    };
    let (configured, old) = (format!("file {}", absent.display()), "file /proc/4194999/root/var/log/litellm.log");
    for source in [old, &configured, "docker litellm"] {
        keeper.store.keep_log("lite", source, "null", &[]).await.unwrap();
    }
    let before = started - jiff::SignedDuration::from_secs(9);
    keeper.store.keep_process("lite", Some(&seen), before).await.unwrap();
    let logs = LitellmLogs { files: vec![absent], ..LitellmLogs::default() };
    let mut files = Files::new(keeper.clone(), logs);
    let ours = format!("file {}", log.canonicalize().unwrap().display());
    let sources = async || keeper.store.log_places("lite").await.unwrap().into_keys().collect::<Vec<_>>();
    files.look().await;
    assert!(!sources().await.contains(&ours), "whose number it is now, nobody knows");
    keeper.store.keep_process("lite", Some(&seen), clock::now() + jiff::SignedDuration::from_secs(1)).await.unwrap();
    files.discover_again().await;
    assert!(sources().await.contains(&ours) && sources().await.contains(&old.to_owned()));
    files.discover_again().await;
    let mut left = vec!["docker litellm".to_owned(), configured, ours];
    left.sort();
    assert_eq!(sources().await, left);
    child.kill().await.unwrap();
}

/// A `journalctl` that tells its arguments and entries, and waits.
fn stand_in(folder: &std::path::Path) -> String {
    let entry = |number: usize, line: &str| {
        serde_json::json!({
            "__CURSOR": format!("c{number}"), "__REALTIME_TIMESTAMP": format!("17950000000000{number:02}"), "MESSAGE": line,
        })
    };
    let said = [sample("chat-or-nocredit.log.txt"), sample("chat-gpt-boom.log.txt")].concat();
    let lines: Vec<String> =
        String::from_utf8(said).unwrap().lines().enumerate().map(|(at, line)| entry(at, line).to_string()).collect();
    fs::write(folder.join("entries"), lines.join("\n") + "\n-- junk --\n").unwrap();
    let program = folder.join("journalctl");
    // Behind a cursor it goes on; without one there is nothing yet.
    let script = format!(
        "#!/bin/sh\necho \"$@\" >>{0}/asked\ncase \"$*\" in\n*--after-cursor*) for last; do :; done; sed \"0,/\\\"$last\\\"/d\" {0}/entries;;\n*) cat {0}/entries;;\nesac\nexec sleep 60\n",
        folder.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.display().to_string()
}

#[tokio::test]
async fn a_journal_is_read_on_behind_its_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(folder.path()).await;
    let program = stand_in(folder.path());
    for round in 0..2 {
        let mut told = None;
        let reading = keeper.journal_once(&program, "litellm.service", &mut told);
        let enough = async {
            loop {
                let seen = models(&keeper).await.len();
                if seen == 2 && (round == 0 || asked(folder.path()).len() == 2) {
                    // Time to tell it twice, if it would.
                    return sleep(Duration::from_millis(300)).await;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let both = async {
            tokio::select! {
                ended = reading => panic!("{ended}"),
                () = enough => {}
            }
        };
        tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
    }
    assert_eq!(models(&keeper).await, ["credits or-nocredit", "server gpt-boom"]);
    let asked = asked(folder.path());
    assert!(
        asked[0].contains("--unit litellm.service --output json --all --follow") && asked[0].ends_with("--lines 0")
    );
    assert!(asked[1].contains("--no-tail --after-cursor c"), "{asked:?}");
    let seen = keeper.store.log_failures(None, 0, 10).await.unwrap();
    assert_eq!(seen[0].failure.at.as_microsecond(), 1_795_000_000_000_000);
}

fn asked(folder: &std::path::Path) -> Vec<String> {
    fs::read_to_string(folder.join("asked")).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_journal_that_cannot_be_told_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(folder.path()).await;
    let why = keeper.journal_once("/nonexistent/journalctl", "x", &mut None).await;
    assert!(why.contains("cannot be started"), "{why}");
    let why = keeper.journal_once("true", "x", &mut None).await;
    assert!(why.contains("journalctl ended"), "{why}");
}
