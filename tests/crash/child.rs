//! The real binary as a child process: started, listened to, signalled, killed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::Setup;

/// Killed when dropped.
pub(crate) struct Child {
    process: std::process::Child,
    out: PathBuf,
    err: PathBuf,
}

/// How a child ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Setup {
    /// Starts the binary with this gateway's configuration.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        Child::start(&self.config_file(), args, None)
    }

    /// Starts it so that it stands still at a crash point.
    pub(crate) fn start_to_crash(&self, args: &[&str], point: &str) -> Child {
        Child::start(&self.config_file(), args, Some(point))
    }

    /// Runs it to its end, which must be a good one.
    pub(crate) async fn command(&self, args: &[&str]) -> Ended {
        let ended = self.start(args).ends().await;
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended
    }

    /// Stands at a crash point, and is killed there.
    pub(crate) async fn killed_at(&self, args: &[&str], point: &str) {
        let mut child = self.start_to_crash(args, point);
        child.says(&format!("crash-point {point}\n")).await;
        child.kill();
    }
}

impl Child {
    pub(crate) fn start(config: &Path, args: &[&str], crash_at: Option<&str>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let [out, err] = ["out", "err"].map(|end| config.with_file_name(format!("child-{number}.{end}")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_channelwarden"));
        command.arg("--config").arg(config).args(args).env_remove("CHANNELWARDEN_CRASH_AT").env("NO_COLOR", "1");
        command.envs(crash_at.map(|point| ("CHANNELWARDEN_CRASH_AT", point)));
        command.stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        Self { process: command.spawn().unwrap(), out, err }
    }

    /// Waits until its standard output holds this.
    pub(crate) async fn says(&mut self, text: &str) {
        let out = self.out.clone();
        self.tells(&out, text, 1).await;
    }

    /// Waits until its log holds this.
    pub(crate) async fn logs(&mut self, text: &str) {
        self.logs_times(text, 1).await;
    }

    /// Waits until its log holds this so many times, and gives it back.
    pub(crate) async fn logs_times(&mut self, text: &str, times: usize) -> String {
        let err = self.err.clone();
        self.tells(&err, text, times).await
    }

    async fn tells(&mut self, file: &Path, text: &str, times: usize) -> String {
        let start = Instant::now();
        loop {
            // In this order: what it said before it ended is read.
            let ended = !self.runs();
            let told = read(file);
            if told.matches(text).count() >= times {
                return told;
            }
            let waited = start.elapsed() > Duration::from_secs(30);
            assert!(!ended && !waited, "no {text:?} in {:?} {:?}", read(&self.out), read(&self.err));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// SIGKILL: nothing of it runs any more afterwards.
    pub(crate) fn kill(&mut self) {
        assert!(self.runs(), "it ended before it was killed: {:?} {:?}", read(&self.out), read(&self.err));
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// `TERM`, `HUP`…
    pub(crate) fn signal(&self, name: &str) {
        let send = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &send]).status().unwrap().success(), "{send}");
    }

    /// Waits for its own end.
    pub(crate) async fn ends(&mut self) -> Ended {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Ended { code: status.code(), out: read(&self.out), err: read(&self.err) };
            }
            let waited = start.elapsed();
            assert!(waited < Duration::from_secs(30), "it does not end: {:?} {:?}", read(&self.out), read(&self.err));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Ended {
    /// The report that `sweep --json` printed.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}
