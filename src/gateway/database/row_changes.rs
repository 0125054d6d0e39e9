//! What differs between two sets of routing rows, counted by sort and told by one example each. Pure.
//!
//! Must not know: which of them is right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::model::Ability;

/// The way from some routing rows to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowChanges {
    /// Rows that must be and are not.
    pub missing: Sort,
    /// Rows that are and must not be.
    pub extra: Sort,
    /// Rows with other values than they must have.
    pub differing: Sort,
}

/// Rows of one sort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sort {
    /// How many.
    pub count: usize,
    /// One of them: `group/model`.
    pub example: String,
}

impl Sort {
    fn add(&mut self, row: &Ability, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.count == 1 {
            self.example = format!("{}/{}{}", row.group, row.model, what());
        }
    }
}

impl RowChanges {
    /// From the rows that stand there to those that must; both sorted.
    pub fn between(current: &[Ability], wanted: &[Ability]) -> Self {
        fn key(row: &Ability) -> (&str, &str) {
            (&row.group, &row.model)
        }
        let there: BTreeMap<_, _> = current.iter().map(|row| (key(row), row)).collect();
        let mut changes = Self::default();
        for want in wanted {
            match there.get(&key(want)) {
                None => changes.missing.add(want, String::new),
                Some(row) if *row == want => {}
                Some(row) => changes.differing.add(want, || difference(row, want)),
            }
        }
        let must: BTreeSet<_> = wanted.iter().map(key).collect();
        for row in current.iter().filter(|row| !must.contains(&key(row))) {
            changes.extra.add(row, String::new);
        }
        changes
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.missing.count + self.extra.count + self.differing.count == 0
    }
}

/// "+3 −1 ~2 rows": put in, taken out, given other values.
impl fmt::Display for RowChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("+", &self.missing), ("−", &self.extra), ("~", &self.differing)];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(_, sort)| sort.count > 0)
            .map(|(sign, sort)| format!("{sign}{}", sort.count))
            .collect();
        let all = self.missing.count + self.extra.count + self.differing.count;
        match all {
            0 => f.write_str("no row"),
            1 => write!(f, "{} row", parts.concat()),
            _ => write!(f, "{} rows", parts.join(" ")),
        }
    }
}

/// Which values of a row are not as they must be: ": priority 5 instead of 0".
fn difference(row: &Ability, want: &Ability) -> String {
    fn shown<T: fmt::Display>(value: Option<&T>) -> String {
        value.map_or_else(|| "NULL".to_owned(), T::to_string)
    }
    let values = [
        ("enabled", shown(row.enabled.as_ref()), shown(want.enabled.as_ref())),
        ("priority", shown(row.priority.as_ref()), shown(want.priority.as_ref())),
        ("weight", shown(row.weight.as_ref()), shown(want.weight.as_ref())),
        ("tag", shown(row.tag.as_ref()), shown(want.tag.as_ref())),
    ];
    let differing = values.into_iter().filter(|(_, is, must)| is != must);
    let told: Vec<_> = differing.map(|(name, is, must)| format!("{name} {is} instead of {must}")).collect();
    format!(": {}", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: &str, model: &str, priority: Option<i64>) -> Ability {
        let (group, model) = (group.to_owned(), model.to_owned());
        Ability { group, model, enabled: Some(true), priority, weight: None, tag: None }
    }

    #[test]
    fn each_sort_is_counted_and_its_first_is_named() {
        let current = [row("default", "a", None), row("default", "b", Some(0)), row("vip", "old", Some(0))];
        let wanted = [
            row("default", "a", Some(2)),
            row("default", "b", Some(0)),
            row("vip", "b", Some(0)),
            row("vip", "c", Some(0)),
        ];
        let changes = RowChanges::between(&current, &wanted);
        assert_eq!(changes.missing, Sort { count: 2, example: "vip/b".to_owned() });
        assert_eq!(changes.extra, Sort { count: 1, example: "vip/old".to_owned() });
        assert_eq!(changes.differing, Sort { count: 1, example: "default/a: priority NULL instead of 2".to_owned() });
        assert_eq!(changes.to_string(), "+2 −1 ~1 rows");
        assert_eq!(RowChanges::between(&current[..1], &wanted[..1]).to_string(), "~1 row");
        let none = RowChanges::between(&wanted, &wanted);
        assert!(none.is_empty() && none.to_string() == "no row");
    }
}
