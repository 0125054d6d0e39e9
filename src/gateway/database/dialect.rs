//! How the three engines say the same thing.
//!
//! Every column is cast on reading (`balance` is numeric in one engine, `weight` unsigned in another, `channel_info` a
//! BLOB in a third), so that rows of all engines have the same types.

use std::fmt;

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// MySQL or MariaDB.
    MySql,
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MySql => "MySQL",
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

impl Engine {
    /// A column's name; `key` and `group` are reserved words. Backticks in SQLite too: a double-quoted name that is
    /// no column would silently become a text there.
    pub(in crate::gateway) fn quote(self, name: &str) -> String {
        match self {
            Self::MySql | Self::Sqlite => format!("`{name}`"),
            Self::Postgres => format!("\"{name}\""),
        }
    }

    /// An expression read as text.
    pub(in crate::gateway) fn text(self, expression: &str) -> String {
        match self {
            Self::MySql => format!("CAST({expression} AS CHAR)"),
            Self::Postgres | Self::Sqlite => format!("CAST({expression} AS TEXT)"),
        }
    }

    /// An expression read as a 64-bit integer.
    pub(in crate::gateway) fn int(self, expression: &str) -> String {
        match self {
            Self::MySql => format!("CAST({expression} AS SIGNED)"),
            Self::Postgres => format!("CAST({expression} AS BIGINT)"),
            Self::Sqlite => format!("CAST({expression} AS INTEGER)"),
        }
    }

    /// A boolean expression read as 1, 0 or NULL.
    pub(super) fn boolean(self, expression: &str) -> String {
        self.int(&format!("CASE WHEN {expression} THEN 1 WHEN {expression} IS NULL THEN NULL ELSE 0 END"))
    }

    /// What makes a SELECT lock its rows. SQLite has locked the whole file by then.
    pub(super) fn lock(self) -> &'static str {
        match self {
            Self::MySql | Self::Postgres => " FOR UPDATE",
            Self::Sqlite => "",
        }
    }

    /// What makes an INSERT pass over rows that are there already, as the gateways themselves do it.
    pub(super) fn ignore_conflict(self) -> &'static str {
        match self {
            Self::MySql => " ON DUPLICATE KEY UPDATE `model` = `model`",
            Self::Postgres | Self::Sqlite => " ON CONFLICT DO NOTHING",
        }
    }

    /// `n` pairs of placeholders for the right side of `(a, b) IN`.
    pub(super) fn pairs(self, n: usize) -> String {
        let pairs = vec!["(?,?)"; n].join(",");
        match self {
            Self::MySql | Self::Postgres => format!("({pairs})"),
            Self::Sqlite => format!("(VALUES {pairs})"),
        }
    }

    /// A statement written with `?` in this engine's placeholders. Quoted parts are left alone.
    pub(in crate::gateway) fn placeholders(self, sql: &str) -> String {
        match self {
            Self::MySql | Self::Sqlite => sql.to_owned(),
            Self::Postgres => numbered(sql),
        }
    }
}

/// `?` → `$1`, `$2`… outside quotes.
fn numbered(sql: &str) -> String {
    let (mut out, mut n, mut quote) = (String::with_capacity(sql.len() + 16), 0, None);
    for c in sql.chars() {
        match (c, quote) {
            ('?', None) => {
                n += 1;
                out.push('$');
                out.push_str(&n.to_string());
                continue;
            }
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            (_, _) => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_outside_quotes_only() {
        let sql = "SELECT '?', \"a?\" FROM t WHERE a = ? AND b IN (?,?)";
        assert_eq!(Engine::Postgres.placeholders(sql), "SELECT '?', \"a?\" FROM t WHERE a = $1 AND b IN ($2,$3)");
        assert_eq!(Engine::MySql.placeholders(sql), sql);
    }
}
