//! What can go wrong with our own store, and what to do about it.
//!
//! Decides: the sentence and the remedy. Must not know: who opened it.

use std::path::{Path, PathBuf};

/// What can go wrong with our own store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("cannot open our own store {path}: {why}; {}", remedy(.path, .why.as_ref()))]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite or the file system said.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A newer program changed its tables; nothing was touched.
    #[error(
        "our own store {path} was written by a newer channelwarden (its version is {version}, ours {newest}): run the newer \
         program, put back the copy from before the upgrade, or name another file in store.path"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The steps that were taken in it.
        version: i64,
        /// The steps that we know.
        newest: usize,
    },
    /// A statement failed.
    #[error("our own store failed: {0}; `channelwarden doctor` looks at its file and its disk")]
    Database(sqlx::Error),
    /// A row of ours cannot be read: the file was edited, or comes from a newer version.
    #[error(
        "our own store holds a row that cannot be read ({what}): {why}; run the newest program, or put a copy of the file back"
    )]
    Unreadable {
        /// Which row.
        what: String,
        /// What is wrong with it.
        why: serde_json::Error,
    },
}

/// Not `#[from]`: the cause stands in the message already, and a chain of causes would tell it again.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What to look at when the file cannot be opened.
fn remedy(path: &Path, why: &(dyn std::error::Error + Send + Sync + 'static)) -> &'static str {
    if path.is_dir() {
        return "it is a folder: name a file in it";
    }
    let database = why.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    let code = database.and_then(|error| error.code()?.parse::<i32>().ok());
    // SQLite's extended code: its low byte is the sort.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => "another program holds it: doctor and `fuser -v` on the file tell which",
        Some(8) => "the file and its folder must belong to the user that we run as",
        Some(11 | 26) => "it is damaged, or no store of ours: put a copy back, or move it away and a new one is made",
        Some(13) => "its disk is full",
        Some(_) | None => "check that the folder exists and that we may write in it",
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;

    /// What opening a file says that holds this text.
    async fn said(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        std::fs::write(&path, text).unwrap();
        Store::open(&path).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_told_with_what_helps() {
        let damaged = said(&"no database at all ".repeat(500)).await;
        assert!(
            damaged.contains("file is not a database; it is damaged, or no store of ours: put a copy back"),
            "{damaged}"
        );

        let folder = tempfile::tempdir().unwrap();
        let missing = Store::open(&folder.path().join("not/there.db")).await.unwrap_err().to_string();
        assert!(missing.ends_with("; check that the folder exists and that we may write in it"), "{missing}");
        let itself = Store::open(folder.path()).await.unwrap_err().to_string();
        assert!(itself.ends_with("; it is a folder: name a file in it"), "{itself}");
    }
}
