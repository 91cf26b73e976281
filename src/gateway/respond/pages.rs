//! The seam to whoever renders pages.

use http::StatusCode;

/// What an error page has to say.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage<'a> {
    /// Status of the answer.
    pub status: StatusCode,
    /// The error's id.
    pub id: &'a str,
    /// What happened, in words.
    pub reason: &'a str,
    /// What is wrong with the set-up.
    pub cause: Option<&'a str>,
    /// To be named when asking for help.
    pub request_id: &'a str,
    /// `Accept-Language`
    pub language: Option<&'a str>,
    /// Where to sign in, when that helps.
    pub sign_in: Option<&'a str>,
    /// The app the request was for.
    pub app_name: Option<&'a str>,
}

/// Makes error pages.
pub trait ErrorPages: Send + Sync {
    /// The page and its content security policy; nothing when JSON has to do.
    fn page(&self, page: &ErrorPage<'_>) -> Option<(String, String)>;
}

/// No pages at all.
#[derive(Clone, Copy, Debug)]
pub struct NoPages;

impl ErrorPages for NoPages {
    fn page(&self, _: &ErrorPage<'_>) -> Option<(String, String)> {
        None
    }
}
