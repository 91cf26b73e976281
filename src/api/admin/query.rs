//! Query parameters as the admin API reads them (admin-and-config 0.6, 1.2, 1.10).

use axum::http::Uri;

use super::fail::Failure;
use crate::{model::CredentialType, web::ApiError};

/// The decoded parameters, in order.
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value, unless it is empty.
    pub(super) fn text<'q>(&'q self, name: &'q str) -> Option<&'q str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// All values.
    pub(super) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        let named =
            move |(key, value): &'q (String, String)| (key == name).then_some(value.as_str());
        self.0.iter().filter_map(named)
    }

    /// Page size of a keyset list: nonsense is an error, too small means the default, too large the maximum.
    pub(super) fn keyset_size(&self, name: &str, bounds: Sizes) -> Result<usize, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(bounds.default);
        };
        let size: i64 = text.parse().map_err(|_| {
            ApiError::bad_request(format!("The value of {name} is not a whole number."))
        })?;
        Ok(match usize::try_from(size) {
            Ok(0) | Err(_) => bounds.default,
            Ok(size) => size.min(bounds.max),
        })
    }

    /// Page size of a numbered list: nonsense means the default.
    pub(super) fn page_size(&self, name: &str, bounds: Sizes) -> usize {
        let parsed = self.text(name).and_then(|text| text.parse::<i64>().ok());
        parsed.map_or(bounds.default, |size| {
            usize::try_from(size).unwrap_or(1).clamp(1, bounds.max)
        })
    }

    /// Number of the page: nonsense and negative numbers mean the first.
    pub(super) fn page(&self) -> usize {
        let parsed = self.text("page").and_then(|text| text.parse::<i64>().ok());
        parsed.map_or(0, |page| usize::try_from(page).unwrap_or(0))
    }

    /// `include_credential`
    pub(super) fn included(&self) -> Result<Vec<CredentialType>, Failure> {
        self.all("include_credential")
            .map(|name| {
                name.parse().map_err(|()| {
                    Failure::from(ApiError::bad_request(format!(
                        "Invalid value `{name}` for parameter `include_credential`."
                    )))
                })
            })
            .collect()
    }

    /// `active`
    pub(super) fn active(&self) -> Result<Option<bool>, Failure> {
        match self.text("active") {
            None => Ok(None),
            Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(Some(true)),
            Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(Some(false)),
            Some(_) => Err(unreadable("active")),
        }
    }
}

/// 400 for a parameter that cannot be read.
pub(super) fn unreadable(name: &str) -> Failure {
    let error = ApiError::bad_request(format!("could not parse parameter {name}"));
    error.into()
}

/// Default and maximum of a page size.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) default: usize,
    pub(super) max: usize,
}
