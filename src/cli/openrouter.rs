//! `openrouter`: its free models, and whether they answer.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::{Cell, Color, ColumnConstraint, Row, Table};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::show::{self, plain};
use super::sweep::Bar;
use crate::clock;
use crate::config::Config;
use crate::model::ModelName;
use crate::openrouter::{self, Entry, Free, Light, Look, Looked, Model, OpenRouter, Watcher};
use crate::probe::Prober;
use crate::say::say;
use crate::store::Store;

/// OpenRouter's free models
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Needs no configuration and no key: OPENROUTER_API_KEY (or openrouter.key) tells what the account may
use and how fast models answer, OPENROUTER_BASE_URL where its API is.

Lights, by what OpenRouter measures of a model's endpoints (this costs nothing):
  healthy   one is in good standing, and 90 % or more were answered in the last 30 minutes
  doubtful  the figures disagree, or there was no traffic; --probe asks these
  down      no provider serves it, or all are put back and 5 % or less were answered
  unknown   nobody looked, or a router: another model answers each time

Examples:
  channelwarden openrouter                    the :free models that answer in text
  channelwarden openrouter --all              also all-zero prices, routers, pictures, speech…
  channelwarden openrouter --probe            ask the doubtful ones, within the free budget
  channelwarden openrouter --stored           what the loop saw last, without asking anybody"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Args {
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Also models that are free without `:free` in their name, and those that do not answer in text
    #[arg(long)]
    all: bool,
    /// Ask doubtful models, as far as `budget.free_share` goes (needs a key)
    #[arg(long, conflicts_with = "stored")]
    probe: bool,
    /// The list alone: do not read what OpenRouter measures of each model
    #[arg(long, conflicts_with = "stored")]
    no_endpoints: bool,
    /// What was kept by the last look; nobody is asked
    #[arg(long)]
    stored: bool,
}

pub(super) async fn run(config: Option<Config>, args: &Args) -> anyhow::Result<ExitCode> {
    // Without a configuration nothing is kept: this folder is nobody's.
    let store = match &config {
        Some(config) => Some(Store::open(&config.store.path).await?),
        None => None,
    };
    let config = config.unwrap_or_default();
    let looked = if args.stored {
        let store = store.as_ref().context("--stored needs a configuration: only with one is anything kept")?;
        let kept = openrouter::stored(store).await?;
        let snapshot = kept.context("nothing is kept yet: run `channelwarden openrouter` without --stored first")?;
        Looked { snapshot, ..Looked::default() }
    } else {
        look(&config, store.as_ref(), args).await?
    };
    if let Some(store) = store {
        store.close().await;
    }
    let now = clock::now();
    if args.json {
        say!("{}", as_json(&config, &looked, args.all, now));
    } else {
        if args.stored {
            say!("as kept at {}", show::local(looked.snapshot.at));
        }
        print(&config, &looked, args.all, now);
    }
    Ok(if looked.stale.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look(config: &Config, store: Option<&Store>, args: &Args) -> anyhow::Result<Looked> {
    let prober = match store {
        Some(store) => Prober::with_accounts(config, store).await,
        None => Prober::new(&config.probe).map(Arc::new),
    };
    let prober = prober.map_err(anyhow::Error::msg).context("cannot prepare asking")?;
    let source = OpenRouter::new(config, &prober).map_err(anyhow::Error::msg)?;
    anyhow::ensure!(
        source.has_key() || !args.probe,
        "--probe needs a key: set OPENROUTER_API_KEY, or openrouter.key in the configuration"
    );
    let look = Look { endpoints: !args.no_endpoints, probe: args.probe, all: args.all };
    let bar = Bar::new(args.json);
    let looked = source.look(store, look, &bar).await?;
    bar.0.finish_and_clear();
    match &looked.stale {
        Some(why) if looked.snapshot.models.is_empty() => {
            let what_now = "try again later, or look at this machine's network (and OPENROUTER_BASE_URL, where set)";
            anyhow::bail!("OpenRouter's list cannot be read: {}; {what_now}", plain(why))
        }
        Some(_) | None => Ok(looked),
    }
}

impl Watcher for Bar {
    fn expect(&self, requests: usize) {
        self.0.inc_length(requests as u64);
    }

    fn done(&self, model: &ModelName) {
        self.0.inc(1);
        self.0.set_message(plain(model.as_str()));
    }
}

/// The models to show: the free ones.
fn shown(looked: &Looked, all: bool) -> impl Iterator<Item = &Model> {
    let wanted = move |entry: &Entry| entry.is_free_text() || all && entry.free != Free::No;
    looked.snapshot.models.iter().filter(move |model| wanted(&model.entry))
}

/// How many of the free models that answer in text have each light.
fn totals(looked: &Looked, now: Timestamp) -> [(Light, usize); 4] {
    let lights: Vec<_> = looked.snapshot.free_text().map(|model| openrouter::light(model, now).0).collect();
    [Light::Healthy, Light::Doubtful, Light::Down, Light::Unknown]
        .map(|light| (light, lights.iter().filter(|one| **one == light).count()))
}

fn print(config: &Config, looked: &Looked, all: bool, now: Timestamp) {
    say!("{}", table(looked, all, now));
    if let Some(why) = &looked.stale {
        let at = show::local(looked.snapshot.at);
        say!("this is the list of {at}; the present one was not taken: {}", plain(why));
    }
    for note in &looked.notes {
        say!("note: {}", plain(note));
    }
    if let Some(news) = looked.news.as_ref().filter(|news| !news.is_empty()) {
        say!("since the last look: {news}");
    }
    let (free, others) = (looked.snapshot.free_text().count(), shown(looked, true).count());
    let lights = totals(looked, now).into_iter().filter(|(_, count)| *count > 0);
    let lights: Vec<_> = lights.map(|(light, count)| format!("{count} {}", light.as_str())).collect();
    let more = if others > free && !all {
        format!("; {} more are free in another way or give no text (--all)", others - free)
    } else {
        String::new()
    };
    say!("{free} free models that answer in text: {}{more}", lights.join(", "));
    if let Some(quota) = looked.free_quota {
        say!("the account has {quota} free requests a day; probes may take {}", for_probes(config, quota));
    }
}

/// What `budget.free_share` leaves of a quota to probes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small number"
)]
fn for_probes(config: &Config, quota: u64) -> u64 {
    (quota as f64 * config.budget.free_share.clamp(0.0, 1.0)) as u64
}

