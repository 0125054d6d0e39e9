//! What is wrong with a health check of `LiteLLM`, before it ever ran.
//!
//! Decides: which commands cannot work, and which cost money. Must not know: in which file it stands.

use std::time::Duration;

use super::command::{Command, Form, Target};
use super::{LIVELINESS, Sheet, probe_line};
use crate::doctor::finding::{Finding, Level};
use crate::doctor::symptom::Symptom;

/// `/health` takes as long as the slowest model: 60 s, and a little.
const SLOWEST: Duration = Duration::from_secs(65);

/// A health check and where it stands.
pub(super) struct HealthCheck<'a> {
    pub(super) command: &'a Command,
    /// The line of the command.
    pub(super) line: Option<usize>,
    /// The port that LiteLLM listens at inside.
    pub(super) port: u16,
    /// The port that is published for it, where it is another.
    pub(super) published: Option<u16>,
    /// LiteLLM's own image, not one built from it.
    pub(super) own_image: bool,
    /// How long it may take, and where that stands.
    pub(super) timeout: (Duration, Option<usize>),
    /// How often it is run.
    pub(super) interval: Duration,
}

impl HealthCheck<'_> {
    /// What is wrong with it, in the decision order.
    pub(super) fn judge(&self, sheet: &Sheet<'_>) -> Vec<Finding> {
        let command = self.command;
        if command.form == Form::Off {
            let finding = sheet.say(Level::Note, self.line, "LiteLLM's health check is switched off");
            return vec![finding.fix(self.fix())];
        }
        let mut found = vec![];
        let mut say = |level, what: String, why: &str| {
            found.push(sheet.say(level, self.line, what).because(why).fix(self.fix()));
        };
        let tool = command.tool().unwrap_or_default();
        if let Some(slip) = command.slip() {
            say(Level::Error, "the health check is not run as it is meant".to_owned(), slip);
        }
        match tool.as_str() {
            "curl" | "wget" | "nc" => {
                let level = if self.own_image { Level::Error } else { Level::Warning };
                say(
                    level,
                    format!("{tool} is not in LiteLLM's image, so the check always fails"),
                    Symptom::ToolMissing.why(),
                );
            }
            "litellm" if command.text().contains("--health") => {
                say(
                    Level::Error,
                    "`litellm --health` sends no key, so the check always fails".to_owned(),
                    Symptom::NoKey.why(),
                );
            }
            _ => {}
        }
        if command.shows_key() {
            say(
                Level::Warning,
                "a key stands in plain text in the health check".to_owned(),
                "`docker inspect` and the list of processes show it to every user of the machine",
            );
        }
        if let Some(target) = command.target() {
            self.judge_target(&target, &mut say);
            found.extend(self.impatient(sheet, &target));
        }
        found
    }

    fn judge_target(&self, target: &Target, say: &mut impl FnMut(Level, String, &str)) {
        if self.command.is_head() {
            say(Level::Error, Symptom::Head.what().to_owned(), Symptom::Head.why());
        }
        let key = self.command.has_key();
        match target.path.as_str() {
            "/health" | "/v1/models" | "/models" | "/model/info" | "/v1/model/info" | "/health/readiness/details"
                if !key =>
            {
                say(
                    Level::Error,
                    format!("{} wants a key, and none is sent: the answer is 401", target.path),
                    Symptom::NoKey.why(),
                );
            }
            "/health" if !target.asks_for_one => say(
                Level::Error,
                format!(
                    "every check asks every model at its upstream, and pays for it, every {}",
                    humantime::format_duration(self.interval)
                ),
                "/health with a key is a paid question to each deployment, retried up to three times; it says nothing of the proxy itself",
            ),
            "/health" => say(
                Level::Warning,
                format!(
                    "every check is a paid question to an upstream, every {}",
                    humantime::format_duration(self.interval)
                ),
                "/health?model= asks the model's deployments; that a provider is down is no reason to restart LiteLLM",
            ),
            "/metrics" | "/chat/completions" | "/v1/chat/completions" => say(
                Level::Error,
                format!("{} does not tell whether LiteLLM is well", target.path),
                "it wants a key, or costs money, or is switched off by default",
            ),
            _ => {}
        }
        if let Some(port) = target.port.filter(|port| *port != self.port) {
            let (level, why) = if self.published == Some(port) {
                (Level::Error, "the check runs inside the container, where the published port is not there")
            } else {
                (Level::Warning, "LiteLLM listens at 4000 unless --port or PORT says otherwise")
            };
            say(level, format!("it asks port {port}, and LiteLLM listens at {} inside the container", self.port), why);
        }
    }

    /// A time that one slow model is enough to exceed.
    fn impatient(&self, sheet: &Sheet<'_>, target: &Target) -> Option<Finding> {
        let (timeout, line) = self.timeout;
        let asks_models = target.path == "/health" && self.command.has_key();
        (asks_models && timeout < SLOWEST).then(|| {
            let what = format!(
                "one slow model makes the container unhealthy: the check may take {}",
                humantime::format_duration(timeout)
            );
            sheet
                .say(Level::Error, line.or(self.line), what)
                .because(format!(
                    "{}; and a check that was given up goes on inside, and is paid for",
                    Symptom::TooSlow.why()
                ))
                .fix(format!("ask {LIVELINESS} instead ({}); then `timeout: 10s` is enough", self.fix()))
        })
    }

    fn fix(&self) -> String {
        format!("test: {}", probe_line(self.port))
    }
}
