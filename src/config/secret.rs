//! A secret as the configuration names it: in place, by `${ENV_VAR}`, or by `file:`.

use std::fmt;
use std::fs;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::{Environment, process_environment};
use crate::model::Secret;

/// A secret: the text itself, `${ENV_VAR}` anywhere in it (`$${` for a literal `${`), or `file:/path` to read it from.
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
        let content = fs::read_to_string(path)
            .map_err(|error| format!("the secret file {path} cannot be read ({error}); check its path and rights"))?;
        let content = content.strip_suffix('\n').unwrap_or(&content);
        Ok(Secret::new(content.strip_suffix('\r').unwrap_or(content)))
    }

    /// What is doubtful about how the secret is kept: a `file:` that every user of the machine can read.
    pub(super) fn doubt(&self, environment: Environment<'_>) -> Option<String> {
        let text = expand(self.0.strip_prefix("file:")?, environment).ok()?;
        readable_by_all(&text).then(|| format!("the secret file {text} can be read by every user; chmod 600 {text}"))
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
}
