//! The routing rows a channel must have, and the way from those it has. Pure.
//!
//! As the gateways' own `UpdateAbilities`: every (group × model) of the raw comma splits, nothing trimmed or dropped.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::Ability;

/// Which of two texts a column takes for the same, after its collation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// `GPT` is `gpt`.
    pub case: bool,
    /// `gpt ` is `gpt`.
    pub trailing_space: bool,
}

impl Fold {
    /// From a MySQL collation's name; `None` is a column without one (binary).
    pub fn of_mysql(collation: Option<&str>) -> Self {
        let Some(name) = collation else { return Self::default() };
        let padded = name != "binary" && !name.contains("_nopad_") && !name.contains("_0900_");
        Self { case: name.ends_with("_ci") || name.contains("_ci_"), trailing_space: padded }
    }

    /// The text that stands for all it takes for the same. Accents are not folded: what that misses is seen when the
    /// written rows are read back.
    fn apply(self, text: &str) -> String {
        let text = if self.trailing_space { text.trim_end_matches(' ') } else { text };
        if self.case { text.to_lowercase() } else { text.to_owned() }
    }
}

/// What an `abilities` table is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AbilityShape {
    /// It has `weight` (New API).
    pub weight: bool,
    /// It has `tag` (New API).
    pub tag: bool,
    /// How `model` compares.
    pub model: Fold,
    /// How `group` compares.
    pub group: Fold,
}

/// What all rows of a channel have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Whether the channel's status is 1.
    pub enabled: bool,
    /// `channels.priority`, as stored.
    pub priority: Option<i64>,
    /// `channels.weight`, as stored.
    pub weight: Option<i64>,
    /// `channels.tag`, as stored.
    pub tag: Option<String>,
}

/// The rows the gateway would make of a channel's `models` and `group`, sorted.
///
/// # Errors
/// Two groups of the channel are one to the database: the gateway's cache would then look for a group that has no row,
/// and crash (new-api #6687).
pub fn expected(models: &str, group: &str, shared: &Shared, shape: AbilityShape) -> Result<Vec<Ability>, String> {
    let mut groups: HashMap<String, &str> = HashMap::new();
    for name in group.split(',') {
        match groups.insert(shape.group.apply(name), name) {
            Some(other) if other != name => {
                return Err(format!(
                    "the groups {other:?} and {name:?} are one to this database's collation, which crashes the \
                     gateway's cache: take one of them off the channel"
                ));
            }
            Some(_) | None => {}
        }
    }
    // The first of equal rows stays, as INSERT with a no-op on conflict has it.
    let mut rows = BTreeMap::new();
    for group in group.split(',') {
        for model in models.split(',') {
            rows.entry((shape.group.apply(group), shape.model.apply(model))).or_insert_with(|| Ability {
                group: group.to_owned(),
                model: model.to_owned(),
                enabled: Some(shared.enabled),
                priority: Some(shared.priority.unwrap_or(0)),
                weight: shape.weight.then(|| shared.weight.unwrap_or(0)),
                tag: shared.tag.clone().filter(|_| shape.tag),
            });
        }
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort();
    Ok(rows)
}

/// The way from the rows that are there to those that must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// First: to take out.
    pub delete: Vec<Ability>,
    /// Then: to put in.
    pub insert: Vec<Ability>,
    /// Last: the values to give to every row of the channel, when a row that stays has others.
    pub level: Option<Ability>,
}

/// Rows that stay are not touched unless their values differ; where the wanted rows do not all have the same values,
/// those that differ are taken out and put in again.
pub fn diff(current: &[Ability], expected: &[Ability]) -> Diff {
    let uniform = expected.windows(2).all(|pair| values(&pair[0]) == values(&pair[1]));
    let wanted: HashMap<_, _> = expected.iter().map(|row| ((&row.group, &row.model), row)).collect();
    let mut found = HashSet::new();
    let mut diff = Diff::default();
    for row in current {
        let key = (&row.group, &row.model);
        match wanted.get(&key) {
            Some(want) if values(want) == values(row) => {
                found.insert(key);
            }
            Some(want) if uniform => {
                found.insert(key);
                diff.level = Some((*want).clone());
            }
            Some(_) | None => diff.delete.push(row.clone()),
        }
    }
    diff.insert = expected.iter().filter(|row| !found.contains(&(&row.group, &row.model))).cloned().collect();
    diff
}

