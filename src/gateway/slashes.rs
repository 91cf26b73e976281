//! Slashes that a route wants left as they are: `%2F` as data, `//` unmerged (gateway ).

use super::{
    GatewayError,
    matcher::{Found, Question, Site},
    table::RouteTable,
    target::CanonicalTarget,
};

/// The target with its slashes merged, if the route that was found wants that and they are not yet. Most hosts have no route that
/// keeps slashes, and nothing is looked at there.
///
/// # Errors
/// When the route does not take such slashes, or when they decided which route it is.
pub(super) fn settle<'a>(
    table: &RouteTable,
    site: &Site,
    found: &Found,
    target: &CanonicalTarget<'a>,
    question: &Question<'_>,
) -> Result<Option<CanonicalTarget<'a>>, GatewayError> {
    if !site.keeps_encoded() && !site.keeps_repeated() {
        return Ok(None);
    }
    let route = match found {
        Found::Route(number) => table.routes.get(*number),
        _ => None,
    };
    let Some(route) = route else {
        return Ok(None);
    };
    if !route.keep_encoded_slashes && target.path().contains("%2F") {
        return Err(GatewayError::Rejected("R-4.13"));
    }
    if !site.keeps_repeated() || !target.path().contains("//") {
        return Ok(None);
    }
    let merged = target.merged();
    let question = Question {
        path: merged.path(),
        ..*question
    };
    if site.find(&question) != *found {
        return Err(GatewayError::Rejected("R-4.12"));
    }
    Ok(route.merge_slashes.then_some(merged))
}
