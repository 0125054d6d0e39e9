//! The programs that gateways are, by name.
//!
//! Decides: whether a name is one of a gateway's program. Must not know: how processes are found. Pure.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use crate::model::{GatewayKind, is_invisible};

/// What forwards a port to a process elsewhere: it listens, and is not what we look for.
const FORWARDERS: [&str; 13] = [
    "systemd",
    "docker-proxy",
    "rootlessport",
    "rootlesskit",
    "slirp4netns",
    "pasta",
    "conmon",
    "nginx",
    "haproxy",
    "caddy",
    "traefik",
    "envoy",
    "ssh",
];

/// The names that a gateway's program is built under. New API, Veloera, One Hub and Done Hub came as `one-api` for long.
pub(super) fn names(kind: Option<GatewayKind>) -> &'static [&'static str] {
    match kind {
        Some(GatewayKind::LiteLlm) => &["litellm"],
        Some(GatewayKind::OneApi) => &["one-api"],
        Some(GatewayKind::NewApi) => &["new-api", "one-api"],
        Some(GatewayKind::Veloera) => &["veloera", "one-api"],
        Some(GatewayKind::OneHub) => &["one-hub", "one-api"],
        Some(GatewayKind::DoneHub) => &["done-hub", "one-hub", "one-api"],
        None => &["new-api", "one-api", "veloera", "one-hub", "done-hub"],
    }
}

/// The program's name for people: that of the script where a Python runs one. `comm` is what Linux calls it, at most 15
/// bytes of it.
pub(super) fn name<'a>(comm: &'a OsStr, command: &'a [impl AsRef<OsStr>]) -> String {
    let comm = comm.to_string_lossy();
    let name = if comm.starts_with("python") { script(command).unwrap_or(comm) } else { comm };
    name.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(64).collect()
}

/// What a Python runs: `python3 …/bin/litellm …`, `python3 -m litellm …`.
fn script(command: &[impl AsRef<OsStr>]) -> Option<Cow<'_, str>> {
    let mut words = command.iter().skip(1).map(AsRef::as_ref);
    let word = words.find(|word| !word.as_encoded_bytes().starts_with(b"-") || *word == "-c" || *word == "-m")?;
    let script = if word == "-m" { words.next()? } else { word };
    (word != "-c").then(|| Path::new(script).file_name().unwrap_or(script).to_string_lossy())
}

/// Whether a program of this name is one of those: by itself, or with its version or machine (`new-api-v0.9-arm64`).
pub(super) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names
        .iter()
        .any(|known| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.'])))
}

/// Whether it only forwards what comes to its port.
pub(super) fn forwards(name: &str) -> bool {
    FORWARDERS.contains(&name)
}

/// Whether the port stands among its arguments: `--port 4000`, `--port=4000`.
pub(super) fn mentions(command: &[impl AsRef<OsStr>], port: u16) -> bool {
    let port = port.to_string();
    command
        .iter()
        .filter_map(|word| word.as_ref().to_str())
        .any(|word| word == port || word.rsplit_once(['=', ':']).is_some_and(|(_, last)| last == port))
}

#[cfg(test)]
mod tests {
    use super::name as program_name;
    use super::*;

    #[test]
    fn a_program_is_known_by_its_name_alone_or_with_a_version() {
        let known = names(Some(GatewayKind::NewApi));
        for name in ["new-api", "new-api-v0.9.3", "new-api_arm64", "one-api"] {
            assert!(is_one_of(name, known), "{name}");
        }
        for name in ["new-apis", "api", "litellm", "", "renew-api"] {
            assert!(!is_one_of(name, known), "{name}");
        }
    }

    #[test]
    fn a_script_is_named_and_no_argument_of_it() {
        let name = |comm: &str, command: &[&str]| {
            let command: Vec<_> = command.iter().map(std::ffi::OsString::from).collect();
            program_name(OsStr::new(comm), &command)
        };
        assert_eq!(name("litellm", &["python3", "/bin/litellm", "--config"]), "litellm");
        assert_eq!(name("python3.11", &["python3", "-u", "/venv/bin/litellm", "--key", "sk-x"]), "litellm");
        assert_eq!(name("python3", &["python3", "-m", "litellm", "--port", "1"]), "litellm");
        assert_eq!(name("python3", &["python3", "-c", "from multiprocessing.spawn import spawn_main"]), "python3");
        assert_eq!(name("python3", &["python3"]), "python3");
        assert_eq!(name("a\u{1b}[31m\u{202e}b", &[]), "a[31mb");
    }

    #[test]
    fn a_port_is_a_whole_word() {
        let command = ["--port", "4000", "--host=0.0.0.0:4001"];
        assert!(mentions(&command, 4000) && mentions(&command, 4001));
        assert!(!mentions(&command, 400) && !mentions(&command, 1));
    }
}
