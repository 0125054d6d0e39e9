//! `doctor`: what is wrong with a setup, why, and the exact fix.
//!
//! Decides: what is checked, at once and each within its time, and how bad a finding is. Must not know: how it is shown.
//! Nothing here writes to a gateway, asks a model, or costs anything.

mod files;
mod finding;
mod gateway;
mod litellm;
mod ours;
mod reach;
mod symptom;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use tokio::time::timeout;
use url::Url;

pub use self::finding::{Check, Finding, Level, Place, Report};
use self::gateway::{Looked, Patient};
use self::reach::{Clock, Host};
use crate::config::{Config, ProbeConfig};
use crate::http::Http;
use crate::model::GatewayKind;
use crate::store::Store;

/// How long everything about one gateway may take.
const GATEWAY: Duration = Duration::from_secs(75);
/// How long it takes to be told that a host is not there.
const CONNECT: Duration = Duration::from_secs(5);

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// Our configuration, where one is named.
    pub config: Option<PathBuf>,
    /// Files of gateways: compose files, configurations, environments, health logs.
    pub files: Vec<PathBuf>,
    /// Ask nothing over a network.
    pub offline: bool,
}

/// Somebody who watches the visit.
pub trait Watch: Sync {
    /// This begins.
    fn begins(&self, what: &str);
    /// This is done.
    fn ends(&self, what: &str);
}

/// Looks at everything; what hangs is left after its time, and delays nothing else.
pub async fn examine(visit: &Visit, watch: &dyn Watch) -> Report {
    let (mut findings, loaded) = ours::configuration(visit.config.as_deref(), !visit.files.is_empty());
    let config = loaded.as_ref().map(|loaded| &loaded.config);
    for file in &visit.files {
        findings.extend(files::read(file, config));
    }
    if let Some(config) = config {
        let (found, store) = watched(watch, "the store", ours::store(config)).await;
        findings.extend(found);
        if let Some(store) = &store {
            findings.extend(ours::told(config, store).await);
        }
        if !visit.offline {
            findings.extend(outside(config, store.as_ref(), watch).await);
        }
    }
    Report::new(findings)
}

async fn watched<T>(watch: &dyn Watch, what: &str, job: impl Future<Output = T>) -> T {
    watch.begins(what);
    let done = job.await;
    watch.ends(what);
    done
}

/// All that is asked over a network: gateways at once, then the hosts that they need.
async fn outside(config: &Config, store: Option<&Store>, watch: &dyn Watch) -> Vec<Finding> {
    let settings = ProbeConfig {
        connect_timeout: config.probe.connect_timeout.min(CONNECT),
        first_byte_timeout: config.probe.first_byte_timeout.min(litellm::PATIENCE),
        timeout: config.probe.timeout.min(litellm::PATIENCE),
        ..config.probe.clone()
    };
    let http = match Http::new(&settings) {
        Ok(http) => http,
        Err(why) => return vec![Finding::new(Check::Config, Level::Error, Place::key("probe"), why)],
    };
    let visits = config.gateways.iter().map(|(name, gateway)| {
        let patient = Patient { name, settings: gateway, probe: &settings };
        watched(watch, name, visit(patient, &http, store))
    });
    let (mut findings, mut hosts, mut clocks) = (vec![], BTreeMap::<String, Host>::new(), vec![]);
    for looked in join_all(visits).await {
        findings.extend(looked.findings);
        clocks.extend(looked.clocks);
        for (mark, host) in looked.hosts {
            hosts
                .entry(mark)
                .or_insert_with(|| Host { needed_by: vec![], ..host.clone() })
                .needed_by
                .extend(host.needed_by);
        }
    }
    let (found, told) = watched(watch, "the hosts behind channels", reached(&http, hosts)).await;
    findings.extend(found);
    clocks.extend(told);
    findings.extend(reach::clocks(clocks));
    findings
}

async fn visit(patient: Patient<'_>, http: &Http, store: Option<&Store>) -> Looked {
    let looked = async {
        if patient.settings.kind == Some(GatewayKind::LiteLlm) {
            return Looked { findings: litellm::look(patient, http, store).await, ..Looked::default() };
        }
        gateway::look(patient).await
    };
    let clock = own_clock(patient, http);
    let both = Box::pin(timeout(GATEWAY, async { tokio::join!(looked, clock) }));
    let Ok((mut looked, clock)) = both.await else {
        let what = format!("not all could be looked at within {} s", GATEWAY.as_secs());
        let place = Place::key(format!("gateways.{}", patient.name));
        return Looked { findings: vec![Finding::new(Check::Api, Level::Error, place, what)], ..Looked::default() };
    };
    looked.clocks.extend(clock);
    looked
}

/// The clock of the gateway's own machine.
async fn own_clock(patient: Patient<'_>, http: &Http) -> Option<Clock> {
    let mut origin = Url::parse(&patient.settings.api.as_ref()?.url).ok()?;
    origin.set_path("/");
    let host = Host { origin, proxy: None, needed_by: vec![] };
    timeout(reach::PATIENCE, reach::ask(http, &host)).await.ok()?.ok()?
}

async fn reached(http: &Http, hosts: BTreeMap<String, Host>) -> (Vec<Finding>, Vec<Clock>) {
    let left_off = hosts.len().saturating_sub(reach::MOST);
    let asked: Vec<_> = hosts.into_values().take(reach::MOST).collect();
    let count = asked.len();
    let answers = futures::stream::iter(asked).map(async |host| {
        let answer = timeout(reach::PATIENCE, reach::ask(http, &host)).await;
        (host, answer)
    });
    let (mut silent, mut clocks) = (vec![], vec![]);
    let mut answers = answers.buffered(reach::AT_ONCE);
    while let Some((host, answer)) = answers.next().await {
        match answer {
            Ok(Ok(clock)) => clocks.extend(clock),
            Ok(Err(failure)) => silent.push(reach::silent(&host, &failure)),
            Err(_) => silent.push(reach::late(&host)),
        }
    }
    (reach::summed(count, silent, left_off), clocks)
}
