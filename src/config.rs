//! The configuration: found, read, validated whole, or refused with a place and a remedy.
//!
//! Decides: which file, which form (ours in JSON5 or YAML, or ChannelMonitor's), what every key means.
//! Must not know: gateways, upstreams, or anything that runs.

mod budget;
mod channel_monitor;
mod database;
mod dotenv;
mod duration;
mod environment;
mod gateway;
mod keys;
mod litellm;
mod manner;
mod migrate;
mod notify;
mod openrouter;
mod outline;
mod pattern;
mod problem;
mod read;
mod secret;
mod settings;
mod validate;
mod web;
mod yaml;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use self::keys::KnownKeys;
use self::outline::KeyPath;
use self::problem::Problem;
use self::read::Document;

pub use budget::BudgetConfig;
pub use database::{DatabaseAddress, ServerAddress, Tls};
pub use environment::{Environment, process_environment};
pub use gateway::{ApiConfig, ChannelsConfig, GatewayConfig, LogsConfig, Mode, ModelsConfig, Source, WriteBy};
pub use litellm::{HealthBy, LitellmConfig, LitellmLogs, ProcessConfig};
pub use manner::{Manner, Policy, ProbeRule};
pub use notify::{
    BarkConfig, ChatName, HookConfig, Language, MailConfig, MailSecurity, Maintenance, NotifyConfig, QuietHours,
    ReceiverConfig, SignedHookConfig, Strangers, TelegramConfig, UpWhen, UptimeKumaConfig, WebhookConfig, Weekday,
};
pub use openrouter::{OpenRouterAccess, OpenRouterConfig};
pub use problem::{ConfigError, Report};
pub use secret::SecretRef;
pub use settings::{
    Config, Confirm, Limits, LogConfig, LogFormat, NetworkConfig, ProbeConfig, QualityAction, StoreConfig,
    VerdictPolicy,
};
pub use web::{HeartbeatConfig, StatusConfig, StatusModel, WebConfig};
pub(crate) use yaml::Node;

/// The names a configuration has when none is given, in the order they are tried.
const NAMES: [&str; 4] = ["config.json5", "config.json", "config.yaml", "config.yml"];

/// A configuration that was read and found sound.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What a person should know about it: doubtful settings, and what an imported key means here.
    pub notes: Vec<String>,
    /// The form it was written in.
    pub form: Form,
    /// The file.
    pub path: PathBuf,
    /// Which of our keys came from which foreign one.
    origins: Vec<(KeyPath, &'static str)>,
}

/// The form of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// channelwarden's own.
    Ours,
    /// ChannelMonitor's `config.json` or `config.yaml`.
    ChannelMonitor,
}

/// The configuration file: the one named, else the first there is in the working directory and then in the user's
/// configuration directory.
pub fn find(explicit: Option<&Path>) -> Result<PathBuf, ConfigError> {
    match explicit {
        Some(path) => Ok(path.to_owned()),
        None => find_below(&places(&process_environment)),
    }
}

fn places(environment: Environment<'_>) -> Vec<PathBuf> {
    let set = |name| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))
    };
    let folders = [Some(PathBuf::new()), user.map(|user| user.join("channelwarden"))];
    folders.into_iter().flatten().flat_map(|folder| NAMES.map(|name| folder.join(name))).collect()
}

fn find_below(places: &[PathBuf]) -> Result<PathBuf, ConfigError> {
    // An empty one is what a shell makes of `config migrate > config.json5` before we run.
    let found = places.iter().find(|path| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0));
    found.cloned().ok_or_else(|| ConfigError::NotFound { looked: places.to_vec() })
}

/// Reads the file and validates it whole.
pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
    parse(&text, path)
}

/// As [`load`], of a text; `path` tells the syntax by its ending and stands in messages.
pub fn parse(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    parse_in(text, path, &process_environment)
}

/// As [`parse`], with the variables of `environment`.
pub fn parse_in(text: &str, path: &Path, environment: Environment<'_>) -> Result<Loaded, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        let problem = Problem::new(KeyPath::default(), "the file is empty; config.example.json5 explains every key");
        return Err(ConfigError::Invalid(Report::new(&path.display().to_string(), text, vec![problem], &[])));
    }
    let document = Document::new(path, text);
    let foreign = channel_monitor::is_channel_monitor(&document.outline);
    let known = if foreign { channel_monitor::known_keys() } else { KnownKeys::of::<Config>() };
    let read = if foreign { foreign_form(&document, environment) } else { our_form(&document, &known, environment) };
    read.map(|loaded| Loaded { path: path.to_owned(), ..loaded }).map_err(|mut problems| {
        for problem in problems.iter_mut().filter(|problem| problem.at.is_none()) {
            problem.at = document.outline.place(&problem.path);
        }
        ConfigError::Invalid(Report::new(&path.display().to_string(), text, problems, &known.words()))
    })
}

