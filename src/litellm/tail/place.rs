//! Which file it is, and how far it was read.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::system;
use crate::litellm::failure::hex;

/// What of a file's beginning is remembered, in bytes: its inode's number may become another file's.
pub(super) const HEAD: usize = 1024;

/// A file on this machine, by whatever name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    dev: u64,
    inode: u64,
}

impl FileId {
    /// That of an open file.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn of(file: &File) -> io::Result<Self> {
        system::numbers(file).map(Self::from)
    }

    /// That of the file which is at `path` now.
    ///
    /// # Errors
    /// There is none, or the system does not tell.
    pub fn at(path: &Path) -> io::Result<Self> {
        system::numbers_at(path).map(Self::from)
    }
}

impl From<(u64, u64)> for FileId {
    fn from((dev, inode): (u64, u64)) -> Self {
        Self { dev, inode }
    }
}

/// A file, and how it begins.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: FileId,
    head: Vec<u8>,
}

impl Identity {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self { id: FileId::of(file)?, head: head(file, HEAD)? })
    }

    /// Whether the file still begins as it did; learns more of its beginning while that is short.
    pub(super) fn still_holds(&mut self, file: &File) -> io::Result<bool> {
        let now = head(file, HEAD)?;
        let same = now.starts_with(&self.head);
        if same {
            self.head = now;
        }
        Ok(same)
    }
}

/// How far a file was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(flatten)]
    pub(super) id: FileId,
    /// The first byte that was not read.
    pub(super) offset: u64,
    /// The hash of the file's first `size` bytes.
    head: String,
    size: usize,
    /// The latest failure, which may be logged again (`Failures::last`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<String>,
}

impl Place {
    /// Of a file that was not there.
    pub(super) const ABSENT: &'static str = "null";

    pub(super) fn new(of: &Identity, offset: u64, last: Option<String>) -> Self {
        Self { id: of.id, offset, head: hash(&of.head), size: of.head.len(), last }
    }

    /// `None`: the file was not there (or an older version of us wrote this).
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().flatten()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| Self::ABSENT.to_owned())
    }

    /// Whether the file begins as the one that was read, and has all that was read of it.
    pub(super) fn fits(&self, file: &File) -> io::Result<bool> {
        let begin = head(file, self.size.min(HEAD))?;
        Ok(file.metadata()?.len() >= self.offset && begin.len() == self.size && hash(&begin) == self.head)
    }

    /// Whether its beginning tells it from other files.
    pub(super) fn is_telling(&self) -> bool {
        self.size > 0
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}

/// The first bytes of a file, as many as it has.
fn head(file: &File, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let mut read = 0;
    while read < most {
        match system::read_at(file, &mut bytes[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
