//! A compose file: the gateways among its services, their health checks, and the keys that stand in it.
//!
//! Decides: which service is which program, and what of it cannot work. Must not know: Docker.

use std::collections::BTreeMap;
use std::time::Duration;

use super::command::Command;
use super::probe::HealthCheck;
use super::{Sheet, environment, is_key, probe_line};
use crate::config::Node;
use crate::doctor::finding::{Finding, Level};
use crate::model::GatewayKind;

/// LiteLLM answers 7 to 11 s after its start, on a fast machine.
const STARTS_WITHIN: Duration = Duration::from_secs(15);
/// Docker's own defaults of a health check.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn look(sheet: &Sheet<'_>, file: &Node) -> Vec<Finding> {
    let mut found = vec![];
    let mut gateways = 0;
    for (name, service) in file.get("services").into_iter().flat_map(Node::pairs) {
        let service = Service { sheet, name, node: service };
        match service.program() {
            Some(GatewayKind::LiteLlm) => {
                gateways += 1;
                found.extend(service.litellm());
            }
            Some(kind) => {
                gateways += 1;
                found.extend(service.one_api(kind));
            }
            None => {}
        }
    }
    if gateways == 0 {
        found.push(sheet.say(Level::Note, None, "no service of it is a LiteLLM, One API, New API or One Hub"));
    }
    found
}

struct Service<'a> {
    sheet: &'a Sheet<'a>,
    name: &'a Node,
    node: &'a Node,
}

