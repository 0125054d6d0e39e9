//! What can go wrong with a gateway's database, told apart by what one can do about it. Never holds a secret.

use sqlx::mysql::MySqlDatabaseError;

use super::admin::{ApiError, Trouble};

/// A failure of a gateway's database.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No connection, or none in time.
    #[error("cannot reach the database {address}: {why}; {}", remedy(.address))]
    Unreachable {
        /// The address, without the password.
        address: String,
        /// What the system said.
        why: String,
    },
    /// The server refused the user or the password.
    #[error("the database {address} refuses our user: {why}; check user name and password in the address")]
    Denied {
        /// The address, without the password.
        address: String,
        /// What the server said.
        why: String,
    },
    /// The server has no such database.
    #[error(
        "there is no such database at {address}: {why}; check the name at the end of the address, and that our user has a right in it"
    )]
    NoDatabase {
        /// The address, without the password.
        address: String,
        /// What the server said.
        why: String,
    },
    /// Another writer holds the lock for too long, or keeps winning.
    #[error("the database {address} is locked: {why}; another program is writing, we try again next time")]
    Locked {
        /// The address, without the password.
        address: String,
        /// What the server said.
        why: String,
        /// Whether the whole transaction is worth trying again at once (a deadlock), or waiting was done already.
        retry: bool,
    },
    /// Our user lacks a right.
    #[error("our user may not {doing} in {address}: {why}; {}", rights(.address))]
    Forbidden {
        /// The address, without the password.
        address: String,
        /// What we were about to do.
        doing: &'static str,
        /// What the server said.
        why: String,
    },
    /// A table or columns that every gateway has are not there.
    #[error("{what} not found in {address}: is this the gateway's database, and may our user see it?")]
    Missing {
        /// The address, without the password.
        address: String,
        /// "table channels", "columns models, group of table channels".
        what: String,
    },
    /// The tables are there, but we cannot tell whose they are.
    #[error("cannot tell which gateway {address} belongs to: {why}; set `kind` for this gateway")]
    Unrecognised {
        /// The address, without the password.
        address: String,
        /// What was seen.
        why: &'static str,
    },
    /// What is given to reach the gateway cannot be used.
    #[error("{what}")]
    Setup {
        /// Which key of the configuration, and what is wrong with it.
        what: String,
    },
    /// The admin API did not answer as it should.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Anything else the database said.
    #[error("the database {address} failed to {doing}: {why}")]
    Failed {
        /// The address, without the password.
        address: String,
        /// What we were about to do.
        doing: &'static str,
        /// What the server said.
        why: String,
    },
}

/// What to look at when a database cannot be opened.
fn remedy(address: &str) -> &'static str {
    if address.starts_with("sqlite:") {
        "is this the path of the gateway's database file, and may we read and write it and its folder?"
    } else {
        "is it running, and is the address right?"
    }
}

/// What to grant.
fn rights(address: &str) -> &'static str {
    if address.starts_with("sqlite:") {
        "check owner and mode of the file and of its folder, in which SQLite keeps a journal while it writes"
    } else {
        "to look it needs SELECT on channels and abilities, to write also UPDATE (models) on channels and INSERT, UPDATE, \
         DELETE on abilities"
    }
}

impl GatewayError {
    /// Whether it is about one channel, and so no reason to leave the others.
    pub fn is_of_one_channel(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::Api(ApiError { trouble: Trouble::Refused(_) | Trouble::Odd(_), .. }) => true,
            Self::Api(_)
            | Self::Unreachable { .. }
            | Self::Denied { .. }
            | Self::NoDatabase { .. }
            | Self::Locked { .. }
            | Self::Forbidden { .. }
            | Self::Missing { .. }
            | Self::Unrecognised { .. }
            | Self::Setup { .. } => false,
        }
    }

    /// What may be missing of a write that stands there although the gateway did not say that it was done. Its database
    /// does all or nothing; its admin API saves the list first, then the routing rows, and then reads them.
    pub fn by_halves(&self) -> Option<String> {
        let Self::Api(error) = self else { return None };
        match error.trouble {
            Trouble::Silent(_) => None,
            Trouble::WrongToken(_)
            | Trouble::WrongKey(_)
            | Trouble::NotAllowed(_)
            | Trouble::TooMany(_)
            | Trouble::Refused(_)
            | Trouble::NoSuchCall(_)
            | Trouble::Odd(_) => Some(format!(
                "the list is written, but maybe not the routing rows: {error}; save the channel once in the gateway, or set \
                 them right by `channelwarden repair`"
            )),
        }
    }

    /// From what sqlx says; `doing` completes "failed to …".
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, non-exhaustive enum")]
    pub(super) fn from_sqlx(address: &str, doing: &'static str, error: &sqlx::Error) -> Self {
        let address = address.to_owned();
        let why = error.to_string();
        match error {
            sqlx::Error::Database(database) => Self::from_database(address, doing, database.as_ref()),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Self::Unreachable { address, why },
            sqlx::Error::PoolTimedOut => Self::Unreachable { address, why: "no connection within 5 s".to_owned() },
            // sqlx adds to its errors; all others are told in its words.
            _ => Self::Failed { address, doing, why },
        }
    }

    fn from_database(address: String, doing: &'static str, error: &dyn sqlx::error::DatabaseError) -> Self {
        let why = error.message().to_owned();
        match Cause::of(error) {
            Cause::Denied => Self::Denied { address, why },
            Cause::NoDatabase => Self::NoDatabase { address, why },
            Cause::Deadlock => Self::Locked { address, why, retry: true },
            Cause::Busy => Self::Locked { address, why, retry: false },
            Cause::Forbidden => Self::Forbidden { address, doing, why },
            Cause::Unreachable => Self::Unreachable { address, why },
            Cause::Other => Self::Failed { address, doing, why },
        }
    }
}

/// The sorts of database errors that we react to.
enum Cause {
    Denied,
    NoDatabase,
    Deadlock,
    Busy,
    Forbidden,
    Unreachable,
    Other,
}

impl Cause {
    fn of(error: &dyn sqlx::error::DatabaseError) -> Self {
        if let Some(mysql) = error.try_downcast_ref::<MySqlDatabaseError>() {
            return match mysql.number() {
                1045 | 1698 => Self::Denied,
                1044 | 1049 => Self::NoDatabase,
                1213 | 1020 => Self::Deadlock,
                1205 => Self::Busy,
                1142 | 1143 | 1227 | 1290 | 1836 => Self::Forbidden,
                _ => Self::Other,
            };
        }
        match error.code().as_deref() {
            Some("28P01" | "28000") => Self::Denied,
            Some("3D000") => Self::NoDatabase,
            Some("40001" | "40P01") => Self::Deadlock,
            Some("55P03") => Self::Busy,
            Some("42501" | "25006") => Self::Forbidden,
            Some("57P03" | "53300") => Self::Unreachable,
            // SQLite: the extended code's low byte is the sort. Its busy timeout has done the waiting by then.
            Some(code) => match code.parse::<i32>().map(|code| code & 0xff) {
                Ok(5 | 6) => Self::Busy,
                Ok(8) => Self::Forbidden,
                Ok(14 | 26) => Self::Unreachable,
                Ok(_) | Err(_) => Self::Other,
            },
            None => Self::Other,
        }
    }
}