fn our_form(document: &Document<'_>, known: &KnownKeys, environment: Environment<'_>) -> Result<Loaded, Vec<Problem>> {
    let config: Config = document.read(known)?;
    let findings = validate::validate(&config, environment);
    if findings.problems.is_empty() {
        let (path, origins) = (PathBuf::new(), vec![]);
        Ok(Loaded { config, notes: findings.notes, form: Form::Ours, path, origins })
    } else {
        Err(findings.problems)
    }
}

fn foreign_form(document: &Document<'_>, environment: Environment<'_>) -> Result<Loaded, Vec<Problem>> {
    let channel_monitor::Imported { config, mut notes, origins } = channel_monitor::import(document)?;
    let findings = validate::validate(&config, environment);
    if findings.problems.is_empty() {
        notes.extend(findings.notes);
        return Ok(Loaded { config, notes, form: Form::ChannelMonitor, path: PathBuf::new(), origins });
    }
    // In the words of the file that is there: the foreign key that our one came from.
    let translated = findings.problems.into_iter().map(|problem| {
        let origin = origins.iter().find(|(ours, _)| problem.path.0.starts_with(&ours.0));
        let theirs = origin.and_then(|(_, theirs)| theirs.split_whitespace().next());
        Problem { path: theirs.map_or(problem.path.clone(), |key| KeyPath::of(&[key])), ..problem }
    });
    Err(translated.collect())
}

/// The file in our own form, secrets included, with a comment beside each value that came from elsewhere.
pub fn migrate(path: &Path) -> Result<String, ConfigError> {
    let loaded = load(path)?;
    match loaded.form {
        Form::Ours => Err(ConfigError::NothingToMigrate { path: loaded.path }),
        Form::ChannelMonitor => loaded.migrated(),
    }
}

impl Loaded {
    /// The configuration in our own form, as [`migrate()`] writes it.
    pub fn migrated(&self) -> Result<String, ConfigError> {
        migrate::write(&self.config, &self.notes, &self.origins)
    }

    /// A few lines for people: each gateway with its database (password blanked) and mode, then the notes.
    pub fn summary(&self) -> String {
        let form = match self.form {
            Form::Ours => "",
            Form::ChannelMonitor => " (ChannelMonitor's form)",
        };
        let mut out = format!("{} is sound{form}\n", self.path.display());
        for (name, gateway) in &self.config.gateways {
            let mode = gateway.mode.as_str();
            let told = if gateway.database.is_some() { "its schema" } else { "its answers" };
            let kind = gateway.kind.map_or_else(|| format!("kind told from {told}"), |kind| kind.to_string());
            let database = match gateway.address() {
                Ok(address) => address.map(|address| address.to_string()),
                Err(problem) => Some(problem),
            };
            let api = gateway.api.as_ref().map(|api| format!("admin API {}", api.url));
            let ways: Vec<_> = database.into_iter().chain(api).collect();
            let _ = writeln!(out, "gateway {name}: {}, {kind}, mode {mode}", ways.join(" and "));
        }
        let every = duration::written(self.config.probe.every);
        let _ = writeln!(out, "a round every {every}, history in {}", self.config.store.path.display());
        if self.config.openrouter.watch {
            let every = duration::written(self.config.openrouter.every);
            let _ = writeln!(out, "OpenRouter's free models every {every}");
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        out
    }
}

/// Reads and validates the file.
///
/// # Errors
/// All mistakes of the file.
pub fn check(path: &Path) -> Result<String, ConfigError> {
    load(path).map(|loaded| loaded.summary())
}

/// The JSON Schema of our form, for editors.
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(Config).to_value();
    schema["title"] = "channelwarden configuration".into();
    format!("{schema:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_directory_comes_before_the_users() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".config/channelwarden");
        fs::create_dir_all(&folder).unwrap();
        let environment = |name: &str| (name == "HOME").then(|| home.path().display().to_string());
        let places = places(&environment);
        assert_eq!(places.len(), 8);
        assert_eq!(places[0], Path::new("config.json5"));

        let below: Vec<_> = places.into_iter().filter(|place| place.is_absolute()).collect();
        let error = find_below(&below).unwrap_err().to_string();
        assert!(error.contains("config.yml") && error.contains("--config"), "{error}");
        for (name, expected) in
            [("config.yml", "config.yml"), ("config.json", "config.json"), ("config.yaml", "config.json")]
        {
            // One that the shell has just made for `config migrate > FILE` is not there yet.
            fs::write(folder.join(name), "").unwrap();
            assert_ne!(find_below(&below).ok(), Some(folder.join(name)));
            fs::write(folder.join(name), "{}").unwrap();
            assert_eq!(find_below(&below).unwrap(), folder.join(expected));
        }
    }

    #[test]
    fn xdg_config_home_is_stronger_than_home() {
        let environment = |name: &str| Some(format!("/{name}"));
        assert!(places(&environment).contains(&PathBuf::from("/XDG_CONFIG_HOME/channelwarden/config.yml")));
    }
}
