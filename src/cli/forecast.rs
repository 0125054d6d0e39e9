//! `plan --cost`: what probing would take, before anything is asked.

use std::process::ExitCode;

use comfy_table::Table;
use serde_json::json;

use super::{failed, gateways, open_to_look, show, stop_on_signal, worst};
use crate::budget;
use crate::clock;
use crate::config::Config;
use crate::cost::Cost;
use crate::openrouter;
use crate::round::{Forecast, Need};
use crate::say::say;
use crate::store::Store;

/// More channels than this are not shown.
const CHANNELS: usize = 200;

pub(super) async fn run(config: &Config, gateway: Option<&str>, as_json: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store.path).await?;
    let stop = stop_on_signal()?;
    let rates = openrouter::rates(&store).await?;
    let spent = store.spent_in(budget::day(clock::now()), "").await?;
    let mut codes = vec![];
    for name in gateways(config, gateway)? {
        let forecast = async {
            let round = open_to_look(config, &name, &store, &stop).await?;
            let forecast = round.forecast(&rates).await;
            round.gateway.close().await;
            anyhow::Ok(forecast?)
        };
        match forecast.await {
            Ok(forecast) if as_json => {
                let mut line = json!(forecast);
                line["used_today"] = json!(spent);
                say!("{line}");
            }
            Ok(forecast) => print(&forecast),
            Err(error) => codes.push(failed(&error)),
        }
    }
    if !as_json {
        let (requests, tokens, dollars) = (spent.requests, spent.tokens, Cost::micros(spent.cost));
        say!("used up today (UTC) by every probe: {requests} requests, {tokens} tokens, estimated {dollars}");
    }
    store.close().await;
    Ok(worst(codes))
}

fn print(forecast: &Forecast) {
    say!("{}", table(forecast));
    if forecast.channels.len() > CHANNELS {
        say!("(the {CHANNELS} dearest of {} channels; --json has all)", forecast.channels.len());
    }
    for skipped in &forecast.skipped {
        say!("{}: left alone: {}", show::channel(&skipped.channel), show::plain(&skipped.why));
    }
    let Need { requests, tokens, dollars } = forecast.day;
    say!(
        "{}: {} requests a round, {:.1} rounds a day: {requests} requests and {tokens} tokens a day, estimated {dollars}",
        forecast.gateway,
        forecast.round.requests,
        forecast.rounds_a_day
    );
    for limit in &forecast.limits {
        say!("{limit}");
    }
    if forecast.limits.is_empty() {
        say!("the budget lets all of it out");
    } else {
        say!("in all: {} of {requests} requests a day", forecast.allowed);
    }
    say!("(at most: what is advertised now, each model asked once a round; prices are orders of magnitude)");
}

fn table(forecast: &Forecast) -> Table {
    let mut table =
        show::table(&["channel", "models", "not asked", "a round", "a day", "tokens a day", "estimated $ a day"]);
    let mut channels: Vec<_> = forecast.channels.iter().collect();
    if channels.len() > CHANNELS {
        channels.sort_by_key(|channel| std::cmp::Reverse(channel.day.dollars));
        channels.truncate(CHANNELS);
    }
    for channel in channels {
        let models: Vec<_> = channel.models.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        table.add_row([
            show::channel(&channel.channel),
            models.join(", "),
            channel.unprobed.to_string(),
            channel.round.requests.to_string(),
            channel.day.requests.to_string(),
            channel.day.tokens.to_string(),
            channel.day.dollars.to_string(),
        ]);
    }
    table
}
