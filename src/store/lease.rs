//! Who looks after a gateway, of several loops that share this store.
//!
//! Decides: that there is one. A lock on a file beside the store, which the system takes from whoever is killed and from
//! nobody who is only slow; the store says whose it is.

use std::fmt;
use std::fs::{File, TryLockError};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::{Store, StoreError, time};

/// The right to look after a gateway; given back when dropped, and by the system when we are killed.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

/// Whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// "pid 123 on host h".
    pub name: String,
    /// Since when.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (since {})", self.name, self.since)
    }
}

impl Store {
    /// Takes a gateway to look after, or says who has it.
    pub async fn lease(&self, gateway: &str, now: Timestamp) -> Result<Result<Lease, Option<Holder>>, StoreError> {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{}.lease", file_name(gateway)));
        let failed = |why: std::io::Error| StoreError::Open { path: path.clone().into(), why: why.into() };
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(self.lease_holder(gateway).await?)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sqlx::query(
            "insert into lease (gateway, holder, since_ms) values (?, ?, ?)
             on conflict do update set holder = excluded.holder, since_ms = excluded.since_ms",
        )
        .bind(gateway)
        .bind(process())
        .bind(now.as_millisecond())
        .execute(&self.writer)
        .await?;
        Ok(Ok(Lease { _file: file }))
    }

    /// Who took the gateway last.
    async fn lease_holder(&self, gateway: &str) -> Result<Option<Holder>, StoreError> {
        let row = sqlx::query("select holder, since_ms from lease where gateway = ?")
            .bind(gateway)
            .fetch_optional(&self.readers)
            .await?;
        let read = |row: sqlx::sqlite::SqliteRow| -> Result<_, sqlx::Error> {
            Ok(Holder { name: row.try_get("holder")?, since: time(row.try_get("since_ms")?) })
        };
        Ok(row.map(read).transpose()?)
    }
}

impl Store {
    /// A short text that tells this store from another. Tells nothing of the salt.
    pub fn mark(&self) -> String {
        let digest: [u8; 32] = Sha256::digest(self.salt()).into();
        let [a, b, c, d, ..] = digest;
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// This store on this machine, for other instances: "store 1a2b3c4d on host h".
    pub fn instance(&self) -> String {
        format!("store {} on {}", self.mark(), host())
    }
}

/// This process, for people.
fn process() -> String {
    format!("pid {} on {}", std::process::id(), host())
}

fn host() -> String {
    let name =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().find_map(|file| std::fs::read_to_string(file).ok());
    name.map_or_else(|| "this host".to_owned(), |name| format!("host {}", name.trim()))
}

/// A gateway's name as a part of a file's: letters and digits stay, all else is told by its number.
fn file_name(gateway: &str) -> String {
    let part = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") }
    };
    gateway.bytes().map(part).collect()
}
