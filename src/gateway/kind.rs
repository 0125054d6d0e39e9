//! Whose channels they are, by the names of their columns; the admin API calls its members the same. Pure.

use crate::model::GatewayKind;

/// Whose table it is. Columns that only the newer program adds count before those that an older one may have left.
pub(super) fn recognise(has: &dyn Fn(&str) -> bool, abilities: bool) -> Option<GatewayKind> {
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    if any(&["pre_cost", "model_headers", "deleted_at"]) {
        return Some(if any(&["cost_ratio", "pass_through_body"]) {
            GatewayKind::DoneHub
        } else {
            GatewayKind::OneHub
        });
    }
    if has("model_prefix") {
        return Some(GatewayKind::Veloera);
    }
    if has("channel_info") || (has("auto_ban") && any(&["setting", "param_override"])) {
        return Some(GatewayKind::NewApi);
    }
    // A database without `abilities` that shows nothing else of One Hub is more likely half a database.
    (abilities && !has("auto_ban") && any(&["config", "system_prompt"])).then_some(GatewayKind::OneApi)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(columns: &[&str], abilities: bool) -> Option<GatewayKind> {
        recognise(&|name| columns.contains(&name), abilities)
    }

    #[test]
    fn gateways_are_told_apart_and_newer_columns_win() {
        use GatewayKind::{DoneHub, NewApi, OneApi, OneHub, Veloera};
        assert_eq!(guess(&["config", "system_prompt"], true), Some(OneApi));
        assert_eq!(guess(&["config", "system_prompt", "auto_ban", "setting", "channel_info"], true), Some(NewApi));
        assert_eq!(guess(&["auto_ban", "param_override"], true), Some(NewApi));
        assert_eq!(guess(&["auto_ban", "setting", "model_prefix"], true), Some(Veloera));
        assert_eq!(guess(&["pre_cost", "deleted_at"], false), Some(OneHub));
        assert_eq!(guess(&["model_headers", "cost_ratio", "config"], true), Some(DoneHub));
        assert_eq!(guess(&["config"], false), None, "half a database is nobody's");
        assert_eq!(guess(&["tag"], true), None);
    }
}
