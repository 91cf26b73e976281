//! Errors that are kept for the error page to show (flows 5).

use serde_json::json;

use super::{Failure, Flows};
use crate::{
    clock::Timestamp,
    model::{ErrorId, SelfServiceError},
    store::{Change, Commit},
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

    /// A kept error. `stub:500` gives one to build pages with.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn find_error(&self, id: &str) -> Result<Option<SelfServiceError>, Failure> {
        if id == "stub:500" {
            return Ok(Some(stub()));
        }
        match id.parse() {
            Ok(id) => Ok(self.0.db.find_error(id).await?),
            Err(_) => Ok(None),
        }
    }
}

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
