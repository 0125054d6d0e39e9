//! All that matters at one look: what runs, how each gateway stands, what is wrong, and what to do next.

mod actions;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use self::actions::{ActionRow, Facts, actions};
use super::error::ApiError;
use super::holds::HoldRow;
use super::litellm::{CheckRow, DeploymentState, IncidentRow};
use super::rounds::{self, RoundRow};
use super::{AlertRow, alerts, ask, gateways, holds, litellm, version};
use crate::clock;
use crate::config::{GatewayConfig, Mode};
use crate::model::ProcessSeen;
use crate::serve::{App, Running};
use crate::store::{Counts, Glance, Proposal, RoundFigures};

/// Failed requests of a log are counted over so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whether a round runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ScanState {
    /// None does.
    Idle,
    /// One does, or more.
    Running,
}

/// All that matters at one look.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Status {
    /// Which channelwarden answers.
    version: String,
    /// The time of this answer.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// Whether nothing critical is wrong.
    well: bool,
    /// Over all gateways.
    totals: StatusTotals,
    /// Each gateway.
    gateways: Vec<GatewayStatus>,
    /// Each gateway that is a LiteLLM.
    litellm: Vec<LitellmStatus>,
    /// The gateways' processes on this machine, where they are watched.
    processes: Vec<ProcessRow>,
    /// What is wrong, as the alerts saw it last; the worst first.
    alerts: Vec<AlertRow>,
    /// What a person would do next, the most pressing first.
    actions: Vec<ActionRow>,
    /// Whether a round runs in the process that answers.
    scan_state: ScanState,
    /// The rounds under way in it.
    running: Vec<Running>,
    /// The latest rounds, the newest first.
    timeline: Vec<RoundRow>,
}

/// How much there is over all gateways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct StatusTotals {
    /// Models on lists, and those withdrawn by us.
    models: u64,
    /// Of these, green.
    working: u64,
    /// Red.
    down: u64,
    /// Yellow.
    degraded: u64,
    /// Off a list by our hand.
    withdrawn: u64,
    /// Channels, as far as rounds saw them.
    channels: u64,
    /// Channels on which nothing answers.
    channels_down: u64,
}

/// Models by light.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct LightCounts {
    /// All on lists, and those withdrawn by us.
    total: u64,
    /// Green.
    up: u64,
    /// Yellow.
    degraded: u64,
    /// Red.
    down: u64,
    /// Nothing is known.
    unknown: u64,
    /// Off a list by our hand.
    withdrawn: u64,
}

impl LightCounts {
    fn add(&mut self, counts: &Counts) {
        self.total += counts.total;
        self.up += counts.up;
        self.degraded += counts.degraded;
        self.down += counts.down;
        self.unknown += counts.unknown;
        self.withdrawn += counts.withdrawn;
    }
}

/// How a gateway stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct GatewayStatus {
    /// Its name here.
    name: String,
    /// Which program it is, as configured; none: it is told from the gateway itself.
    kind: Option<String>,
    /// What we may do to it: `observe`, `propose` or `apply`.
    mode: String,
    /// Why it cannot be read, if it cannot: text from outside, redacted.
    trouble: Option<String>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    trouble_since: Option<Timestamp>,
    /// The latest round.
    last_round: Option<LastRound>,
    /// When the next full round is about to begin; none: it runs, or there was none yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_round: Option<Timestamp>,
    /// Its models.
    counts: LightCounts,
    /// Channels of which a guard holds something back.
    held: u64,
    /// Channels whose list is to be changed, and is not yet.
    proposed: u64,
    /// Holds that stop writes to it, or to a part of it.
    holds: u64,
}

/// A gateway's latest round.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct LastRound {
    /// Its number.
    id: i64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started: Timestamp,
    /// When it ended; none: it runs, or we were killed in it.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// Pairs probed.
    probed: u64,
    /// Channels whose list was changed.
    applied: u64,
    /// How often a guard held something back.
    held: u64,
}

impl LastRound {
    fn of(round: &RoundFigures) -> Self {
        Self {
            id: round.id,
            started: round.started,
            ended: round.ended,
            probed: round.told.probed,
            applied: round.told.applied() as u64,
            held: round.told.held() as u64,
        }
    }
}

/// How a LiteLLM stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct LitellmStatus {
    /// The gateway's name.
    gateway: String,
    /// What its own endpoints said last, in the order in which they are asked.
    checks: Vec<CheckRow>,
    /// Its deployments.
    deployments: DeploymentCounts,
    /// What lasts behind it.
    incidents: Vec<IncidentRow>,
    /// Failed requests that its log told of in the last 24 hours, by class.
    failures_24h: BTreeMap<String, u64>,
}