impl Service<'_> {
    fn program(&self) -> Option<GatewayKind> {
        let image = self.node.get("image").and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
        let name = self.name.text().unwrap_or_default().to_ascii_lowercase();
        let path = image.split('@').next().unwrap_or_default();
        let repository =
            path.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(path, |(repository, _)| repository);
        match repository.rsplit('/').next().unwrap_or_default() {
            // Its database's image has another name; a service that is built has none.
            program if program.contains("litellm") => Some(GatewayKind::LiteLlm),
            "" if self.node.get("build").is_some() && name.contains("litellm") => Some(GatewayKind::LiteLlm),
            "one-api" if repository.contains("martialbe") => Some(GatewayKind::OneHub),
            "one-api" | "one-api-en" => Some(GatewayKind::OneApi),
            "new-api" | "new-api-horizon" => Some(GatewayKind::NewApi),
            "veloera" => Some(GatewayKind::Veloera),
            "one-hub" => Some(GatewayKind::OneHub),
            "done-hub" => Some(GatewayKind::DoneHub),
            _ => None,
        }
    }

    /// The environment: value, and the line of it.
    fn environment(&self) -> BTreeMap<String, (String, usize)> {
        let Some(node) = self.node.get("environment") else { return BTreeMap::new() };
        let of_map =
            node.pairs().filter_map(|(key, value)| Some((key.text()?, value.text().unwrap_or_default(), key.line)));
        let of_list = node.items().iter().filter_map(|item| {
            let (key, value) = item.text()?.split_once('=')?;
            Some((key, value, item.line))
        });
        of_map.chain(of_list).map(|(key, value, line)| (key.trim().to_owned(), (value.to_owned(), line))).collect()
    }

    /// Ports as (published, inside).
    fn ports(&self) -> Vec<(Option<u16>, u16)> {
        let ports = self.node.get("ports").map(Node::items).unwrap_or_default().iter();
        ports
            .filter_map(|port| {
                let Some(text) = port.text() else {
                    let number = |key: &str| port.get(key)?.text()?.parse().ok();
                    return Some((number("published"), number("target")?));
                };
                let text = text.split('/').next().unwrap_or(text);
                let (before, inside) = text.rsplit_once(':').unwrap_or(("", text));
                let published = before.rsplit(':').next().and_then(|port| port.parse().ok());
                Some((published, inside.parse().ok()?))
            })
            .collect()
    }

    /// The port that LiteLLM listens at inside.
    fn port(&self, environment: &BTreeMap<String, (String, usize)>) -> u16 {
        let command = self.node.get("command");
        let text = command.and_then(Node::text).map(str::to_owned);
        let text = text.or_else(|| Some(command?.items().iter().filter_map(Node::text).collect::<Vec<_>>().join(" ")));
        let text = text.unwrap_or_default().replace("--port=", "--port ");
        let told = text.split_whitespace().skip_while(|word| *word != "--port").nth(1);
        let told =
            told.or_else(|| environment.get("PORT").map(|(port, _)| port.as_str())).and_then(|port| port.parse().ok());
        let inside: Vec<_> = self.ports().iter().map(|(_, inside)| *inside).collect();
        told.or(if let [one] = inside.as_slice() { Some(*one) } else { None }).unwrap_or(4000)
    }

    fn litellm(&self) -> Vec<Finding> {
        let environment = self.environment();
        let listed = self.node.get("environment").is_some_and(|node| !node.items().is_empty());
        let refer = |name: &str| if listed { format!("- {name}=${{{name}}}") } else { format!("{name}: ${{{name}}}") };
        let mut found = environment::keys_of(self.sheet, &environment, &refer("LITELLM_MASTER_KEY"));
        let plain = environment.iter().filter(|(name, (value, _))| *name != "LITELLM_MASTER_KEY" && is_key(value));
        let mut plain: Vec<_> = plain.map(|(name, (_, line))| (*line, name)).collect();
        plain.sort();
        if let Some((_, first)) = plain.first() {
            let lines: Vec<_> = plain.iter().map(|(line, _)| *line).collect();
            found.extend(in_plain_text(self.sheet, &lines, &refer(first)));
        }
        found.extend(self.health_check(&environment));
        found
    }

    fn health_check(&self, environment: &BTreeMap<String, (String, usize)>) -> Vec<Finding> {
        let port = self.port(environment);
        let sheet = self.sheet;
        let name = self.name.text().unwrap_or_default();
        let suggested = || {
            format!("healthcheck:\n  test: {}\n  interval: 30s\n  timeout: 10s\n  start_period: 60s", probe_line(port))
        };
        let Some((key, check)) = self.node.member("healthcheck") else {
            let finding = sheet.say(Level::Note, Some(self.name.line), format!("service {name} has no health check"));
            return vec![finding.because("nothing restarts a LiteLLM that hangs").fix(suggested())];
        };
        if check.get("disable").is_some_and(Node::is_true) {
            let finding =
                sheet.say(Level::Note, Some(key.line), format!("the health check of service {name} is switched off"));
            return vec![finding.fix(suggested())];
        }
        let Some((test, command)) = check.member("test").and_then(|(key, test)| Some((key, Command::of(test)?))) else {
            let finding =
                sheet.say(Level::Warning, Some(key.line), format!("the health check of service {name} has no `test`"));
            return vec![finding.fix(format!("test: {}", probe_line(port)))];
        };
        let time = |name: &str| {
            let (key, value) = check.member(name)?;
            Some((humantime::parse_duration(value.text()?).ok()?, key.line))
        };
        let ports = self.ports();
        let published = ports.iter().find(|(_, inside)| *inside == port).and_then(|(published, _)| *published);
        let health = HealthCheck {
            command: &command,
            line: Some(test.line),
            port,
            published: published.filter(|published| *published != port),
            own_image: self.node.get("build").is_none(),
            timeout: time("timeout").map_or((TIMEOUT, None), |(time, line)| (time, Some(line))),
            interval: time("interval").map_or(TIMEOUT, |(time, _)| time),
        };
        let mut found = health.judge(sheet);
        let on = command.form != super::command::Form::Off;
        match time("start_period") {
            Some((time, line)) if time < STARTS_WITHIN && on => found.push(
                sheet
                    .say(Level::Warning, Some(line), format!("start_period is {}, and LiteLLM takes longer to start", humantime::format_duration(time)))
                    .because("it answers 7 to 11 s after its start on a fast machine: until then every check fails and counts")
                    .fix("start_period: 60s"),
            ),
            None if on && check.get("start_period").is_none() => found.push(
                sheet
                    .say(Level::Warning, Some(key.line), "start_period is missing: LiteLLM is unhealthy while it starts")
                    .because("it answers 7 to 11 s after its start on a fast machine: until then every check fails and counts")
                    .fix("start_period: 60s"),
            ),
            Some(_) | None => {}
        }
        found
    }

    /// What a One API's environment says of its cache.
    fn one_api(&self, kind: GatewayKind) -> Vec<Finding> {
        let environment = self.environment();
        let Some((every, line)) = environment.get("SYNC_FREQUENCY") else { return vec![] };
        let Ok(seconds) = every.trim().parse::<u64>() else { return vec![] };
        let Some(config) = self.sheet.config else { return vec![] };
        let alike = config.gateways.iter().filter(|(_, gateway)| gateway.kind == Some(kind));
        let every = Duration::from_secs(seconds);
        let other = alike.filter(|(_, gateway)| {
            gateway.cache.is_some_and(|cache| cache != every)
                || (gateway.cache.is_none() && every > Duration::from_mins(1))
        });
        other
            .map(|(name, _)| {
                self.sheet
                    .say(
                        Level::Warning,
                        Some(*line),
                        format!("{kind} reads its channels every {seconds} s, and gateways.{name} does not know"),
                    )
                    .because("a change is looked for too early, and said not to be live")
                    .fix(format!("gateways.{name}.cache: \"{seconds}s\", in our configuration"))
            })
            .collect()
    }
}

/// Keys that stand in a file.
pub(super) fn in_plain_text(sheet: &Sheet<'_>, lines: &[usize], instead: &str) -> Option<Finding> {
    let first = lines.iter().min()?;
    let mut others: Vec<_> = lines.iter().filter(|line| *line != first).collect();
    others.sort();
    let others: Vec<_> = others.iter().map(ToString::to_string).collect();
    let more = if others.is_empty() { String::new() } else { format!(", also on line {}", others.join(", ")) };
    let what = format!("an API key stands here in plain text{more}");
    let finding = sheet.say(Level::Warning, Some(*first), what);
    Some(finding.because("whoever reads the file, its backups or its repository has the key").fix(instead))
}
