//! The files that a log file became: `name.1`, `name-20261121`, `name-20261121.log`, beside it.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::place::{FileId, Place};

/// How often files are looked for that are being given other names.
pub(super) const TRIES: usize = 4;
/// And the pause between.
pub(super) const PAUSE: Duration = Duration::from_millis(30);

/// The file that was read up to the place: under its own name, or under one that it was given since; or a copy of it, from
/// before it was emptied.
pub(super) fn find(path: &Path, place: &Place) -> io::Result<Option<File>> {
    match FileId::at(path) {
        Ok(there) if there == place.id => {
            let file = File::open(path)?;
            if FileId::of(&file)? == place.id && place.fits(&file)? {
                return Ok(Some(file));
            }
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    for (_, sibling) in files_beside(path) {
        if FileId::at(&sibling).is_ok_and(|there| there == place.id)
            && let Ok(file) = File::open(sibling)
            && place.fits(&file)?
        {
            return Ok(Some(file));
        }
    }
    copy(path, place)
}

/// A copy of the file that was read up to the place: the latest.
pub(super) fn copy(path: &Path, place: &Place) -> io::Result<Option<File>> {
    if !place.is_telling() {
        return Ok(None);
    }
    let mut copies = rotations(path);
    copies.reverse();
    for (_, sibling) in copies {
        if FileId::at(&sibling).is_ok_and(|there| there != place.id)
            && let Ok(file) = File::open(sibling)
            && place.fits(&file)?
        {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// The file that comes after one that was rotated away and is read to its end: the oldest rotation that is newer, or the
/// one that stands in its place.
pub(super) fn next(path: &Path, read: &File) -> io::Result<File> {
    for _ in 0..TRIES {
        let wanted = match newer(path, read) {
            Some(newer) => newer,
            None => (FileId::at(path)?, path.to_owned()),
        };
        // Files may have been given other names since they were listed.
        if let Ok(file) = File::open(&wanted.1)
            && FileId::of(&file)? == wanted.0
        {
            return Ok(file);
        }
        thread::sleep(PAUSE);
    }
    Err(io::Error::other("it is being rotated"))
}

/// Whether a rotation is newer than the one that is open: it counts while the file itself is empty or not there yet, as
/// after a second copy-truncate.
pub(super) fn has_newer(path: &Path, open: &File) -> bool {
    newer(path, open).is_some()
}

/// The oldest rotation that holds something and is newer than the one that was read.
fn newer(path: &Path, read: &File) -> Option<(FileId, PathBuf)> {
    let (this, until) = (FileId::of(read).ok()?, read.metadata().ok()?.modified().ok()?);
    let current = FileId::at(path).ok();
    rotations(path).into_iter().find_map(|(there, sibling)| {
        let id = FileId::at(&sibling).ok()?;
        let is_newer = there.len() > 0 && there.modified().ok()? > until;
        (id != this && Some(id) != current && is_newer).then_some((id, sibling))
    })
}

/// Whether a rotation of it is compressed.
pub(super) fn has_compressed(path: &Path) -> bool {
    const ENDINGS: [&str; 4] = ["gz", "bz2", "xz", "zst"];
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    files_beside(path).iter().any(|(_, sibling)| {
        let ending = sibling.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let same = sibling.file_name().and_then(|other| other.to_str()).is_some_and(|other| other.starts_with(name));
        same && ENDINGS.contains(&ending)
    })
}

/// Its rotations that can be read, the oldest first.
fn rotations(path: &Path) -> Vec<(Metadata, PathBuf)> {
    let mut found = files_beside(path);
    found.retain(|(_, sibling)| is_rotation(path, sibling));
    found.sort_by_key(|(there, sibling)| (there.modified().ok(), sibling.clone()));
    found
}

/// Whether its name is that of a rotation: the file's, with digits behind it, or before its ending.
fn is_rotation(path: &Path, sibling: &Path) -> bool {
    let text = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_owned();
    let (name, stem, ending) = (text(path.file_name()), text(path.file_stem()), text(path.extension()));
    let other = text(sibling.file_name());
    let behind = other.strip_prefix(&name);
    let between = other.strip_prefix(&stem).and_then(|rest| rest.strip_suffix(&format!(".{ending}")));
    behind.or(between).is_some_and(|rest| {
        rest.starts_with(['.', '-', '_'])
            && rest.contains(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | ':' | 'T' | 'Z'))
    })
}

fn files_beside(path: &Path) -> Vec<(Metadata, PathBuf)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let files = entries.flatten().filter_map(|entry| Some((entry.metadata().ok()?, entry.path())));
    files.filter(|(there, other)| there.is_file() && other != path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_are_known_by_their_names() {
        let is = |name: &str| is_rotation(Path::new("/var/log/litellm.log"), &Path::new("/var/log").join(name));
        for name in ["litellm.log.1", "litellm.log-20261121", "litellm-20261121.log", "litellm.log.2026-11-21T03:40:50"]
        {
            assert!(is(name), "{name}");
        }
        for name in ["litellm-errors.log", "litellm.log.1.gz", "litellm2.log", "litellm.log.bak", "other.log.1"] {
            assert!(!is(name), "{name}");
        }
    }
}