fn table(looked: &Looked, all: bool, now: Timestamp) -> Table {
    let mut heading = vec!["model", "context", "takes → gives", "sees", "thinks", "ends", "up 30m", "up 1d", "TTFT"];
    heading.extend(all.then_some("free"));
    heading.extend(["light", "why"]);
    let columns = heading.len();
    let mut table = show::table(&heading);
    for model in shown(looked, all) {
        let entry = &model.entry;
        let (light, why) = openrouter::light(model, now);
        let percent = |part: Option<f64>| part.map_or_else(nothing, |part| format!("{part:.1} %"));
        let yes = |yes: bool| if yes { "yes".to_owned() } else { nothing() };
        let figures = model.figures(now);
        let ttft = figures.and_then(|figures| figures.ttft_p50_ms);
        let mut cells = vec![
            Cell::new(plain(entry.id.as_str())),
            Cell::new(entry.context.map_or_else(nothing, tokens)),
            Cell::new(format!("{} → {}", entry.takes.join("+"), entry.gives.join("+"))),
            Cell::new(yes(entry.sees())),
            Cell::new(yes(entry.reasons)),
            Cell::new(entry.ends.map_or_else(nothing, |ends| ends.to_string())),
            Cell::new(percent(figures.and_then(|figures| figures.uptime_30m))),
            Cell::new(percent(figures.and_then(|figures| figures.uptime_1d))),
            Cell::new(ttft.map_or_else(nothing, |ms| format!("{ms:.0} ms"))),
        ];
        cells.extend(all.then(|| Cell::new(entry.free.as_str())));
        cells.extend([show::tinted(light.as_str(), color(light)), Cell::new(plain(&why))]);
        table.add_row(Row::from(cells));
    }
    // On a narrow terminal it is the reason that wraps.
    table.set_constraints(vec![ColumnConstraint::ContentWidth; columns - 1]);
    table
}

fn nothing() -> String {
    "–".to_owned()
}

/// `131072` as `131k`, `1048576` as `1.0M`.
#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn tokens(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{:.1}M", count as f64 / 1e6),
    }
}

fn color(light: Light) -> Color {
    match light {
        Light::Healthy => Color::Green,
        Light::Doubtful => Color::Yellow,
        Light::Down => Color::Red,
        Light::Unknown => Color::DarkGrey,
    }
}

fn as_json(config: &Config, looked: &Looked, all: bool, now: Timestamp) -> Value {
    let models: Vec<_> = shown(looked, all)
        .map(|model| {
            let Model { entry, usable, health, probe } = model;
            let (light, why) = openrouter::light(model, now);
            json!({
                "id": entry.id, "free": entry.free, "context": entry.context, "max_answer": entry.max_answer,
                "takes": entry.takes, "gives": entry.gives, "sees": entry.sees(), "reasons": entry.reasons,
                "ends": entry.ends, "created": entry.created, "usable": usable, "health": health, "probe": probe,
                "light": light, "why": why,
            })
        })
        .collect();
    let totals: serde_json::Map<_, _> =
        totals(looked, now).into_iter().map(|(light, count)| (light.as_str().to_owned(), json!(count))).collect();
    json!({
        "at": looked.snapshot.at, "stale": looked.stale, "notes": looked.notes, "news": looked.news,
        "free_requests_a_day": looked.free_quota,
        "for_probes_a_day": looked.free_quota.map(|quota| for_probes(config, quota)),
        "totals": totals, "models": models,
    })
}
