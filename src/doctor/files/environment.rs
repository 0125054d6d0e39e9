//! An environment file, and what an environment says to `LiteLLM`.
//!
//! Decides: which variables do nothing, or harm. Must not know: where the environment is used.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Sheet, is_key, is_reference};
use crate::doctor::finding::{Finding, Level, word};

/// Variables by name: value and line.
type Variables = BTreeMap<String, (String, usize)>;

/// Whether most lines are `NAME=value`.
pub(super) fn is_one(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (assigned, all) =
        lines.fold((0, 0), |(assigned, all), line| (assigned + usize::from(variable(line).is_some()), all + 1));
    assigned > 0 && assigned * 2 > all
}

fn variable(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().trim_start_matches("export ");
    let (name, value) = line.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    is_name.then_some((name, quoted.unwrap_or(value)))
}

pub(super) fn look(sheet: &Sheet<'_>, text: &str) -> Vec<Finding> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with('#'));
    let variables: Variables = lines
        .filter_map(|(number, line)| variable(line).map(|(name, value)| (name.to_owned(), (value.to_owned(), number))))
        .collect();
    let mut found = keys_of(sheet, &variables, "LITELLM_MASTER_KEY=sk-… as `openssl rand -hex 24` makes one");
    let of_litellm = variables.keys().any(|name| name.starts_with("LITELLM_") || name.ends_with("_API_KEY"));
    if of_litellm && !variables.contains_key("LITELLM_MASTER_KEY") {
        found.push(
            sheet
                .say(Level::Warning, None, "LITELLM_MASTER_KEY is not set here")
                .because("since 1.106 LiteLLM refuses to start without one, unless its config.yaml has general_settings.master_key; before, anybody could use it")
                .fix("LITELLM_MASTER_KEY=sk-… as `openssl rand -hex 24` makes one"),
        );
    }
    if let Some((_, line)) =
        variables.get("DATABASE_URL").filter(|_| of_litellm && !variables.contains_key("STORE_MODEL_IN_DB"))
    {
        found.push(
            sheet
                .say(Level::Note, Some(*line), "LiteLLM has a database and does not keep its models there")
                .because("only models in its database can be blocked and unblocked while it runs")
                .fix("STORE_MODEL_IN_DB=True"),
        );
    }
    found.extend(readable_by_all(sheet, &variables));
    found
}

/// What is wrong with the variables that LiteLLM reads.
/// `instead` is the line for a master key: in a compose file one that refers to it, as the file is no place for keys.
pub(super) fn keys_of(sheet: &Sheet<'_>, variables: &Variables, instead: &str) -> Vec<Finding> {
    let mut found = vec![];
    if let Some((_, line)) = variables.get("DISABLE_AUTH_ON_HEALTH_ENDPOINT") {
        found.push(sheet.dead_setting(*line, "DISABLE_AUTH_ON_HEALTH_ENDPOINT"));
    }
    if let Some((key, line)) = variables.get("LITELLM_MASTER_KEY") {
        let weak = sheet.master_key(*line, key, instead);
        let in_compose = instead.contains("${");
        let plain = (in_compose && !is_reference(key)).then(|| {
            sheet
                .say(Level::Warning, Some(*line), "the master key stands here in plain text")
                .because("whoever reads the file, its backups or its repository has the key; a file .env beside it (chmod 600) is read too")
                .fix(instead)
        });
        found.extend(weak.or(plain));
    }
    let allow = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY";
    if let Some((value, line)) = variables.get(allow)
        && ["true", "1", "yes"].contains(&value.to_ascii_lowercase().as_str())
    {
        found.push(
            sheet
                .say(Level::Error, Some(*line), format!("{allow} lets anybody in"))
                .because("without a master key of your own every key passes, and /health is open: whoever reaches LiteLLM spends your credit")
                .fix("delete this line, and set LITELLM_MASTER_KEY to a key of your own"),
        );
    }
    found
}

/// A file of keys that every user of the machine can read.
fn readable_by_all(sheet: &Sheet<'_>, variables: &Variables) -> Option<Finding> {
    let holds_keys =
        variables.iter().any(|(name, (value, _))| is_key(value) || name.contains("KEY") || name.contains("PASSWORD"));
    (holds_keys && is_open_to_all(sheet.file)).then(|| {
        let finding = sheet.say(Level::Warning, None, "every user of this machine can read the keys in it");
        finding.fix(format!("chmod 600 {}", word(sheet.file)))
    })
}

#[cfg(unix)]
fn is_open_to_all(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|there| there.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}
