//! The SQL of `docs/grants.md`, as it stands there.

use crate::databases::Engine;
use crate::gateways::Schema;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grants.md");

/// Which block of an engine: the first line of each says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Title {
    User,
    Observe,
    Prices,
    Logs,
    Write,
    Lease,
    Password,
    Removal,
}

impl Title {
    fn words(self, schema: Schema) -> &'static str {
        let hub = schema.is_hub();
        match self {
            Self::User => "a user of its own",
            Self::Observe if hub => "observe One Hub, Done Hub",
            Self::Observe => "observe One API, New API, Veloera",
            Self::Prices if hub => "prices of One Hub, Done Hub",
            Self::Prices => "prices of One API, New API, Veloera",
            Self::Logs if hub || schema == Schema::OneApi => "log of One API, One Hub, Done Hub",
            Self::Logs => "log of New API, Veloera",
            Self::Write if hub => "write One Hub, Done Hub",
            Self::Write => "write One API, New API, Veloera",
            Self::Lease => "a lease",
            Self::Password => "another password",
            Self::Removal => "take it away",
        }
    }
}

/// A block, as an operator would copy it.
pub(crate) fn block(engine: Engine, schema: Schema, title: Title) -> String {
    let engine = match engine {
        Engine::MySql => "MySQL, MariaDB",
        Engine::Postgres => "PostgreSQL",
        Engine::Sqlite => panic!("SQLite grants nothing"),
    };
    let head = format!("```sql\n-- {engine}: {}\n", title.words(schema));
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let found: Vec<_> = document.split(&head).skip(1).collect();
    let [block] = found.as_slice() else { panic!("{} blocks begin with {head:?}", found.len()) };
    block.split("```").next().unwrap().to_owned()
}

/// A text with other words in the place of some; `channelwarden` is no word of `channelwarden_lease`.
pub(crate) fn renamed(sql: &str, names: &[(&str, &str)]) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut out, mut word) = (String::new(), String::new());
    for c in sql.chars().chain(['\n']) {
        if is_word(c) {
            word.push(c);
            continue;
        }
        out.push_str(names.iter().find(|(from, _)| *from == word).map_or(word.as_str(), |(_, to)| to));
        out.push(c);
        word.clear();
    }
    out
}

/// One privilege on one thing, or on one of its columns.
#[derive(Clone, Debug)]
pub(crate) struct Right {
    /// `SELECT`, `UPDATE (models)`.
    pub(crate) privilege: String,
    /// With what kind of thing it is: `DATABASE oneapi`.
    on: String,
    user: String,
}

impl Right {
    pub(crate) fn grant(&self) -> String {
        format!("GRANT {} ON {} TO {}", self.privilege, self.on, self.user)
    }

    pub(crate) fn revoke(&self) -> String {
        format!("REVOKE {} ON {} FROM {}", self.privilege, self.on, self.user)
    }

    /// The name of what it is on, without that of the database.
    pub(crate) fn table(&self) -> &str {
        self.on.rsplit([' ', '.']).next().unwrap()
    }

    /// The column it is about, if it is about one.
    pub(crate) fn column(&self) -> Option<&str> {
        self.privilege.split_once('(').map(|(_, column)| column.trim_end_matches(')'))
    }
}

/// All that a block grants, one by one.
pub(crate) fn rights(sql: &str) -> Vec<Right> {
    let text: Vec<_> = sql.lines().filter(|line| !line.starts_with("--")).collect();
    let text = text.join(" ");
    let grants = text.split(';').filter_map(|statement| statement.trim().strip_prefix("GRANT "));
    let each = grants.flat_map(|grant| {
        let (privileges, rest) = grant.split_once(" ON ").unwrap();
        let (on, user) = rest.rsplit_once(" TO ").unwrap();
        let right = |privilege: String| Right { privilege, on: on.trim().to_owned(), user: user.to_owned() };
        split(privileges).into_iter().map(right)
    });
    each.collect()
}

/// `SELECT, UPDATE (a, b)` → `SELECT`, `UPDATE (a)`, `UPDATE (b)`.
fn split(privileges: &str) -> Vec<String> {
    let mut all = vec![];
    let mut rest = privileges.trim();
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let (name, after) = (rest[..end].trim(), &rest[end..]);
        if let Some(columns) = after.strip_prefix('(') {
            let (columns, behind) = columns.split_once(')').unwrap();
            all.extend(columns.split(',').map(|column| format!("{name} ({})", column.trim())));
            rest = behind.trim_start_matches([',', ' ']);
        } else {
            all.push(name.to_owned());
            rest = after.trim_start_matches([',', ' ']);
        }
    }
    all
}

#[test]
fn a_block_comes_apart_into_single_rights() {
    let sql = "-- of x;\nGRANT SELECT, UPDATE (models,\n  tag), DELETE ON oneapi.channels TO u@h;\nGRANT USAGE ON SCHEMA public TO u;";
    let rights = rights(sql);
    let shown: Vec<_> = rights.iter().map(Right::revoke).collect();
    assert_eq!(
        shown,
        [
            "REVOKE SELECT ON oneapi.channels FROM u@h",
            "REVOKE UPDATE (models) ON oneapi.channels FROM u@h",
            "REVOKE UPDATE (tag) ON oneapi.channels FROM u@h",
            "REVOKE DELETE ON oneapi.channels FROM u@h",
            "REVOKE USAGE ON SCHEMA public FROM u",
        ]
    );
    assert_eq!((rights[1].table(), rights[1].column()), ("channels", Some("models")));
    assert_eq!((rights[4].table(), rights[4].column()), ("public", None));
    assert_eq!(renamed("a TO b_a, 'a'", &[("a", "x")]), "x TO b_a, 'x'\n");
}
