//! Whose turn it is to write: processes that share a store write one after the other.

use std::fs::{File, TryLockError};
use std::time::Duration;

use super::{Store, StoreError};

/// The right to settle and make changes; given back when dropped, and by the system when we are killed.
#[derive(Debug)]
pub struct Turn {
    _file: File,
}

impl Store {
    /// Waits for the turn to write. Without it, one process could take another's change under way for one that a
    /// crash left behind.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let failed = |why: std::io::Error| StoreError::Open { path: path.clone().into(), why: why.into() };
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}
