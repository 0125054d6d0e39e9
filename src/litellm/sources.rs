//! Where a `LiteLLM`'s log is: files, what its process's output leads to, docker's files, the journal.
//!
//! Decides: which files they are now. Must not know: what stands in them, how far they were read.

mod journal;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use self::journal::{Journal, JournalPlace};
use super::tail::{FileId, Form};
use crate::config::LitellmLogs;

/// Where docker keeps its containers.
pub const DOCKER: &str = "/var/lib/docker/containers";

/// A file to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// What our store knows it by. A container has one name for all its files: each new one goes on where the last ended.
    pub key: String,
    /// Where it is now.
    pub path: PathBuf,
    /// How its lines are wrapped.
    pub form: Form,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, none twice.
    pub files: Vec<LogFile>,
    /// What was not found, in words.
    pub missing: Vec<String>,
}

/// The files to follow now. `pid`: the process, where it is known; `docker`: [`DOCKER`].
pub fn files(logs: &LitellmLogs, pid: Option<u32>, docker: &Path) -> Found {
    let mut found = Found::default();
    let mut all: Vec<LogFile> = logs.files.iter().map(|path| plain(path.clone())).collect();
    if let Some(pid) = pid.filter(|_| logs.process) {
        all.extend([1, 2].into_iter().filter_map(|stream| output(pid, stream)).map(plain));
    }
    for name in &logs.docker {
        match container(name, docker) {
            Ok(path) => all.push(LogFile { key: format!("docker {name}"), path, form: Form::Docker }),
            Err(why) => found.missing.push(why),
        }
    }
    let mut seen = vec![];
    for file in all {
        let id = FileId::at(&file.path).ok();
        let twice = id.is_some_and(|id| seen.contains(&id)) || found.files.iter().any(|other| other.key == file.key);
        if !twice {
            seen.extend(id);
            found.files.push(file);
        }
    }
    found
}

fn plain(path: PathBuf) -> LogFile {
    LogFile { key: format!("file {}", path.display()), path, form: Form::Plain }
}

/// The regular file that a process's output leads to, by a name that holds here: a container's names are its own, and a
/// deleted file has none.
fn output(pid: u32, stream: u8) -> Option<PathBuf> {
    let link = PathBuf::from(format!("/proc/{pid}/fd/{stream}"));
    fs::metadata(&link).ok().filter(fs::Metadata::is_file)?;
    let there = FileId::at(&link).ok()?;
    let target = fs::read_link(&link).ok()?;
    let inside = target.strip_prefix("/").ok().map(|below| Path::new(&format!("/proc/{pid}/root")).join(below));
    let same = |path: &PathBuf| FileId::at(path).is_ok_and(|other| other == there);
    Some([Some(target), inside].into_iter().flatten().find(same).unwrap_or(link))
}

/// What docker writes of a container.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    #[serde(rename = "ID")]
    id: String,
    name: String,
}

/// The log of the container with that name, or whose id begins so.
fn container(wanted: &str, root: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(root)
        .map_err(|error| format!("the container {wanted}: {} cannot be read: {error}", root.display()))?;
    for entry in entries.flatten() {
        let Ok(text) = fs::read_to_string(entry.path().join("config.v2.json")) else { continue };
        let Ok(container) = serde_json::from_str::<Container>(&text) else { continue };
        let by_id = wanted.len() >= 12 && container.id.starts_with(wanted);
        if by_id || container.name.trim_start_matches('/') == wanted {
            return Ok(entry.path().join(format!("{}-json.log", container.id)));
        }
    }
    Err(format!("there is no container {wanted} in {}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_twice_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let (log, other) = (folder.path().join("a.log"), folder.path().join("b.log"));
        fs::write(&log, "x").unwrap();
        fs::hard_link(&log, &other).unwrap();
        let absent = folder.path().join("absent.log");
        let logs =
            LitellmLogs { files: vec![log.clone(), other, absent.clone(), absent.clone()], ..LitellmLogs::default() };
        let found = files(&logs, None, Path::new("/nonexistent"));
        assert_eq!(found.files.iter().map(|file| &file.path).collect::<Vec<_>>(), [&log, &absent]);
    }

    #[test]
    fn a_process_s_output_is_found_where_it_leads_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("out.log");
        let out = fs::File::create(&log).unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .stdout(out.try_clone().unwrap())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let logs = LitellmLogs::default();
        let found = files(&logs, Some(child.id()), Path::new("/nonexistent"));
        let off = files(&LitellmLogs { process: false, ..logs }, Some(child.id()), Path::new("/nonexistent"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.files, [plain(log.canonicalize().unwrap())]);
        assert_eq!(off.files, []);
    }

    #[test]
    fn a_container_is_found_by_its_name_or_id() {
        let folder = tempfile::tempdir().unwrap();
        let id = "0123456789abcdef0123456789abcdef";
        let home = folder.path().join(id);
        fs::create_dir(&home).unwrap();
        fs::write(home.join("config.v2.json"), format!(r#"{{"ID":"{id}","Name":"/litellm","State":{{}}}}"#)).unwrap();
        let logs = |name: &str| LitellmLogs { docker: vec![name.to_owned()], ..LitellmLogs::default() };
        for name in ["litellm", "0123456789ab"] {
            let found = files(&logs(name), None, folder.path());
            assert_eq!(found.files[0].path, home.join(format!("{id}-json.log")));
            assert_eq!((found.files[0].form, found.missing.len()), (Form::Docker, 0));
        }
        let found = files(&logs("lite"), None, folder.path());
        assert_eq!((found.files.len(), found.missing.len()), (0, 1));
        assert!(found.missing[0].contains("no container lite"), "{:?}", found.missing);
    }
}
