//! The gateway's error pages, made by the renderer.

use std::sync::Arc;

use crate::{
    gateway::{ErrorPage, ErrorPages},
    render::{GatewayErrorPage, Renderer},
};

/// Makes them.
pub(super) struct Pages(pub(super) Arc<Renderer>);

impl ErrorPages for Pages {
    fn page(&self, page: &ErrorPage<'_>) -> Option<(String, String)> {
        let rendered = self.0.gateway_error(&GatewayErrorPage {
            cause: page.cause,
            reason: Some(page.reason),
            app: page.app_name,
            sign_in_url: page.sign_in,
            languages: page.language,
            ..GatewayErrorPage::new(page.status, page.id, page.request_id)
        });
        Some((rendered.html, rendered.csp))
    }
}
