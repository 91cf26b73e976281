//! What works, and is probably not meant, as far as it only shows when routes are seen together (gateway ).

use super::{TableError, TableErrorKind};
use crate::{
    config::{AccessMode, Config, Route},
    gateway::matcher,
};

/// Open routes that take a part of what a guarded one seems to cover.
#[must_use]
pub fn lints(config: &Config) -> Vec<TableError> {
    let id = TableErrorKind::ShadowedPartially.id();
    let guarded: Vec<&Route> = config
        .routes
        .iter()
        .filter(|route| route.access.mode == AccessMode::Authenticated)
        .collect();
    let open = config.routes.iter().filter(|route| {
        matches!(route.access.mode, AccessMode::Public | AccessMode::Optional)
            && !route.allow_lints.iter().any(|allowed| allowed == id)
    });
    open.filter_map(|route| {
        let one = (route.priority, &route.matches);
        let shadowed = guarded
            .iter()
            .find(|other| matcher::takes_part(one, (other.priority, &other.matches)))?;
        Some(shadow(route, shadowed))
    })
    .collect()
}

fn shadow(route: &Route, guarded: &Route) -> TableError {
    TableError {
        place: route.id.place,
        kind: TableErrorKind::ShadowedPartially,
        message: format!(
            "the route `{}` lets everybody into a part of what `{}` (line {}) guards",
            route.id.value, guarded.id.value, guarded.id.place.line
        ),
        hint: "add allow_lints: [shadowed_partially] if you mean it".to_owned(),
    }
}
