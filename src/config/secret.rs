//! A secret as the configuration names it: in place, by `${ENV_VAR}`, or by `file:`.

use std::fmt;
use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dotenv;
use super::environment::{Environment, process_environment};
use crate::model::Secret;

/// A secret: the text itself, `${ENV_VAR}` anywhere in it (`$${` for a literal `${`), `file:/path` to read it from, or
/// `file:/path/.env#NAME` for one variable of a dotenv file.
/// Serialises as written when it only refers, as `***` when it may be the secret itself.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SecretRef(String);

impl SecretRef {
    /// A secret that stands in the text itself: resolves to exactly this text.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(text.into().replace("${", "$${"))
    }

    /// A secret that stands in this environment variable.
    pub fn variable(name: &str) -> Self {
        Self(format!("${{{name}}}"))
    }

    /// The secret: environment variables put in, `file:` read (one trailing newline dropped).
    ///
    /// # Errors
    /// A sentence naming the variable or file that cannot be read; never the secret.
    pub fn resolve(&self) -> Result<Secret, String> {
        self.resolve_in(&process_environment)
    }

    /// As [`Self::resolve`], with the variables of `environment`.
    pub fn resolve_in(&self, environment: Environment<'_>) -> Result<Secret, String> {
        let text = expand(&self.0, environment)?;
        let Some(path) = self.0.strip_prefix("file:").and_then(|_| text.strip_prefix("file:")) else {
            return Ok(Secret::new(text));
        };
        let (path, name) = place(path);
        let content = fs::read_to_string(path)
            .map_err(|error| format!("the secret file {path} cannot be read ({error}); check its path and rights"))?;
        if let Some(name) = name {
            let value = dotenv::variable(&content, name).map_err(|why| {
                format!("the variable {name} of {path} cannot be read: {why}; write it there in quotes")
            })?;
            let value =
                value.ok_or_else(|| format!("the file {path} sets no variable {name}; check the name after #"))?;
            return Ok(Secret::new(value));
        }
        let content = content.strip_suffix('\n').unwrap_or(&content);
        Ok(Secret::new(content.strip_suffix('\r').unwrap_or(content)))
    }

    /// What is doubtful about how the secret is kept: a `file:` that every user of the machine can read.
    pub(super) fn doubt(&self, environment: Environment<'_>) -> Option<String> {
        let text = expand(self.0.strip_prefix("file:")?, environment).ok()?;
        let (text, _) = place(&text);
        readable_by_all(text).then(|| format!("the secret file {text} can be read by every user; chmod 600 {text}"))
    }

    /// The text as it stands in the configuration, secrets included: for `config migrate`, which writes a
    /// configuration, and for nothing else.
    pub fn as_written(&self) -> &str {
        &self.0
    }

    /// Whether the text only says where the secret is.
    fn only_refers(&self) -> bool {
        let variable = self.0.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        self.0.starts_with("file:") || variable.is_some_and(is_variable)
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.only_refers() { &self.0 } else { "***" })
    }
}

impl Serialize for SecretRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.only_refers() { &self.0 } else { "***" })
    }
}

/// The file that is meant, and the variable of it. A file whose name really holds a `#` is meant as a whole.
fn place(text: &str) -> (&str, Option<&str>) {
    let split = text.rsplit_once('#').filter(|(file, name)| !file.is_empty() && is_variable(name));
    match split.filter(|_| !Path::new(text).exists()) {
        Some((file, name)) => (file, Some(name)),
        None => (text, None),
    }
}

