//! Routing rows that do not agree with their channel's list: looked for in every full round, set right where the operator
//! wants it.
//!
//! Decides: which drift is set right, and what is told of it. Must not know: SQL; how a write goes.

use std::time::Duration;

use serde::Serialize;

use super::report::NAMED;
use super::{Report, Round, RoundError, Scope};
use crate::apply::{self, ApplyError, Outcome};
use crate::config::Mode;
use crate::gateway::{self, Drift, RowChanges};
use crate::model::ChannelRef;
use crate::store::StoreError;

/// One API replaces a channel's rows outside a transaction: what looks so a moment later is no edit under way.
const SETTLED: Duration = Duration::from_secs(1);

/// A channel whose routing rows do not agree with its list.
#[derive(Clone, Debug, Serialize)]
pub struct DriftLine {
    /// Which.
    pub channel: ChannelRef,
    /// What differs.
    #[serde(flatten)]
    pub rows: RowChanges,
    /// Groups that no routing row of any channel names although this enabled channel is of them: the gateway's cache
    /// crashes on them.
    pub crashes: Vec<String>,
    /// Why it is not ours to set right, or cannot be.
    pub why: Option<String>,
    /// What came of setting it right; `None`: nothing was tried.
    pub outcome: Option<Outcome>,
    /// The drift as it was seen ([`Drift::mark`]).
    #[serde(skip)]
    pub mark: u64,
}

/// Whether to write or only to run the statements and roll back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Write.
    Commit,
    /// Run and roll back.
    Rehearse,
}

impl Round {
    /// Which of these channels have drifted.
    pub async fn drifted(&self, channels: &[i64]) -> Result<Vec<DriftLine>, RoundError> {
        let mut lines = vec![];
        for some in channels.chunks(gateway::AT_ONCE) {
            let found = self.gateway.drift(some).await?;
            lines.extend(found.into_iter().map(|drift| self.line(drift)));
        }
        // Rows that are missing first: another channel's rows may be what keeps the gateway alive until then.
        lines.sort_by_key(|line| (line.rows.missing.count == 0, line.channel.id));
        Ok(lines)
    }

    fn line(&self, drift: Drift) -> DriftLine {
        let excluded = self.settings.channels.excludes(drift.channel.id);
        let why = excluded.then(|| "excluded by the configuration".to_owned());
        DriftLine {
            mark: drift.mark(),
            channel: drift.channel,
            rows: drift.rows,
            crashes: drift.crashes,
            why: why.or(drift.obstacle),
            outcome: None,
        }
    }

    /// Sets right what may be, each channel in a turn of its own, and keeps what came of it. What has gone by itself is
    /// taken off the lines.
    pub async fn repair(&self, lines: &mut Vec<DriftLine>, round: Option<i64>, how: Repair) -> Result<(), RoundError> {
        if lines.iter().any(|line| line.why.is_none()) {
            tokio::select! {
                () = tokio::time::sleep(SETTLED) => {}
                () = self.stop.cancelled() => return Ok(()),
            }
        }
        let mut gone = vec![];
        for line in lines.iter_mut().filter(|line| line.why.is_none()) {
            let id = line.channel.id;
            let done = match how {
                Repair::Rehearse => apply::rehearse_repair(&self.gateway, id, line.mark).await,
                Repair::Commit => {
                    let Some(turn) = self.turn().await? else { break };
                    apply::repair(&self.store, &self.gateway, id, line.mark, round, &turn).await
                }
            };
            let done = match done {
                Err(ApplyError::Gateway(error)) if error.is_of_one_channel() => {
                    Some(Outcome::Failed(error.to_string()))
                }
                done => done?,
            };
            if done.is_none() {
                gone.push(id);
            }
            line.outcome = done;
        }
        lines.retain(|line| !gone.contains(&line.channel.id));
        Ok(())
    }

    /// Looks for drift in all channels that this round looked at, and for rows whose channel is gone; sets right what the
    /// operator wants set right.
    pub(super) async fn agree(
        &self,
        round: i64,
        scope: &Scope,
        write: bool,
        report: &mut Report,
    ) -> Result<(), RoundError> {
        if scope.is_partial() || self.stop.is_cancelled() {
            return Ok(());
        }
        let channels: Vec<_> = report.seen.keys().copied().collect();
        let mut lines = self.drifted(&channels).await?;
        if scope.is_everything() {
            report.orphans = self.gateway.orphans().await?;
        }
        let mut done = Ok(());
        if write && self.settings.repair {
            match self.gateway.repairable() {
                Ok(()) => {
                    self.leave_to_a_person(&mut lines).await?;
                    done = self.repair(&mut lines, Some(round), Repair::Commit).await;
                }
                Err(why) => report.notes.push(format!("routing rows cannot be set right: {why}")),
            }
        }
        // What was set right before anything failed is told all the same.
        report.drift_count = lines.len();
        lines.sort_by_key(|line| line.channel.id);
        lines.truncate(NAMED);
        report.drift = lines;
        done
    }

    /// What the loop does not set right by itself.
    async fn leave_to_a_person(&self, lines: &mut [DriftLine]) -> Result<(), StoreError> {
        for line in lines.iter_mut().filter(|line| line.why.is_none()) {
            let mode = self.settings.mode_of(line.channel.id);
            if mode != Mode::Apply {
                line.why = Some(format!("the channel's mode is {}", mode.as_str()));
            } else if self.store.repair_taken_back(self.gateway.name(), &line.channel).await? {
                line.why = Some("its repair was taken back".to_owned());
            }
        }
        Ok(())
    }
}
