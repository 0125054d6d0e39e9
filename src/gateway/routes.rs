//! Which routes a channel's list and groups make, for gateways (or ways to look at them) without routing rows. Pure.
//!
//! Decides: how lists are split and what a wildcard covers. Must not know: where the channel was read.

use std::collections::BTreeSet;

use crate::model::{GatewayKind, ModelName, Route, Status};

/// The routes of one channel to these names.
///
/// One Hub trims what it splits, and serves by an entry `gpt-4*` what no entry names; the others make a row of each piece
/// as it stands.
pub(super) fn routes(
    kind: GatewayKind,
    (channel, status): (i64, Status),
    (group, models): (&str, &str),
    asked: &[ModelName],
) -> Vec<Route> {
    if status != Status::Enabled {
        return vec![];
    }
    let hub = kind.is_hub();
    let split = |list: &str| -> BTreeSet<String> {
        let pieces = list.split(',').map(|piece| if hub { piece.trim() } else { piece });
        pieces.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    };
    let (groups, listed) = (split(group), split(models));
    let wildcards: Vec<_> = listed.iter().filter_map(|name| name.strip_suffix('*').filter(|_| hub)).collect();
    let served = |name: &&ModelName| {
        listed.contains(name.as_str()) || wildcards.iter().any(|prefix| name.as_str().starts_with(prefix))
    };
    asked
        .iter()
        .filter(served)
        .flat_map(|model| groups.iter().map(|group| Route { group: group.clone(), model: model.clone(), channel }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: GatewayKind, status: Status, group: &str, models: &str, asked: &[&str]) -> Vec<(String, String)> {
        let asked: Vec<_> = asked.iter().filter_map(|name| ModelName::parse(name)).collect();
        let routes = routes(kind, (7, status), (group, models), &asked);
        routes.into_iter().map(|route| (route.group, route.model.as_str().to_owned())).collect()
    }

    #[test]
    fn a_hub_trims_and_its_wildcards_cover_names() {
        use GatewayKind::{NewApi, OneHub};
        let pair = |group: &str, model: &str| (group.to_owned(), model.to_owned());
        let hub = |asked: &[&str]| made(OneHub, Status::Enabled, "default, vip", " a ,gpt-4*,,", asked);
        assert_eq!(hub(&["a"]), [pair("default", "a"), pair("vip", "a")]);
        assert_eq!(hub(&["gpt-4o"]).len(), 2);
        assert!(hub(&["gpt-3", "b"]).is_empty());
        assert_eq!(
            made(NewApi, Status::Enabled, "default", "a, b,gpt-4*", &["a", "b", "gpt-4o"]),
            [pair("default", "a")]
        );
        assert!(made(OneHub, Status::AutoDisabled, "default", "a", &["a"]).is_empty());
    }
}