fn values(row: &Ability) -> (Option<bool>, Option<i64>, Option<i64>, Option<&str>) {
    (row.enabled, row.priority, row.weight, row.tag.as_deref())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW_API: AbilityShape = AbilityShape {
        weight: true,
        tag: true,
        model: Fold { case: false, trailing_space: false },
        group: Fold { case: false, trailing_space: false },
    };
    const MYSQL: Fold = Fold { case: true, trailing_space: true };

    fn shared() -> Shared {
        Shared { enabled: true, priority: None, weight: None, tag: None }
    }

    fn names(rows: &[Ability]) -> Vec<(&str, &str)> {
        rows.iter().map(|row| (row.group.as_str(), row.model.as_str())).collect()
    }

    #[test]
    fn the_rows_are_the_raw_cross_product() {
        let rows = expected("b, a,b,", "vip,default", &shared(), NEW_API).unwrap();
        let each = |group| ["", " a", "b"].map(|model| (group, model));
        assert_eq!(names(&rows), [each("default"), each("vip")].concat());
        assert!(rows.iter().all(|row| values(row) == (Some(true), Some(0), Some(0), None)));
    }

    #[test]
    fn columns_that_do_not_exist_stay_out() {
        let shared = Shared { enabled: false, priority: Some(5), weight: Some(3), tag: Some("t".to_owned()) };
        let one_api = expected("a", "", &shared, AbilityShape::default()).unwrap();
        assert_eq!(values(&one_api[0]), (Some(false), Some(5), None, None));
        let new_api = expected("a", "", &shared, NEW_API).unwrap();
        assert_eq!(values(&new_api[0]), (Some(false), Some(5), Some(3), Some("t")));
    }

    #[test]
    fn what_the_collation_takes_for_one_is_one() {
        let shape = AbilityShape { model: MYSQL, group: MYSQL, ..NEW_API };
        let rows = expected("GPT-4o,gpt-4o,gpt-4O ,x", "default", &shared(), shape).unwrap();
        assert_eq!(names(&rows), [("default", "GPT-4o"), ("default", "x")]);
        assert!(expected("a", "OPS,Ops", &shared(), shape).unwrap_err().contains("OPS"));
        assert!(expected("a", "OPS,OPS", &shared(), shape).is_ok(), "a repeated group is one row");
    }

    #[test]
    fn collations_are_known_by_their_names() {
        let fold = |name| Fold::of_mysql(Some(name));
        assert_eq!(fold("utf8mb4_general_ci"), MYSQL);
        assert_eq!(fold("utf8mb4_0900_ai_ci"), Fold { case: true, trailing_space: false });
        assert_eq!(fold("utf8mb4_bin"), Fold { case: false, trailing_space: true });
        assert_eq!(fold("utf8mb4_general_nopad_ci"), Fold { case: true, trailing_space: false });
        assert_eq!(Fold::of_mysql(None), Fold::default());
    }

    fn apply(current: &[Ability], diff: &Diff) -> Vec<Ability> {
        let mut rows: Vec<_> = current.iter().filter(|row| !diff.delete.contains(row)).cloned().collect();
        rows.extend(diff.insert.iter().cloned());
        if let Some(level) = &diff.level {
            for row in &mut rows {
                let (group, model) = (row.group.clone(), row.model.clone());
                *row = Ability { group, model, ..level.clone() };
            }
        }
        rows.sort();
        rows
    }

    prop_compose! {
        fn some_rows()(rows in prop::collection::btree_map(
            ("[ab]", "[a-e]"),
            (prop::option::of(any::<bool>()), prop::option::of(0..3_i64), prop::option::of("[xy]")),
            0..12,
        )) -> Vec<Ability> {
            rows.into_iter()
                .map(|((group, model), (enabled, priority, tag))| Ability {
                    group, model, enabled, priority, weight: Some(0), tag,
                })
                .collect()
        }
    }

    /// A name's bytes are what the gateway's cache compares, whatever the database's collation takes for the same.
    fn any_fold() -> impl Strategy<Value = Fold> {
        (any::<bool>(), any::<bool>()).prop_map(|(case, trailing_space)| Fold { case, trailing_space })
    }

    proptest! {
        #[test]
        fn every_group_has_a_row_of_its_very_name_under_any_collation(
            models in "[aAb ]{0,2}(,[aAb ]{0,2}){0,4}",
            group in "[gGh ]{0,2}(,[gGh ]{0,2}){0,4}",
            model_fold in any_fold(),
            group_fold in any_fold(),
            current in some_rows(),
        ) {
            let shape = AbilityShape { model: model_fold, group: group_fold, ..NEW_API };
            let groups: HashSet<&str> = group.split(',').collect();
            let folded: HashSet<_> = groups.iter().map(|name| group_fold.apply(name)).collect();
            let rows = expected(&models, &group, &shared(), shape);
            prop_assert_eq!(rows.is_err(), folded.len() < groups.len(), "refused is what would crash, and nothing else");
            if let Ok(rows) = rows {
                let rows = apply(&current, &diff(&current, &rows));
                for name in groups {
                    prop_assert!(rows.iter().any(|row| row.group == name), "{name:?} has no row");
                }
            }
        }

        #[test]
        fn the_diff_leads_to_the_expected_rows(
            current in some_rows(),
            exact in some_rows(),
            models in "[a-e]?(,[a-e]?){0,5}",
            group in "[ab](,[ab])?",
        ) {
            let gateway = expected(&models, &group, &shared(), NEW_API).unwrap();
            for wanted in [gateway, exact] {
                let way = diff(&current, &wanted);
                prop_assert_eq!(apply(&current, &way), wanted.clone());
                prop_assert_eq!(diff(&wanted, &wanted), Diff::default());
            }
        }
    }
}
