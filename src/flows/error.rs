//! Errors that are kept for the error page to show (flows 5).

use std::time::Duration;

use serde_json::json;

use super::{Failure, Flows};
use crate::{
    clock::Timestamp,
    model::{ErrorId, SelfServiceError},
    store::{Change, Commit},
    throttle::Limited,
    web::{ApiError, paths},
};

impl Flows {
    /// Keeps an error and gives the URL of the page that shows it.
    ///
    /// # Errors
    /// When it cannot be stored; the error itself is the answer then.
    pub async fn keep_error(
        &self,
        error: &ApiError,
        request_id: Option<&str>,
    ) -> Result<String, Failure> {
        let kept = SelfServiceError {
            id: ErrorId::random(),
            error: error.object(request_id),
            created_at: self.0.clock.now(),
        };
        let page = &self.0.config.selfservice.error_ui_url;
        let url = paths::page(page, "id", &kept.id.to_string());
        let commit = Commit::of(Change::InsertError(kept));
        self.0.db.commit(commit).await?;
        Ok(url)
    }

    /// The URL of the error page for somebody who has tried too much. Nothing is stored for it: a flood would fill the store.
    #[must_use]
    pub fn limited_page(&self, limited: Limited) -> String {
        let page = &self.0.config.selfservice.error_ui_url;
        let at = self.0.clock.now().plus(limited.wait).seconds() + 1;
        paths::page(page, "id", &format!("{LIMITED}{at}"))
    }

    /// A kept error. `stub:500` gives one to build pages with.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn find_error(&self, id: &str) -> Result<Option<SelfServiceError>, Failure> {
        if id == "stub:500" {
            return Ok(Some(stub()));
        }
        if let Some(at) = id.strip_prefix(LIMITED).and_then(|at| at.parse().ok()) {
            return Ok(Some(self.limited(at)));
        }
        match id.parse() {
            Ok(id) => Ok(self.0.db.find_error(id).await?),
            Err(_) => Ok(None),
        }
    }
}

impl Flows {
    /// The error behind [`Flows::limited_page`], made from what its URL says.
    fn limited(&self, at: i64) -> SelfServiceError {
        let now = self.0.clock.now();
        let at = Timestamp::from_micros(at.saturating_mul(1_000_000));
        let limited = Limited {
            bucket: "",
            wait: at.since(now).min(LONGEST),
        };
        SelfServiceError {
            id: ErrorId::random(),
            error: super::limits::error(limited)
                .detail("seconds", super::limits::seconds(limited))
                .object(None),
            created_at: now,
        }
    }
}

/// Begins the id of an error that says when to come back.
const LIMITED: &str = "rate_limited:";

/// The longest wait that such an id is believed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fn stub() -> SelfServiceError {
    SelfServiceError {
        id: ErrorId::random(),
        error: json!({
            "code": 500,
            "status": "Internal Server Error",
            "reason": "This is a stub error.",
            "message": "Something went wrong on our side.",
        }),
        created_at: ZERO,
    }
}

/// 0001-01-01T00:00:00Z, which Go programs read as "no time".
const ZERO: Timestamp = Timestamp::from_micros(-62_135_596_800_000_000);
