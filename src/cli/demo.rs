//! `demo`: real rounds over a simulated gateway and its upstreams: told as a story first, then as the loop with its
//! dashboard.

mod story;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use self::story::Story;
use super::{start_log, stop_on_signal};
use crate::clock;
use crate::config::{self, Config};
use crate::daemon;
use crate::demo::Demo;
use crate::say::{self, say};
use crate::store::Store;

/// A simulated gateway and its upstreams in a temporary folder, real rounds over them, and the dashboard
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End after the story (under a minute), without a dashboard; without it rounds go on until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Keep the folder, with its database, configuration and history
    #[arg(long)]
    keep: bool,
    /// Where the dashboard is served; left out: at 127.0.0.1:8000, or the next port that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// One channel more with so many models, to see how the dashboard copes
    #[arg(long, value_name = "MODELS", default_value_t = 0, hide = true)]
    crowd: u32,
}

/// Ours, with times short enough to watch.
const CONFIG: &str = "\
// channelwarden demo: the times are shortened so that a person can watch. Real ones: config.example.json5
{
  gateways: { demo: { database: 'sqlite:FOLDER/one-api.db', mode: 'apply' } },
  store: { path: 'FOLDER/channelwarden.db' },
  probe: {
    every: '1m', timeout: '1500ms', first_byte_timeout: '1500ms', connect_timeout: '1s', requests_per_second: 0,
  },
  verdict: {
    denied: { times: 2, over: '2s' },
    denied_listed: { times: 2, over: '2s' },
    failing: { times: 3, over: '4s' },
    restore_first: '1s',
  },
  web: {
    listen: 'LISTEN',
    read_token: READ,
    act_token: 'TOKEN',
    status: {
      enabled: true,
      title: 'Demo',
      models: [
        { name: 'GPT-4o', gateway: 'demo', model: 'gpt-4o' },
        { name: 'Mixtral', gateway: 'demo', model: 'mixtral-8x7b', channels: [7] },
      ],
    },
  },
  log: { level: 'warn' },
}
";

/// How long Glacier's upstream hangs, and then how long it does not.
const MOOD: Duration = Duration::from_secs(40);

pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("channelwarden-demo-").tempdir();
    let folder = folder.context("the demo needs a folder for temporary files; the variable TMPDIR names another")?;
    let place = folder.path().to_str().context("the temporary folder's name is no text")?.to_owned();
    let demo = Demo::start(folder.path(), args.crowd).await?;
    let listen = if args.once { "off".to_owned() } else { place_to_listen(args.listen)?.to_string() };
    let token = demo.token().await?;
    let file = folder.path().join("config.json5");
    let text = configuration(&place, &listen, &token, args.listen);
    std::fs::write(&file, text)?;
    let config = config::load(&file)?.config;
    let shown = show(&demo, &args, config, &file, &token).await;
    if args.keep {
        say!("kept: {}", folder.keep().display());
    }
    shown?;
    Ok(ExitCode::SUCCESS)
}

/// [`CONFIG`] for this folder. Where others reach the address that was `asked` for (in a container, by a published port),
/// looking takes a token as well: whoever may act may look, so nobody is told the other one.
fn configuration(place: &str, listen: &str, token: &str, asked: Option<SocketAddr>) -> String {
    let read = if asked.is_none_or(|asked| asked.ip().is_loopback()) { "null" } else { "'look-TOKEN'" };
    let text = CONFIG.replace("READ", read).replace("FOLDER", &place.replace('\\', r"\\"));
    text.replace("LISTEN", listen).replace("TOKEN", token)
}

/// The story, and then the loop.
async fn show(demo: &Demo, args: &Args, config: Config, file: &Path, token: &str) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let store = Store::open(&config.store.path).await?;
    if !args.once {
        demo.remember(&store, "demo", clock::now()).await?;
    }
    let told = Story::new(config.clone(), store.clone(), stop.clone()).tell(demo).await;
    store.close().await;
    if stop.is_cancelled() {
        return Ok(());
    }
    told?;
    // Whose reader went away nobody would ever end.
    if args.once || !say::is_heard() {
        return Ok(());
    }
    say!("\nRounds go on until Ctrl-C, in the loop that `channelwarden run` is.");
    say!("  the dashboard   http://{}/", config.web.listen);
    say!("  to act in it    log in with the token {token}");
    say!("  the status page http://{}/status", config.web.listen);
    say!("Or, in another terminal:");
    for command in ["history", "plan", "undo --last --rehearse", "hold", "release"] {
        say!("  channelwarden -c {} {command}", file.display());
    }
    start_log(&config.log, true);
    tokio::select! {
        ended = Box::pin(daemon::run(config, file.to_owned())) => ended,
        () = moods(demo) => Ok(()),
    }
}

/// Glacier's upstream mends and hurts its model for ever.
async fn moods(demo: &Demo) {
    loop {
        demo.hurt();
        tokio::time::sleep(MOOD).await;
        demo.mend();
        tokio::time::sleep(MOOD).await;
    }
}

/// The address that was asked for, or the first free one from 8000 on.
fn place_to_listen(asked: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    // Let go again: the loop takes it.
    let free = |at: SocketAddr| TcpListener::bind(at).and_then(|listener| listener.local_addr());
    if let Some(asked) = asked {
        return free(asked).with_context(|| format!("cannot listen at {asked}; `--listen` takes another address"));
    }
    let places = (8000..8100).map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    places.map(free).find_map(Result::ok).context("no port from 8000 to 8099 is free; `--listen` takes another")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_takes_the_token_where_others_reach_the_address() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json5");
        for (asked, takes) in [(None, false), (Some("127.0.0.1:8000"), false), (Some("0.0.0.0:8000"), true)] {
            let listen = asked.unwrap_or("127.0.0.1:8000");
            let asked = asked.map(|asked| asked.parse().unwrap());
            std::fs::write(&file, configuration("/nowhere", listen, "0123456789abcdef", asked)).unwrap();
            let config = config::load(&file).unwrap().config;
            assert_eq!(config.web.read_token.is_some(), takes, "{asked:?}");
        }
    }
}
