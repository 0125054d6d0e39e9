//! A gateway's process on this machine: found by the port it listens at and its name, its children summed up.
//!
//! Decides: which process it is. Must not know: what the figures mean to anybody.
//!
//! It is looked for anew each time: a number that was kept would one day be another program's. Who listens at the port is
//! it, whatever its name (people rename binaries, and the name is shown); but not what only forwards to it, as Docker's
//! proxy does. Where nobody tells who listens (another user's process, a container of its own network), the name decides,
//! if that leaves one.

mod program;
mod sockets;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::model::{GatewayKind, ProcessSeen};

/// The same process, looked at twice, may be told as started a second earlier or later: its start is counted from when
/// the machine was started, and that from the clock.
const SAME_START: i64 = 2;

/// Which process is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The port that it listens at; `None`: only its name is known.
    pub port: Option<u16>,
    /// Which program it is; `None`: any gateway but `LiteLLM`.
    pub kind: Option<GatewayKind>,
}

/// Looks at one gateway's process, again and again: its use of the processor is that since the look before.
#[derive(Debug, Default)]
pub struct Watcher {
    /// How many ms of the processor each process of the tree had used up at the look before, and when that was.
    cpu: BTreeMap<Pid, u64>,
    looked: Option<Timestamp>,
}

impl Watcher {
    /// Looks for it at `now`; `None`: it is not there, or nobody can say which of several it is. `before` is what was
    /// seen last, however long ago: where that was another process, it was started anew. Takes a while: it reads `/proc`.
    pub fn look(&mut self, wanted: &Wanted, before: Option<&ProcessSeen>, now: Timestamp) -> Option<ProcessSeen> {
        let Some((all, top)) = All::read().and_then(|all| all.find(*wanted).map(|top| (all, top))) else {
            *self = Self::default();
            return None;
        };
        let top = all.0.process(top)?;
        let tree = all.tree(top.pid());
        let used: BTreeMap<Pid, u64> = tree.iter().map(|one| (one.pid(), one.accumulated_cpu_time())).collect();
        let files = tree.iter().map(|one| one.open_files());
        let pid = top.pid().as_u32();
        let started =
            i64::try_from(top.start_time()).ok().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or(now);
        let seen = ProcessSeen {
            pid,
            name: name(top),
            processes: u32::try_from(tree.len()).unwrap_or(u32::MAX),
            started,
            cpu_percent: self.cpu_percent(&used, now),
            memory_bytes: tree.iter().map(|one| one.memory()).sum(),
            open_files: files.sum::<Option<usize>>().and_then(|count| u64::try_from(count).ok()),
            restarts: before.map_or(0, |before| {
                let is_same = before.pid == pid && before.started.duration_since(started).as_secs().abs() <= SAME_START;
                before.restarts.saturating_add(u32::from(!is_same))
            }),
            at: now,
        };
        (self.cpu, self.looked) = (used, Some(now));
        Some(seen)
    }

    /// Of one core, since the look before; of a process that is new since then, all that it used.
    fn cpu_percent(&self, used: &BTreeMap<Pid, u64>, now: Timestamp) -> f32 {
        let Some(looked) = self.looked else { return 0.0 };
        let since: u64 = used.iter().map(|(pid, ms)| ms.saturating_sub(self.cpu.get(pid).copied().unwrap_or(0))).sum();
        let wall = now.duration_since(looked).as_millis().max(1);
        // Percents: what is lost of so small numbers nobody sees.
        #[expect(clippy::cast_precision_loss)]
        let percent = since as f32 * 100.0 / wall as f32;
        percent
    }
}

/// Every process that there is at one moment.
struct All(System);

impl All {
    /// Read anew each time: a process may have become another program since it was read. `None`: this system tells nothing.
    fn read() -> Option<Self> {
        let mut system = System::new().ok()?;
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu().with_cmd(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        Some(Self(system))
    }

    /// The topmost process of the program.
    fn find(&self, wanted: Wanted) -> Option<Pid> {
        let programs = program::names(wanted.kind);
        let listening = sockets::listening();
        if let Some(port) = wanted.port {
            let at_port: BTreeSet<u64> =
                listening.iter().filter(|(_, other)| **other == port).map(|(inode, _)| *inode).collect();
            let holders: BTreeSet<Pid> = if at_port.is_empty() {
                BTreeSet::new()
            } else {
                let holds = |one: &&Process| {
                    let held = sockets::held_by(one.pid().as_u32());
                    held.is_some_and(|held| !held.is_disjoint(&at_port)) && !program::forwards(&name(one))
                };
                self.processes().filter(holds).map(Process::pid).collect()
            };
            // Several hold one socket where a parent hands it to its children: the topmost of them, the oldest if there
            // are more.
            let tops =
                holders.iter().filter_map(|pid| self.0.process(*pid)).map(|one| self.top(one, programs, &holders));
            if let Some(top) =
                tops.min_by_key(|top| (!program::is_one_of(&name(top), programs), top.start_time(), top.pid()))
            {
                return Some(top.pid());
            }
        }
        let mut named: Vec<&Process> = self
            .processes()
            .filter(|one| program::is_one_of(&name(one), programs))
            .map(|one| self.top(one, programs, &BTreeSet::new()))
            .filter(|top| !self.listens_elsewhere(top, wanted.port, &listening))
            .collect();
        named.sort_by_key(|one| one.pid());
        named.dedup_by_key(|one| one.pid());
        if named.len() > 1
            && let Some(port) = wanted.port
        {
            named.retain(|one| program::mentions(one.cmd(), port));
        }
        if named.len() == 1 { named.pop().map(Process::pid) } else { None }
    }

    /// Whether it is known to listen, and not at this port: then it is another one of its sort.
    fn listens_elsewhere(&self, top: &Process, port: Option<u16>, listening: &BTreeMap<u64, u16>) -> bool {
        let Some(port) = port else { return false };
        let held = self.tree(top.pid()).into_iter().filter_map(|one| sockets::held_by(one.pid().as_u32())).flatten();
        let ports: BTreeSet<u16> = held.filter_map(|inode| listening.get(&inode).copied()).collect();
        !ports.is_empty() && !ports.contains(&port)
    }

    /// Every process, threads left out.
    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.0.processes().values().filter(|one| one.thread_kind().is_none())
    }

    /// The highest ancestor that is still of the program: one that holds the socket too, or bears its name.
    fn top<'a>(&'a self, from: &'a Process, names: &[&str], holders: &BTreeSet<Pid>) -> &'a Process {
        let mut top = from;
        while let Some(parent) = top.parent().and_then(|pid| self.0.process(pid)) {
            if !holders.contains(&parent.pid()) && !program::is_one_of(&name(parent), names) {
                break;
            }
            top = parent;
        }
        top
    }

    /// It and all that came from it.
    fn tree(&self, top: Pid) -> Vec<&Process> {
        let mut children: BTreeMap<Pid, Vec<&Process>> = BTreeMap::new();
        for one in self.processes() {
            if let Some(parent) = one.parent() {
                children.entry(parent).or_default().push(one);
            }
        }
        let mut tree: Vec<&Process> = self.0.process(top).into_iter().collect();
        let mut next = 0;
        while let Some(one) = tree.get(next) {
            next += 1;
            // What is taken out cannot be walked in a circle.
            tree.extend(children.remove(&one.pid()).unwrap_or_default());
        }
        tree
    }
}

fn name(process: &Process) -> String {
    program::name(process.name(), process.cmd())
}

#[cfg(test)]
#[path = "process/tests.rs"]
mod tests;
