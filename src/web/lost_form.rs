//! A form that meets the sign-in page is lost, and that page says so (gateway 6.2). What it is told by is a cookie that lives for a
//! minute, holds nothing and comes to our own pages alone.

use cookie::{Cookie, SameSite, time::Duration};
use http::HeaderMap;

use super::cookies;
use crate::config::Config;

/// The cookie, as the configuration has it.
#[derive(Clone, Debug)]
pub struct LostForm {
    path: String,
    domain: Option<String>,
}

impl LostForm {
    /// For the pages below the public base URL.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let base = config.serve.public.base_url.path();
        Self {
            path: format!("{}/.vestibule/", base.trim_end_matches('/')),
            domain: config.session.cookie.domain.clone(),
        }
    }

    /// What the answer to the form sets.
    #[must_use]
    pub fn told(&self, secure: bool) -> Cookie<'static> {
        let mut cookie = self.cookie("1", MINUTE);
        cookie.set_secure(secure);
        cookie
    }

    /// What the page sets, so that it is said once.
    #[must_use]
    pub fn forgotten(&self) -> Cookie<'static> {
        self.cookie("", Duration::ZERO)
    }

    /// Whether it is to be said.
    #[must_use]
    pub fn is_told(headers: &HeaderMap) -> bool {
        cookies::values(headers, NAME).any(|value| value == b"1")
    }

    fn cookie(&self, value: &'static str, lifespan: Duration) -> Cookie<'static> {
        let mut cookie = Cookie::new(NAME, value);
        cookie.set_path(self.path.clone());
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(lifespan);
        cookie
    }
}

const NAME: &str = "vestibule_form_lost";
const MINUTE: Duration = Duration::MINUTE;
