//! The rows of the open tab's list, in order.
//!
//! Decides: what is a row, which rows a search leaves, and by what a row is known again. Must not know: how it is drawn.

use super::{State, Tab};
use crate::tui::seen::{Action, Alert, Change, Channel, Check, Deployment, Gateway, Incident, Model, Process, Wanted};

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    Gateway(&'a Gateway),
    Alert(&'a Alert),
    Action(&'a Action),
    Channel(&'a Channel),
    Model(&'a Model),
    Wanted(&'a Wanted),
    Change(&'a Change),
    Check(&'a str, &'a Check),
    Incident(&'a str, &'a Incident),
    Deployment(&'a Deployment),
    Process(&'a Process),
}

/// The rows at hand, the place of the first of them in the list, and how long the list is.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    pub(crate) rows: Vec<Item<'a>>,
    pub(crate) from: usize,
    pub(crate) count: usize,
}

/// The open tab's.
pub(crate) fn items(state: &State) -> Items<'_> {
    if state.tab == Tab::Models {
        let (from, count) = state.models_at();
        return Items { rows: state.models.rows().iter().map(Item::Model).collect(), from, count };
    }
    let status = state.status.value.as_ref();
    let proxies = || status.into_iter().flat_map(|status| &status.litellm);
    let mut rows: Vec<Item<'_>> = match state.tab {
        Tab::Models => vec![],
        Tab::Overview => status.map_or(vec![], |status| {
            let gateways = status.gateways.iter().map(Item::Gateway);
            let alerts = status.alerts.iter().map(Item::Alert);
            gateways.chain(alerts).chain(status.actions.iter().map(Item::Action)).collect()
        }),
        Tab::Channels => state.channels.rows().iter().map(Item::Channel).collect(),
        Tab::Changes => {
            let wanted = state.plan.rows().iter().map(Item::Wanted);
            wanted.chain(state.changes.rows().iter().map(Item::Change)).collect()
        }
        Tab::LiteLlm => {
            let checks = proxies().flat_map(|of| of.checks.iter().map(|check| Item::Check(&of.gateway, check)));
            let incidents = proxies().flat_map(|of| of.incidents.iter().map(|one| Item::Incident(&of.gateway, one)));
            let deployments = state.deployments.rows().iter().map(Item::Deployment);
            incidents.chain(checks).chain(deployments).collect()
        }
        Tab::Resources => status.map_or(vec![], |status| status.processes.iter().map(Item::Process).collect()),
    };
    let search = state.place().search.to_lowercase();
    if !search.is_empty() {
        rows.retain(|item| item.words().iter().any(|word| word.to_lowercase().contains(&search)));
    }
    Items { count: rows.len(), from: 0, rows }
}

impl Item<'_> {
    /// What a search looks through.
    fn words(&self) -> Vec<&str> {
        match self {
            Item::Gateway(of) => vec![&of.name, &of.mode, of.kind.as_deref().unwrap_or_default()],
            Item::Alert(of) => vec![&of.cause, &of.gateway, &of.channel_name, &of.subject, &of.evidence],
            Item::Action(of) => vec![&of.why, &of.command],
            Item::Channel(of) => vec![&of.name, &of.gateway, &of.provider, &of.status, &of.note],
            Item::Model(of) => vec![&of.name, &of.channel_name],
            Item::Wanted(of) => {
                let held = of.held.iter().flat_map(|held| held.removals.iter().map(|removal| removal.model.as_str()));
                let added = of.added.iter().chain(&of.restored).map(String::as_str);
                let removed = of.removed.iter().map(|removal| removal.model.as_str());
                [of.gateway.as_str(), &of.channel_name].into_iter().chain(held).chain(added).chain(removed).collect()
            }
            Item::Change(of) => {
                let added = of.added.iter().chain(&of.restored).map(String::as_str);
                let removed = of.removed.iter().map(|removal| removal.model.as_str());
                [of.gateway.as_str(), &of.channel_name, &of.state].into_iter().chain(added).chain(removed).collect()
            }
            Item::Check(gateway, of) => vec![gateway, &of.name, &of.detail],
            Item::Incident(gateway, of) => vec![gateway, &of.subject, &of.deployment, &of.class, &of.detail],
            Item::Deployment(of) => vec![&of.name, &of.upstream, &of.api_base, &of.gateway, &of.id],
            Item::Process(of) => vec![&of.gateway, &of.name],
        }
    }

    /// By what the row is known again in the next answer.
    pub(crate) fn identity(&self) -> String {
        match self {
            Item::Gateway(of) => format!("gateway {}", of.name),
            Item::Alert(of) => format!("alert {} {} {:?} {}", of.cause, of.gateway, of.channel, of.subject),
            Item::Action(of) => format!("do {}", of.command),
            Item::Channel(of) => format!("channel {} {}", of.id, of.gateway),
            Item::Model(of) => format!("model {}", of.id),
            Item::Wanted(of) => format!("wanted {} {}", of.channel, of.gateway),
            Item::Change(of) => format!("change {}", of.id),
            Item::Check(gateway, of) => format!("check {gateway} {}", of.name),
            Item::Incident(gateway, of) => format!("incident {gateway} {} {} {}", of.class, of.deployment, of.subject),
            Item::Deployment(of) => format!("deployment {} {}", of.gateway, of.id),
            Item::Process(of) => format!("process {}", of.gateway),
        }
    }
}
