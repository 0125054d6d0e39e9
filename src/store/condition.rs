//! How our own file is, looked at without changing it: nothing is made, and no step of its tables is taken.
//!
//! Decides: what can be told of it from outside. Must not know: who asks.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::MIGRATIONS;

/// How long to wait for somebody else's write.
const PATIENCE: Duration = Duration::from_secs(5);

/// How our file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which steps of its tables were taken; `None`: there is no file yet.
    pub version: Option<i64>,
    /// The step that this program would bring it to.
    pub newest: i64,
    /// Why nothing can be written there, if so.
    pub unwritable: Option<String>,
    /// Somebody wrote in it for longer than anybody should.
    pub locked: bool,
    /// Bytes that are free on its disk, where that can be told.
    pub free: Option<u64>,
    /// Bytes that it takes now.
    pub size: u64,
}

/// Looks at the file at `path`.
///
/// # Errors
/// Why it cannot be read at all.
pub async fn condition(path: &Path) -> Result<Condition, String> {
    let newest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let free = fs4::available_space(&folder).ok();
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    let mut found = Condition { version: None, newest, unwritable: None, locked: false, free, size };
    if !path.exists() {
        found.unwritable = unwritable(&folder);
        return Ok(found);
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(PATIENCE);
    let why = |error: sqlx::Error| error.to_string();
    // Only where nobody in this process has it open: closing a file gives up all locks that the process has on it.
    let read_only = OpenOptions::new().append(true).open(path).is_err();
    let mut file: SqliteConnection = options.read_only(read_only).connect().await.map_err(why)?;
    found.version = Some(sqlx::query_scalar("pragma user_version").fetch_one(&mut file).await.map_err(why)?);
    // The lock that a write takes, given back at once.
    match sqlx::raw_sql("begin immediate; rollback").execute(&mut file).await {
        _ if read_only => found.unwritable = Some("the file is read-only for us".to_owned()),
        Ok(_) => found.unwritable = unwritable(&folder),
        Err(error) if is_busy(&error) => found.locked = true,
        Err(error) => found.unwritable = Some(error.to_string()),
    }
    let _ = file.close().await;
    Ok(found)
}

/// SQLite keeps its journal beside the file, so the folder must take files too.
fn unwritable(folder: &Path) -> Option<String> {
    // Without a name where the system has such files, and gone at once elsewhere.
    let error = tempfile::tempfile_in(folder).err()?;
    Some(format!("the folder {} takes no files from us ({error})", folder.display()))
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_look_makes_nothing_and_tells_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let none = condition(&path).await.unwrap();
        assert_eq!((none.version, none.unwritable), (None, None));
        assert!(none.free.is_some_and(|free| free > 0));
        assert!(!path.exists(), "a look makes no file");

        Store::open(&path).await.unwrap().close().await;
        let whole = condition(&path).await.unwrap();
        assert_eq!((whole.version, whole.locked, whole.unwritable), (Some(whole.newest), false, None));
        assert!(whole.size > 0);

        let mut other = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
        assert!(condition(&path).await.unwrap().locked);
        sqlx::raw_sql("rollback; pragma user_version = 99").execute(&mut other).await.unwrap();
        let newer = condition(&path).await.unwrap();
        assert_eq!((newer.version, newer.locked), (Some(99), false), "and it stays so");

        // A file of its own: the journal beside the other one would mend it.
        let path = folder.path().join("other.db");
        std::fs::write(&path, "no database at all ".repeat(500)).unwrap();
        assert!(condition(&path).await.is_err());
    }
}