/// Deployments by how they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct DeploymentCounts {
    /// All.
    total: u64,
    /// They answer.
    well: u64,
    /// They do not.
    ill: u64,
    /// Nothing is known.
    unknown: u64,
    /// LiteLLM was told to refuse them.
    blocked: u64,
}

impl DeploymentCounts {
    fn add(&mut self, state: DeploymentState) {
        self.total += 1;
        *match state {
            DeploymentState::Well => &mut self.well,
            DeploymentState::Ill => &mut self.ill,
            DeploymentState::Unknown => &mut self.unknown,
            DeploymentState::Blocked => &mut self.blocked,
        } += 1;
    }
}

/// A gateway's process, its children summed up; or that none is found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(super) struct ProcessRow {
    /// The gateway's name.
    gateway: String,
    /// Whether there is one.
    found: bool,
    /// The process that listens, or its parent among those of its program.
    pid: Option<u32>,
    /// Its program.
    name: Option<String>,
    /// How many processes there are in all.
    processes: Option<u32>,
    /// When it was started.
    #[schema(value_type = Option<String>, format = DateTime)]
    started: Option<Timestamp>,
    /// For how long it ran when it was looked at, in seconds.
    uptime_s: Option<i64>,
    /// Of one core, in percent.
    cpu_percent: Option<f32>,
    /// Resident memory, in bytes.
    memory_bytes: Option<u64>,
    /// Open files and sockets; none: we may not look.
    open_files: Option<u64>,
    /// How often it was another one than before, since we watch.
    restarts: Option<u32>,
    /// When it was looked at.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl ProcessRow {
    fn of(gateway: String, seen: Option<ProcessSeen>, at: Timestamp) -> Self {
        let none = Self { gateway, at, ..Self::default() };
        let Some(seen) = seen else { return none };
        Self {
            found: true,
            pid: Some(seen.pid),
            name: Some(seen.name),
            processes: Some(seen.processes),
            started: Some(seen.started),
            uptime_s: Some(seen.at.duration_since(seen.started).as_secs().max(0)),
            cpu_percent: Some(seen.cpu_percent),
            memory_bytes: Some(seen.memory_bytes),
            open_files: seen.open_files,
            restarts: Some(seen.restarts),
            at: seen.at,
            ..none
        }
    }
}

/// All that matters at one look: what runs, how each gateway stands, what is wrong, and what to do next.
#[utoipa::path(get, path = "/api/status", tag = "overview", responses((status = 200, body = Status)))]
pub(super) async fn status(State(app): State<App>) -> Result<Json<Status>, ApiError> {
    let now = clock::now();
    let names: Vec<&str> = app.config.gateways.keys().map(String::as_str).collect();
    let mut glance = app.store.glance(&names, &BTreeMap::new(), 0, now).await?;
    let (holds, alerts) = (holds::all(&app.store).await?, alerts::of(&app.store, None).await?);
    let mut lights: BTreeMap<String, LightCounts> = BTreeMap::new();
    for channel in app.store.channel_counts(None).await? {
        lights.entry(channel.gateway).or_default().add(&channel.counts);
    }
    let mut rows = vec![];
    for (name, gateway) in &app.config.gateways {
        let last = app.store.rounds_page(Some(name), 1, 0).await?.rows.pop();
        let counts = lights.remove(name).unwrap_or_default();
        rows.push(row(&app, (name, gateway), counts, last.as_ref(), &glance, &holds));
    }
    let mut litellm = litellm_rows(&app, now).await?;
    for row in &mut litellm {
        let lasting = glance.incidents.remove(&row.gateway).unwrap_or_default();
        row.incidents = lasting.into_iter().map(|incident| IncidentRow::of(&row.gateway, incident, None)).collect();
    }
    let processes = app.store.processes().await?.into_iter();
    let processes = processes.filter(|(name, _)| app.config.gateways.contains_key(name));
    let dead = app.store.post_counts().await?.iter().map(|(_, counts)| counts.dead).sum();
    let facts = facts(&rows, &litellm, &alerts, &holds, &glance, dead);
    let running = app.live.running();
    Ok(Json(Status {
        version: version::VERSION.to_owned(),
        now,
        well: facts.nothing_is_critical(),
        totals: totals(&rows, &glance),
        actions: actions(&facts),
        gateways: rows,
        litellm,
        processes: processes.map(|(name, (seen, at))| ProcessRow::of(name, seen, at)).collect(),
        alerts,
        scan_state: if running.is_empty() { ScanState::Idle } else { ScanState::Running },
        running,
        timeline: rounds::page(&app, None, ask::fifty(), 0).await?.rows,
    }))
}

