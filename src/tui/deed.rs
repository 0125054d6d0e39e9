//! What a person asks to be done: what is shown before, and how it is put to the API.
//!
//! Decides: paths, bodies, and the words of a confirmation. Must not know: how it is sent. Pure.

use serde_json::{Value, json};

use super::seen::{Change, Wanted};

/// One act, as it was when the person asked for it: what is refreshed behind the dialog does not change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// Where it is posted.
    pub(crate) path: String,
    pub(crate) body: String,
    /// What it is, in a line.
    pub(crate) title: String,
    /// The rest: which models, and what stays as it is.
    pub(crate) lines: Vec<String>,
}

impl Deed {
    /// Takes a change back; `Err`: why it cannot be.
    pub(crate) fn undo(change: &Change) -> Result<Self, String> {
        let Change { id, gateway, channel, channel_name, .. } = change;
        if let Some(by) = change.undone_by {
            return Err(format!("change {id} was taken back already, by change {by}"));
        }
        if !change.undoable {
            return Err(format!("change {id} cannot be taken back: it is {}", change.state));
        }
        let back = change.removed.iter().map(|removal| removal.model.as_str());
        let off = change.added.iter().chain(&change.restored).map(String::as_str);
        let lines = named("back on the list", back).into_iter().chain(named("off the list", off)).collect();
        Ok(Self {
            path: format!("/api/changes/{id}/undo"),
            body: json!({}).to_string(),
            title: format!("Undo change {id} on {gateway} #{channel} {channel_name}"),
            lines,
        })
    }

    /// Writes what the latest round wants of a channel, and what limits held back of it; `Err`: why it cannot be.
    pub(crate) fn approve(wanted: &Wanted) -> Result<Self, String> {
        let Wanted { gateway, channel, channel_name, round, .. } = wanted;
        if wanted.mode == "observe" {
            return Err(format!(
                "{gateway} is only observed: set its `mode` to propose or apply, and nothing is in the way"
            ));
        }
        let lifted = || wanted.held.iter().filter(|held| held.may_be_lifted);
        let off = wanted.removed.iter().chain(lifted().flat_map(|held| &held.removals));
        let on = wanted.added.iter().chain(&wanted.restored).chain(lifted().flat_map(|held| &held.additions));
        let mut lines: Vec<_> = named("off the list", off.map(|removal| removal.model.as_str())).into_iter().collect();
        lines.extend(named("on the list", on.map(String::as_str)));
        if lines.is_empty() {
            return Err(format!(
                "nothing of #{channel} {channel_name} can be approved: facts hold it back, and no limit"
            ));
        }
        for held in wanted.held.iter().filter(|held| !held.may_be_lifted) {
            let models = held.removals.iter().map(|removal| &removal.model).chain(&held.additions);
            let models: Vec<_> = models.map(String::as_str).collect();
            lines.push(format!("stays as it is ({}): {}", held.guard, models.join(", ")));
        }
        // What a round decides anew while the question stands is not what was said yes to.
        let mut body = json!({ "gateway": gateway, "channel": channel });
        if !wanted.mark.is_empty() {
            body["mark"] = json!(wanted.mark);
        }
        Ok(Self {
            path: "/api/plan/approve".to_owned(),
            body: body.to_string(),
            title: format!("Write what round {round} wants of {gateway} #{channel} {channel_name}"),
            lines,
        })
    }

    /// The body, as it is sent.
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// One line of names with their number before; none without names.
fn named<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| format!("{} {what}: {}", names.len(), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        let told = json!({
            "gateway": "main", "channel": 7, "channel_name": "Acme", "round": 12, "mode": "propose", "mark": "0badcafe",
            "removed": [{ "model": "a" }], "restored": ["r"], "held": [
                { "guard": "channel-limit", "may_be_lifted": true, "removals": [{ "model": "b" }, { "model": "c" }] },
                { "guard": "last-route", "may_be_lifted": false, "removals": [{ "model": "d" }] },
            ],
        });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn an_approval_says_what_is_written_and_what_stays() {
        let deed = Deed::approve(&wanted()).unwrap();
        assert_eq!(
            (deed.path.as_str(), deed.body()),
            ("/api/plan/approve", json!({ "gateway": "main", "channel": 7, "mark": "0badcafe" }))
        );
        let older = Wanted { mark: String::new(), ..wanted() };
        assert_eq!(Deed::approve(&older).unwrap().body(), json!({ "gateway": "main", "channel": 7 }));
        assert_eq!(deed.title, "Write what round 12 wants of main #7 Acme");
        assert_eq!(
            deed.lines,
            ["3 off the list: a, b, c", "1 on the list: r", "stays as it is (last-route): d"].map(str::to_owned)
        );
    }

    #[test]
    fn what_cannot_be_approved_is_said_before_anything_is_sent() {
        let observed = Wanted { mode: "observe".to_owned(), ..wanted() };
        assert!(Deed::approve(&observed).unwrap_err().contains("`mode`"));
        let facts = wanted().held.split_off(1);
        let held = Wanted { removed: vec![], restored: vec![], held: facts, ..wanted() };
        assert!(Deed::approve(&held).unwrap_err().contains("facts hold it back"));
    }

    #[test]
    fn an_undo_turns_a_change_round() {
        let told = json!({
            "id": 12, "gateway": "main", "channel": 7, "channel_name": "Acme", "state": "applied", "undoable": true,
            "removed": [{ "model": "gone", "reason": "404" }], "added": ["new"], "restored": ["again"],
        });
        let change: Change = serde_json::from_value(told).unwrap();
        let deed = Deed::undo(&change).unwrap();
        assert_eq!((deed.path.as_str(), deed.body()), ("/api/changes/12/undo", json!({})));
        assert_eq!(deed.title, "Undo change 12 on main #7 Acme");
        assert_eq!(deed.lines, ["1 back on the list: gone", "2 off the list: new, again"].map(str::to_owned));
        let undone = Change { undone_by: Some(13), ..change.clone() };
        assert!(Deed::undo(&undone).unwrap_err().contains("by change 13"));
        let conflict = Change { undoable: false, state: "conflict".to_owned(), ..change };
        assert!(Deed::undo(&conflict).unwrap_err().contains("conflict"));
    }
}
