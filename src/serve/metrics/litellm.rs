//! How each `LiteLLM` stands, and each gateway's process, at the moment of a scrape.
//!
//! Decides: which figures. Must not know: how they are found out; a scrape asks nobody.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use jiff::{SignedDuration, Timestamp};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Labels;
use crate::model::{Class, GatewayKind};
use crate::serve::App;
use crate::serve::api::DeploymentState;
use crate::store::StoreError;

/// What lasts is of one of these classes.
const LASTING: [Class; 3] = [Class::Credits, Class::Auth, Class::Server];

pub(super) async fn stand(app: &App, all: &mut Registry, now: Timestamp) -> Result<(), StoreError> {
    let gateways = app.config.gateways.iter();
    let proxies = gateways.filter(|(_, gateway)| gateway.kind == Some(GatewayKind::LiteLlm));
    let proxies: Vec<&str> = proxies.map(|(name, _)| name.as_str()).collect();
    if !proxies.is_empty() {
        checks(app, all, &proxies).await?;
        deployments(app, all, &proxies).await?;
        incidents(app, all, &proxies).await?;
        failures(app, all, &proxies, now).await?;
    }
    processes(app, all).await
}

async fn checks(app: &App, all: &mut Registry, proxies: &[&str]) -> Result<(), StoreError> {
    // No label holds a model's name: all chats are one check, as well as the worst of them.
    let mut found: BTreeMap<(String, String), bool> = BTreeMap::new();
    for seen in app.store.checks(None).await? {
        let step = seen.check.name.split(' ').next().unwrap_or_default().to_owned();
        if let Some(well) = seen.check.well.filter(|_| proxies.contains(&seen.gateway.as_str())) {
            *found.entry((seen.gateway, step)).or_insert(true) &= well;
        }
    }
    let checks: Family<Labels, Gauge> = Family::default();
    for ((gateway, check), well) in found {
        checks.get_or_create(&vec![("gateway", gateway), ("check", check)]).set(well.into());
    }
    all.register("litellm_check", "Whether a LiteLLM's own endpoint answered well; none: not known", checks);
    Ok(())
}

async fn deployments(app: &App, all: &mut Registry, proxies: &[&str]) -> Result<(), StoreError> {
    let counts: Family<Labels, Gauge> = Family::default();
    let of = |gateway: &str, state: DeploymentState| {
        counts.get_or_create_owned(&vec![("gateway", gateway.to_owned()), ("state", state.as_str().to_owned())])
    };
    for gateway in proxies {
        for state in DeploymentState::ALL {
            of(gateway, state).set(0);
        }
    }
    for seen in app.store.deployments(None).await? {
        if proxies.contains(&seen.gateway.as_str()) {
            of(&seen.gateway, DeploymentState::of(&seen)).inc();
        }
    }
    all.register("litellm_deployments", "Deployments behind a LiteLLM by how they were last seen", counts);
    Ok(())
}

async fn incidents(app: &App, all: &mut Registry, proxies: &[&str]) -> Result<(), StoreError> {
    let counts: Family<Labels, Gauge> = Family::default();
    let lasting = app.store.incidents().await?;
    for gateway in proxies {
        for class in LASTING {
            let open = lasting.get(*gateway).into_iter().flatten().filter(|incident| incident.class == class).count();
            let labels = vec![("gateway", (*gateway).to_owned()), ("class", class.to_string())];
            counts.get_or_create(&labels).set(i64::try_from(open).unwrap_or(i64::MAX));
        }
    }
    all.register("litellm_incidents", "Troubles behind a LiteLLM that last", counts);
    Ok(())
}

async fn failures(app: &App, all: &mut Registry, proxies: &[&str], now: Timestamp) -> Result<(), StoreError> {
    let counts: Family<Labels, Gauge> = Family::default();
    let of = |gateway: &str, class: Class| {
        counts.get_or_create_owned(&vec![("gateway", gateway.to_owned()), ("class", class.to_string())])
    };
    for gateway in proxies {
        for class in Class::ALL {
            of(gateway, class).set(0);
        }
    }
    let day = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    for count in app.store.log_counts(day).await? {
        if proxies.contains(&count.gateway.as_str()) {
            of(&count.gateway, count.class).inc_by(count.count.cast_signed());
        }
    }
    // No counter: old hours are forgotten, and a counter that falls looks as if all of it came anew.
    let about = "Failed requests that a LiteLLM's log told of in the last 24 hours";
    all.register("litellm_log_failures_day", about, counts);
    Ok(())
}

async fn processes(app: &App, all: &mut Registry) -> Result<(), StoreError> {
    let [up, count, files, restarts, memory]: [Family<Labels, Gauge>; 5] = Default::default();
    let [cpu, started]: [Family<Labels, Gauge<f64, AtomicU64>>; 2] = Default::default();
    let figure = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    for (gateway, (seen, _)) in app.store.processes().await? {
        if !app.config.gateways.contains_key(&gateway) {
            continue;
        }
        let labels = vec![("gateway", gateway)];
        up.get_or_create(&labels).set(seen.is_some().into());
        let Some(seen) = seen else { continue };
        count.get_or_create(&labels).set(seen.processes.into());
        memory.get_or_create(&labels).set(figure(seen.memory_bytes));
        cpu.get_or_create(&labels).set(f64::from(seen.cpu_percent) / 100.0);
        started.get_or_create(&labels).set(seen.started.as_duration().as_secs_f64());
        restarts.get_or_create(&labels).set(seen.restarts.into());
        if let Some(open) = seen.open_files {
            files.get_or_create(&labels).set(figure(open));
        }
    }
    all.register("process_found", "Whether the gateway's process is found on this machine", up);
    all.register("process_count", "Processes of the gateway, its children among them", count);
    all.register_with_unit("process_resident_memory", "Resident memory of the gateway", Unit::Bytes, memory);
    all.register_with_unit("process_cpu", "Of one core, how much the gateway uses", Unit::Ratios, cpu);
    all.register("process_open_fds", "Open files and sockets of the gateway", files);
    all.register("process_restarts", "How often the gateway's process was another one than before", restarts);
    let about = "When the gateway's process was started";
    all.register_with_unit("process_start_time", about, Unit::Seconds, started);
    Ok(())
}
