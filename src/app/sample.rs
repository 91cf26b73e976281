//! The app of `dev` when there is none to protect: it shows the request as an app behind the gateway would get it.

use std::sync::Arc;

use http::{HeaderValue, Request, Response, header, uri::PathAndQuery};
use hyper::body::Incoming;

use crate::{
    config::Config,
    render::{Renderer, SampleAppPage},
    web::{Body, ControlPlane, body_type},
};

/// Answers requests whose head has been made for an app.
pub(super) fn plane(renderer: Arc<Renderer>, config: &Config) -> ControlPlane {
    let app = Arc::new(App {
        renderer,
        settings: config.selfservice.settings.ui_url.to_string(),
        identity_headers: config
            .gateway
            .identity_headers
            .0
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect(),
    });
    Arc::new(move |request: Request<Incoming>| {
        let answer = app.show(&request);
        Box::pin(std::future::ready(answer))
    })
}

struct App {
    renderer: Arc<Renderer>,
    settings: String,
    identity_headers: Vec<String>,
}

impl App {
    fn show(&self, request: &Request<Incoming>) -> Response<Body> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let named = |name: header::HeaderName| request.headers().get(name).map(text);
        let host = named(header::HOST).unwrap_or_default();
        let page = self.renderer.sample_app(&SampleAppPage {
            languages: named(header::ACCEPT_LANGUAGE).as_deref(),
            method: request.method().as_str(),
            host: &host,
            path: request
                .uri()
                .path_and_query()
                .map_or("/", PathAndQuery::as_str),
            headers: &headers,
            identity_headers: &self.identity_headers,
            settings: Some(&self.settings),
            sign_in: None,
            sign_out: "/.vestibule/logout",
        });
        let mut response = Response::new(body_type::full(page.html.clone()));
        page.set_headers(response.headers_mut());
        response
    }
}