/// Puts variables in, once: what a variable holds is not looked through again.
fn expand(text: &str, environment: Environment<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("$${") {
            out.push_str("${");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            // What stands between the braces may be part of a password, so it is shown only when it is a name.
            let (name, after) = after
                .split_once('}')
                .filter(|(name, _)| is_variable(name))
                .ok_or("`${` is not followed by a variable's name and `}`; write `$${` for a literal `${`")?;
            let value = environment(name).ok_or_else(|| {
                format!("the environment variable {name} is not set; set it where channelwarden is started")
            })?;
            out.push_str(&value);
            rest = after;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(unix)]
fn readable_by_all(path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn readable_by_all(_path: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "USER_NAME" => Some("root".to_owned()),
            "TRICKY" => Some("${USER_NAME}$${".to_owned()),
            _ => None,
        }
    }

    fn resolved(text: &str) -> Result<String, String> {
        SecretRef(text.to_owned()).resolve_in(&environment).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn variables_are_put_in_once_and_dollars_survive() {
        assert_eq!(resolved("${USER_NAME}:p$1$@x").unwrap(), "root:p$1$@x");
        assert_eq!(resolved("a$${USER_NAME}b").unwrap(), "a${USER_NAME}b");
        assert_eq!(resolved("${TRICKY}").unwrap(), "${USER_NAME}$${");
        for text in ["${", "$${", "$$${", "plain", "$", "a${b}c$${d}"] {
            let literal = SecretRef::literal(text).resolve_in(&environment).unwrap();
            assert_eq!(literal.expose(), text);
        }
    }

    #[test]
    fn an_unset_variable_is_named_and_a_bad_one_is_not_shown() {
        assert!(resolved("${NOT_THERE}").unwrap_err().contains("NOT_THERE"));
        let error = resolved("user:p${w}canary-77!}@x").unwrap_err();
        assert!(!error.contains("canary"), "{error}");
        let error = resolved("user:${canary-77}").unwrap_err();
        assert!(!error.contains("canary"), "{error}");
    }

    #[test]
    fn only_a_reference_is_shown() {
        let shown = |text: &str| {
            let secret = SecretRef(text.to_owned());
            assert_eq!(serde_json::to_value(&secret).unwrap(), format!("{secret:?}"));
            format!("{secret:?}")
        };
        assert_eq!(shown("${DSN}"), "${DSN}");
        assert_eq!(shown("file:/run/secrets/dsn"), "file:/run/secrets/dsn");
        assert_eq!(shown("root:canary@tcp(${HOST})/db"), "***");
        assert_eq!(shown("${A}:canary${B}"), "***");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_file_is_read_without_its_newline_and_doubted_when_open_to_all() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "line one\n\r\n").unwrap();
        let secret = SecretRef(format!("file:{}", file.path().display()));
        assert_eq!(secret.resolve().unwrap().expose(), "line one\n");
        assert_eq!(secret.doubt(&environment), None);
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(secret.doubt(&environment).unwrap().contains("chmod 600"));
        assert!(resolved("file:/does/not/exist").unwrap_err().contains("/does/not/exist"));
    }

    #[cfg(unix)]
    #[test]
    fn one_variable_of_a_dotenv_file_is_taken_and_errors_name_both_and_no_value() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        fs::write(&file, "OTHER=canary-1\nLITELLM_MASTER_KEY=\"sk-canary-2\"\nOPEN='canary-3\n").unwrap();
        let path = file.display().to_string();
        assert_eq!(resolved(&format!("file:{path}#LITELLM_MASTER_KEY")).unwrap(), "sk-canary-2");
        for (name, why) in [("MISSING", "sets no variable MISSING"), ("OPEN", "OPEN")] {
            let error = resolved(&format!("file:{path}#{name}")).unwrap_err();
            assert!(error.contains(why) && error.contains(&path) && !error.contains("canary"), "{error}");
        }
        let error = resolved("file:/does/not/exist#NAME").unwrap_err();
        assert!(error.contains("/does/not/exist "), "{error}");

        let secret = SecretRef(format!("file:{path}#LITELLM_MASTER_KEY"));
        assert_eq!(format!("{secret:?}"), format!("file:{path}#LITELLM_MASTER_KEY"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(secret.doubt(&environment).unwrap().ends_with(&format!("chmod 600 {path}")));

        fs::write(folder.path().join("a#B"), "whole\n").unwrap();
        assert_eq!(resolved(&format!("file:{}/a#B", folder.path().display())).unwrap(), "whole");
        assert!(resolved(&format!("file:{path}#no-name")).unwrap_err().contains("#no-name"));
    }
}
