//! What a gateway's own settings say of a model's price. Pure.
//!
//! Decides: whether a price is certain, certainly absent, or cannot be told. Must not know: where the settings were read.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::model::{GatewayKind, ModelName, Price};

/// The options that tell, in New API, Veloera and One API.
pub(super) const OPTIONS: [&str; 5] = [SELF_USE, "ModelPrice", "ModelRatio", BILLING_MODE, BILLING_EXPR];
const SELF_USE: &str = "SelfUseModeEnabled";
const BILLING_MODE: &str = "billing_setting.billing_mode";
const BILLING_EXPR: &str = "billing_setting.billing_expr";

/// What New API appends to a name to have its conversation shortened; one price may stand for all of them.
const COMPACT: &str = "-openai-compact";

/// A gateway's prices.
#[derive(Clone, Debug, Default)]
pub(super) struct Prices {
    table: Table,
    /// What of the settings could not be read, for people.
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
enum Table {
    /// Nothing was read.
    #[default]
    Unread,
    /// New API for its owner's own use: what has no price is served too.
    Everything,
    NewApi(NewApi),
    /// One API: `ModelRatio`, and whether that is all it has.
    OneApi(HashSet<String>, bool),
    /// One Hub: names, and prefixes that stood before a `*`.
    Hub(HashSet<String>, Vec<String>),
}

/// New API's and Veloera's. A stored row stands in place of the whole table that is built in; where there is none, that
/// table counts, which nobody sees from outside.
#[derive(Clone, Debug)]
struct NewApi {
    per_call: Option<HashSet<String>>,
    per_token: Option<HashSet<String>>,
    /// Billed by tiers, and whether there is an expression to do it by; refused without one.
    tiered: Option<HashMap<String, bool>>,
}

impl Prices {
    /// From options. `stored`: as rows of the table `options`; otherwise as the program itself tells them, with what is
    /// built in.
    pub(super) fn of_options(kind: GatewayKind, options: &HashMap<String, String>, stored: bool) -> Self {
        let mut notes = vec![];
        let mut object = |key: &str| -> Option<Option<serde_json::Map<String, Value>>> {
            let text = options.get(key)?.trim();
            if text.is_empty() {
                return Some(Some(serde_json::Map::new()));
            }
            let map = serde_json::from_str(text).ok();
            if map.is_none() {
                notes.push(format!("the gateway's option {key} is no JSON object: what it says of prices is unknown"));
            }
            Some(map)
        };
        let keys = |map: serde_json::Map<String, Value>| map.into_iter().map(|(name, _)| name).collect();
        let table = match kind {
            GatewayKind::OneHub | GatewayKind::DoneHub | GatewayKind::LiteLlm => Table::Unread,
            GatewayKind::OneApi => match object("ModelRatio").flatten() {
                Some(map) => Table::OneApi(keys(map), !stored),
                None => Table::Unread,
            },
            GatewayKind::NewApi | GatewayKind::Veloera if options.get(SELF_USE).is_some_and(|text| text == "true") => {
                Table::Everything
            }
            GatewayKind::NewApi | GatewayKind::Veloera => {
                let none = || Some(serde_json::Map::new());
                let (mode, expr) =
                    (object(BILLING_MODE).unwrap_or_else(none), object(BILLING_EXPR).unwrap_or_else(none));
                Table::NewApi(NewApi {
                    per_call: object("ModelPrice").flatten().map(keys),
                    per_token: object("ModelRatio").flatten().map(keys),
                    tiered: mode.zip(expr).map(|(mode, expr)| tiered(&mode, &expr)),
                })
            }
        };
        Self { table, notes }
    }

    /// From what New API shows to everybody (`/api/ratio_config`): all of it but what is billed by tiers.
    pub(super) fn of_ratio_config(data: &Value) -> Self {
        let names = |key| Some(data.get(key)?.as_object()?.keys().cloned().collect());
        let (per_call, per_token) = (names("model_price"), names("model_ratio"));
        Self { table: Table::NewApi(NewApi { per_call, per_token, tiered: None }), notes: vec![] }
    }

    /// None, and why.
    pub(super) fn unread(why: String) -> Self {
        Self { table: Table::Unread, notes: vec![why] }
    }

    /// New API for its owner's own use.
    pub(super) fn everything() -> Self {
        Self { table: Table::Everything, notes: vec![] }
    }