fn row(
    app: &App,
    (name, gateway): (&String, &GatewayConfig),
    counts: LightCounts,
    last: Option<&RoundFigures>,
    glance: &Glance,
    holds: &[HoldRow],
) -> GatewayStatus {
    let (trouble_since, trouble) = glance.troubles.get(name).cloned().unzip();
    let proposals = || glance.proposals.iter().filter(|(of, _)| of == name).map(|(_, proposal)| proposal);
    GatewayStatus {
        name: name.clone(),
        kind: gateway.kind.map(|kind| kind.to_string()),
        mode: gateways::mode(gateway.mode).to_owned(),
        trouble,
        trouble_since,
        last_round: last.map(LastRound::of),
        next_round: last.and_then(|last| last.ended).and_then(|ended| gateways::next(ended, &app.config)),
        counts,
        held: proposals().filter(|proposal| !proposal.held.is_empty()).count() as u64,
        proposed: proposals().filter(|proposal| changes_anything(proposal)).count() as u64,
        holds: holds.iter().filter(|hold| hold.gateway.as_ref().is_none_or(|held| held == name)).count() as u64,
    }
}

fn changes_anything(proposal: &Proposal) -> bool {
    let change = &proposal.change;
    !(change.removed.is_empty() && change.added.is_empty() && change.restored.is_empty())
}

fn totals(rows: &[GatewayStatus], glance: &Glance) -> StatusTotals {
    let sum = |of: fn(&LightCounts) -> u64| rows.iter().map(|row| of(&row.counts)).sum();
    StatusTotals {
        models: sum(|counts| counts.total),
        working: sum(|counts| counts.up),
        down: sum(|counts| counts.down),
        degraded: sum(|counts| counts.degraded),
        withdrawn: sum(|counts| counts.withdrawn),
        channels: glance.channels.len() as u64,
        channels_down: glance.channels.iter().filter(|channel| channel.down_since.is_some()).count() as u64,
    }
}

/// All but what lasts.
async fn litellm_rows(app: &App, now: Timestamp) -> Result<Vec<LitellmStatus>, ApiError> {
    let mut checks = litellm::checks(&app.store).await?;
    let rows = litellm::proxies(app).map(|name| LitellmStatus {
        gateway: name.to_owned(),
        checks: checks.remove(name).unwrap_or_default(),
        deployments: DeploymentCounts::default(),
        incidents: vec![],
        failures_24h: BTreeMap::new(),
    });
    let mut rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(rows);
    }
    for seen in app.store.deployments(None).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.gateway == seen.gateway) {
            row.deployments.add(DeploymentState::of(&seen));
        }
    }
    for count in app.store.log_counts(now.checked_sub(DAY).unwrap_or(now)).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.gateway == count.gateway) {
            *row.failures_24h.entry(count.class.to_string()).or_default() += count.count;
        }
    }
    Ok(rows)
}

fn facts<'a>(
    rows: &'a [GatewayStatus],
    litellm: &'a [LitellmStatus],
    alerts: &'a [AlertRow],
    holds: &'a [HoldRow],
    glance: &'a Glance,
    dead: u64,
) -> Facts<'a> {
    let watched = Mode::Observe.as_str();
    let names = |which: fn(&GatewayStatus) -> bool| {
        rows.iter().filter(move |row| which(row)).map(|row| row.name.as_str()).collect()
    };
    let proposed = |observed: bool| {
        let rows = rows.iter().filter(move |row| row.proposed > 0 && (row.mode == watched) == observed);
        rows.map(|row| (row.name.as_str(), row.proposed)).collect()
    };
    let may_write = |name: &str| rows.iter().any(|row| row.name == name && row.mode != watched);
    let is_liftable = |proposal: &Proposal| proposal.held.iter().any(|held| held.guard.may_be_lifted());
    let proxies = |which: fn(&LitellmStatus) -> bool| {
        litellm.iter().filter(move |row| which(row)).map(|row| row.gateway.as_str()).collect()
    };
    Facts {
        alerts,
        unread: names(|row| row.trouble.is_some()),
        ailing: proxies(|row| row.checks.iter().any(|check| check.well == Some(false))),
        troubled: proxies(|row| !row.incidents.is_empty()),
        unseen: names(|row| row.last_round.is_none() && row.trouble.is_none()),
        proposed: proposed(false),
        wanted: proposed(true),
        liftable: glance
            .proposals
            .iter()
            .filter(|(name, proposal)| is_liftable(proposal) && may_write(name))
            .map(|(name, proposal)| (name.as_str(), proposal.channel))
            .collect(),
        holds,
        dead,
    }
}
