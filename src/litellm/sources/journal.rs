//! A unit's journal, as `journalctl` tells it.

use std::io;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};

use crate::litellm::failure::{Clock, Failures};
use crate::litellm::record::journal;
use crate::litellm::tail::Lines;
use crate::model::{LogFailure, Secret};

/// How far a journal was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalPlace {
    /// The last entry before what is not whole.
    pub cursor: String,
    /// The latest failure, which may be logged again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// Where an entry stood: its number, and the entry before it.
type At = (u64, Option<String>);

/// Follows one unit's journal. `journalctl` ends with it.
#[derive(Debug)]
pub struct Journal {
    child: Child,
    out: ChildStdout,
    buffer: Vec<u8>,
    lines: Lines,
    failures: Failures<At>,
    read: u64,
    /// The last entry that was read.
    cursor: Option<String>,
}

impl Journal {
    /// Starts `program` (`journalctl`), behind the place; `None`: with what comes from now on.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn open(program: &str, unit: &str, place: Option<JournalPlace>, secrets: Vec<Secret>) -> io::Result<Self> {
        let mut command = Command::new(program);
        // Without --all, long texts are left out.
        command.args(["--unit", unit, "--output", "json", "--all", "--follow", "--no-pager", "--quiet"]);
        match &place {
            Some(place) => command.args(["--no-tail", "--after-cursor", &place.cursor]),
            None => command.args(["--lines", "0"]),
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (cursor, last) = place.map_or((None, None), |place| (Some(place.cursor), place.last));
        Ok(Self {
            child,
            out,
            buffer: vec![0; 64 * 1024],
            lines: Lines::default(),
            failures: Failures::new(secrets, last),
            read: 0,
            cursor,
        })
    }

    /// Waits for what comes next; the failures that it tells of. May be dropped and called again.
    ///
    /// # Errors
    /// `journalctl` ended, or cannot be read.
    pub async fn next(&mut self, clock: &Clock) -> io::Result<Vec<LogFailure>> {
        let read = self.out.read(&mut self.buffer).await?;
        if read == 0 {
            let status = self.child.wait().await?;
            return Err(io::Error::other(format!("journalctl ended: {status}")));
        }
        let mut found = vec![];
        let (failures, cursor) = (&mut self.failures, &mut self.cursor);
        self.lines.take(&self.buffer[..read], self.read, |line, number| {
            let Some(entry) = journal(line) else { return };
            let at = (number, cursor.replace(entry.cursor));
            found.extend(failures.line(&entry.message, at, Some(entry.at), clock));
        });
        self.read += read as u64;
        Ok(found)
    }

    /// Nothing came for a while: what is there is whole.
    pub fn finish(&mut self, clock: &Clock) -> Option<LogFailure> {
        self.failures.finish(clock)
    }

    /// Where a restart has to go on; `None`: nothing was read yet.
    pub fn place(&self) -> Option<JournalPlace> {
        let cursor = match self.failures.begins() {
            Some((_, before)) => before.clone(),
            None => self.cursor.clone(),
        };
        Some(JournalPlace { cursor: cursor?, last: self.failures.last().map(str::to_owned) })
    }
}
