//! What Docker knows of a container's health (`docker inspect`), or the words that a check or a log left.
//!
//! Decides: which failure of the log is the one to tell, by the decision order. Must not know: Docker.

use super::command::Command;
use super::probe::HealthCheck;
use super::{Sheet, probe_line};
use crate::config::Node;
use crate::doctor::finding::{Finding, Level};
use crate::doctor::symptom::Symptom;

use std::time::Duration;

/// Docker's default of interval and timeout.
const DEFAULT: Duration = Duration::from_secs(30);

/// Whether it is what `docker inspect` prints: whole, or only its `.State` or `.State.Health`.
pub(super) fn is_one(node: &Node) -> bool {
    containers(node)
        .iter()
        .any(|container| log(container).is_some() || container.below(&["Config", "Healthcheck"]).is_some())
}

fn containers(node: &Node) -> Vec<&Node> {
    if node.items().is_empty() { vec![node] } else { node.items().iter().collect() }
}

fn log(container: &Node) -> Option<&Node> {
    [&["State", "Health", "Log"][..], &["Health", "Log"], &["Log"]].iter().find_map(|path| container.below(path))
}

pub(super) fn look(sheet: &Sheet<'_>, node: &Node) -> Vec<Finding> {
    let mut found = vec![];
    for container in containers(node) {
        let configured = container.below(&["Config", "Healthcheck"]);
        let command =
            configured.and_then(|check| check.member("Test")).and_then(|(key, test)| Some((key, Command::of(test)?)));
        let image = container.below(&["Config", "Image"]).and_then(Node::text).unwrap_or_default();
        if let Some((key, command)) = &command
            && image.contains("litellm")
        {
            // In nanoseconds; 0 is Docker's default.
            let time = |name: &str| {
                let nanoseconds = configured?.get(name)?.text()?.parse().ok().filter(|time| *time > 0)?;
                Some(Duration::from_nanos(nanoseconds))
            };
            let health = HealthCheck {
                command,
                line: Some(key.line),
                port: port(container),
                published: None,
                own_image: true,
                timeout: (time("Timeout").unwrap_or(DEFAULT), None),
                interval: time("Interval").unwrap_or(DEFAULT),
            };
            found.extend(health.judge(sheet));
        }
        found.extend(latest(sheet, container));
    }
    found
}

/// The port that its LiteLLM listens at: `--port` of its command, or PORT of its environment.
fn port(container: &Node) -> u16 {
    let texts = |key: &str| {
        let list = container.below(&["Config", key]).map(Node::items).unwrap_or_default();
        list.iter().filter_map(Node::text).collect::<Vec<_>>()
    };
    let command = texts("Cmd").join(" ").replace("--port=", "--port ");
    let told =
        command.split_whitespace().skip_while(|word| *word != "--port").nth(1).and_then(|port| port.parse().ok());
    let of_environment = || texts("Env").iter().find_map(|line| line.strip_prefix("PORT=")?.parse().ok());
    told.or_else(of_environment).unwrap_or(4000)
}

/// What the latest check left, if it failed.
fn latest(sheet: &Sheet<'_>, container: &Node) -> Option<Finding> {
    let entry = log(container)?.items().last()?;
    let exit: Option<i64> = entry.get("ExitCode").and_then(Node::text).and_then(|code| code.parse().ok());
    let (key, output) = entry.member("Output")?;
    if exit == Some(0) {
        return None;
    }
    let streak = container.below(&["State", "Health", "FailingStreak"]).or_else(|| container.get("FailingStreak"));
    let times = streak.and_then(Node::text).map_or_else(String::new, |times| format!(" {times} times in a row"));
    Some(told(
        sheet,
        Some(key.line),
        Symptom::of_output(exit, output.text().unwrap_or_default()),
        &format!("the health check failed{times}"),
        port(container),
    ))
}

/// Text that a check printed, or LiteLLM's own log.
pub(super) fn of_output(sheet: &Sheet<'_>, text: &str) -> Vec<Finding> {
    if let Some((symptom, line)) = Symptom::of_text(text) {
        return vec![told(sheet, Some(line), Some(symptom), "the text tells of a failure", 4000)];
    }
    vec![
        sheet
            .say(Level::Note, None, "nothing known is in this file")
            .because("it is neither a compose file, a LiteLLM configuration, an environment file, what `docker inspect` prints, nor a text that tells of a known failure of LiteLLM itself; what its upstreams answered, `channelwarden run` reads from its log (litellm.logs)"),
    ]
}

fn told(sheet: &Sheet<'_>, line: Option<usize>, symptom: Option<Symptom>, lead: &str, port: u16) -> Finding {
    let Some(symptom) = symptom else {
        let finding = sheet.say(Level::Warning, line, format!("{lead}, for a reason that is not known here"));
        return finding.fix(format!("test: {}", probe_line(port)));
    };
    let key = "LITELLM_MASTER_KEY=sk-… as `openssl rand -hex 24` makes one, in its environment; then restart it";
    let fix = match symptom {
        Symptom::RefusedToStart => key.to_owned(),
        Symptom::NotListening => {
            "docker logs CONTAINER 2>&1 | grep -i 'refused to start'; and start_period: 60s in its health check"
                .to_owned()
        }
        Symptom::Unready => {
            "docker logs CONTAINER 2>&1 | grep -i -e prisma -e database; is DATABASE_URL reachable from there?"
                .to_owned()
        }
        Symptom::NoPrisma => format!("pip install prisma; or test: {}", probe_line(port)),
        Symptom::ToolMissing
        | Symptom::NoKey
        | Symptom::WrongKey
        | Symptom::Head
        | Symptom::TooSlow
        | Symptom::NoSuchPath => format!("test: {}", probe_line(port)),
    };
    sheet.say(Level::Error, line, format!("{lead}: {}", symptom.what())).because(symptom.why()).fix(fix)
}