    /// From One Hub's table `prices`: names, and `prefix*`.
    pub(super) fn of_hub(models: impl Iterator<Item = String>) -> Self {
        let (prefixes, names): (Vec<String>, Vec<_>) = models.partition(|name| name.ends_with('*'));
        let prefixes = prefixes.iter().map(|prefix| prefix.trim_end_matches('*').to_owned()).collect();
        Self { table: Table::Hub(names.into_iter().collect(), prefixes), notes: vec![] }
    }

    /// What they say of one model, by the name that users ask for.
    pub(super) fn says(&self, model: &ModelName) -> Price {
        let name = model.as_str();
        let known = |is: bool| if is { Price::Priced } else { Price::Unpriced };
        match &self.table {
            Table::Unread => Price::Unknown,
            Table::Everything => Price::Priced,
            Table::NewApi(table) => table.says(name),
            Table::OneApi(ratios, complete) => {
                let name = match name.strip_suffix("-internet") {
                    Some(plain) if name.starts_with("qwen-") || name.starts_with("command-") => plain,
                    Some(_) | None => name,
                };
                // A stored row has what is built in added to it when it is read.
                if ratios.contains(name) || *complete { known(ratios.contains(name)) } else { Price::Unknown }
            }
            Table::Hub(names, prefixes) => {
                known(names.contains(name) || prefixes.iter().any(|prefix| name.starts_with(prefix)))
            }
        }
    }
}

impl NewApi {
    /// Looked up as New API does it: by tiers first, then for a call, then for tokens.
    fn says(&self, name: &str) -> Price {
        match self.tiered.as_ref().and_then(|tiered| tiered.get(name)) {
            Some(true) => return Price::Priced,
            Some(false) => return Price::Unpriced,
            None => {}
        }
        let matching = matching(name);
        let wildcard = matching.ends_with(COMPACT).then(|| format!("*{COMPACT}"));
        let has = |table: &HashSet<String>| {
            table.contains(matching) || wildcard.as_ref().is_some_and(|wildcard| table.contains(wildcard))
        };
        let tables = [&self.per_call, &self.per_token];
        if tables.into_iter().flatten().any(has) {
            Price::Priced
        } else if self.tiered.is_some() && tables.into_iter().all(Option::is_some) {
            Price::Unpriced
        } else {
            Price::Unknown
        }
    }
}

/// Names billed by tiers, and whether by an expression.
fn tiered(mode: &serde_json::Map<String, Value>, expr: &serde_json::Map<String, Value>) -> HashMap<String, bool> {
    let by_tiers = mode.iter().filter(|(_, mode)| mode.as_str() == Some("tiered_expr"));
    let has = |name: &String| expr.get(name).and_then(Value::as_str).is_some_and(|expr| !expr.trim().is_empty());
    by_tiers.map(|(name, _)| (name.clone(), has(name))).collect()
}

/// The name under which New API looks a price up: one for all that differ by a number only.
fn matching(name: &str) -> &str {
    for (prefix, stands_for) in [
        ("gemini-2.5-flash-lite", "gemini-2.5-flash-lite-thinking-*"),
        ("gemini-2.5-flash", "gemini-2.5-flash-thinking-*"),
        ("gemini-2.5-pro", "gemini-2.5-pro-thinking-*"),
    ] {
        if name.starts_with(prefix) {
            return if name.contains("-thinking-") { stands_for } else { name };
        }
    }
    match name {
        _ if name.starts_with("gpt-4-gizmo") => "gpt-4-gizmo-*",
        _ if name.starts_with("gpt-4o-gizmo") => "gpt-4o-gizmo-*",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GatewayKind::{NewApi as New, OneApi, Veloera};

    fn options(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn says(prices: &Prices, name: &str) -> Price {
        prices.says(&ModelName::parse(name).unwrap())
    }

    #[test]
    fn new_api_says_of_stored_tables_what_it_would_do() {
        let stored = options(&[
            ("ModelPrice", r#"{"draw":0.04,"*-openai-compact":1}"#),
            ("ModelRatio", r#"{"gpt-4o":1.25,"gpt-4-gizmo-*":15,"gemini-2.5-pro-thinking-*":0.6}"#),
            (BILLING_MODE, r#"{"steps":"tiered_expr","stuck":"tiered_expr","blank":"tiered_expr","gpt-4o":"ratio"}"#),
            (BILLING_EXPR, r#"{"steps":"p*2","blank":" "}"#),
        ]);
        for kind in [New, Veloera] {
            let prices = Prices::of_options(kind, &stored, true);
            for name in
                ["gpt-4o", "draw", "steps", "gpt-4-gizmo-x", "gemini-2.5-pro-preview-thinking-128", "x-openai-compact"]
            {
                assert_eq!(says(&prices, name), Price::Priced, "{name}");
            }
            for name in ["GPT-4o", "gpt-4o-mini", "stuck", "blank", "gemini-2.5-pro", "gemini-2.5-flash-thinking-1"] {
                assert_eq!(says(&prices, name), Price::Unpriced, "{name}");
            }
            assert!(prices.notes.is_empty());
        }
    }

    #[test]
    fn a_table_that_is_built_in_cannot_be_known_but_what_is_stored_can() {
        let prices = Prices::of_options(New, &options(&[("ModelRatio", r#"{"a":1}"#)]), true);
        assert_eq!((says(&prices, "a"), says(&prices, "b")), (Price::Priced, Price::Unknown));
        assert_eq!(says(&Prices::of_options(New, &options(&[]), true), "a"), Price::Unknown);
        assert_eq!(says(&Prices::default(), "a"), Price::Unknown);
        let both = Prices::of_options(New, &options(&[("ModelRatio", ""), ("ModelPrice", "{}")]), true);
        assert_eq!(says(&both, "a"), Price::Unpriced);
    }

    #[test]
    fn for_its_owners_own_use_everything_is_served() {
        let own = Prices::of_options(New, &options(&[(SELF_USE, "true")]), true);
        assert_eq!(says(&own, "anything"), Price::Priced);
        let not = [(SELF_USE, "false"), ("ModelRatio", "{}"), ("ModelPrice", "{}")];
        assert_eq!(says(&Prices::of_options(New, &options(&not), true), "anything"), Price::Unpriced);
        assert_eq!(says(&Prices::of_options(OneApi, &options(&[(SELF_USE, "true")]), true), "x"), Price::Unknown);
    }

    #[test]
    fn what_is_no_json_is_unknown_and_said() {
        let broken = options(&[("ModelRatio", "{"), ("ModelPrice", r#"{"draw":1}"#)]);
        let prices = Prices::of_options(New, &broken, true);
        assert_eq!((says(&prices, "draw"), says(&prices, "b")), (Price::Priced, Price::Unknown));
        assert!(prices.notes.len() == 1 && prices.notes[0].contains("ModelRatio"), "{:?}", prices.notes);
        let tiers = options(&[("ModelRatio", r#"{"a":1}"#), ("ModelPrice", "{}"), (BILLING_MODE, "[]")]);
        let prices = Prices::of_options(New, &tiers, true);
        assert_eq!((says(&prices, "a"), says(&prices, "b")), (Price::Priced, Price::Unknown));
    }

    #[test]
    fn one_api_adds_its_own_to_what_is_stored() {
        let ratios = options(&[("ModelRatio", r#"{"qwen-max":1}"#)]);
        let stored = Prices::of_options(OneApi, &ratios, true);
        assert_eq!((says(&stored, "qwen-max-internet"), says(&stored, "b")), (Price::Priced, Price::Unknown));
        let told = Prices::of_options(OneApi, &ratios, false);
        assert_eq!((says(&told, "qwen-max"), says(&told, "b")), (Price::Priced, Price::Unpriced));
    }

    #[test]
    fn a_hub_has_names_and_prefixes() {
        let hub = Prices::of_hub(["gpt-4o", "claude-*"].map(str::to_owned).into_iter());
        assert_eq!((says(&hub, "gpt-4o"), says(&hub, "claude-9")), (Price::Priced, Price::Priced));
        assert_eq!((says(&hub, "gpt-4o-mini"), says(&hub, "claude")), (Price::Unpriced, Price::Unpriced));
    }

    #[test]
    fn what_new_api_shows_to_everybody_lacks_the_tiers() {
        let shown = Prices::of_ratio_config(&serde_json::json!({ "model_ratio": {"a": 1}, "model_price": {"b": 1} }));
        assert_eq!((says(&shown, "a"), says(&shown, "b")), (Price::Priced, Price::Priced));
        assert_eq!(says(&shown, "c"), Price::Unknown);
    }
}
