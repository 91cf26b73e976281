//! Our own pages: what each of them shows and where it leads. HTML is made by `render`; what stands behind is asked through [`Backend`].
//!
//! A page never ends in a dead end: without a flow, or with one that is unknown, too old or somebody else's, it begins a new one and
//! keeps where the person was going (product, promise 7).

mod apps;
mod backend;
mod flow;
mod logout;
mod mailbox;
mod problem;
mod respond;
#[cfg(test)]
mod tests;
mod user;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    routing::get,
};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use url::Url;

use crate::{
    clock::SharedClock,
    config::Config,
    model::FlowKind,
    render::{ASSET_CACHE_CONTROL, Renderer},
};
use apps::Apps;

pub use backend::{Backend, Future, Shown, SignedOut, Unavailable, Viewer};
pub use mailbox::Mail;

/// What the pages stand on.
#[derive(Clone)]
pub struct Pages(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    renderer: Arc<Renderer>,
    clock: SharedClock,
    backend: Arc<dyn Backend>,
    apps: Apps,
}

impl Pages {
    /// Puts them together.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        renderer: Arc<Renderer>,
        clock: SharedClock,
        backend: Arc<dyn Backend>,
    ) -> Self {
        Self(Arc::new(Inner {
            apps: Apps::new(&config),
            config,
            renderer,
            clock,
            backend,
        }))
    }
}

/// The routes of `/.vestibule/`.
pub fn router(pages: Pages) -> Router {
    let mut router = Router::new();
    for kind in FlowKind::ALL {
        let path = format!("/.vestibule/{kind}");
        let page = move |State(pages): State<Pages>, request: Parts| async move {
            flow::page(&pages.0, kind, &request).await
        };
        router = router.route(&path, get(page));
    }
    if pages.0.config.dev {
        router = router.route("/.vestibule/mailbox", get(mailbox::page));
    }
    router
        .route("/.vestibule/error", get(problem::page))
        .route("/.vestibule/signed-out", get(logout::signed_out))
        .route("/.vestibule/logout", get(logout::ask).post(logout::leave))
        .route("/.vestibule/user", get(user::page))
        .route("/.vestibule/assets/{name}", get(asset))
        .with_state(pages)
}

impl Inner {
    /// A URL of ours, below the public base URL.
    fn at(&self, path: &str, query: &[(String, String)]) -> String {
        let base = self.config.serve.public.base_url.as_str();
        let mut url = format!("{}{path}", base.trim_end_matches('/'));
        if !query.is_empty() {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            pairs.extend_pairs(query);
            url.push('?');
            url.push_str(&pairs.finish());
        }
        url
    }

    /// Where a flow begins, on the way to `return_to`.
    fn begin(&self, kind: FlowKind, return_to: Option<&str>) -> String {
        let query: Vec<_> = return_to
            .map(|to| ("return_to".to_owned(), to.to_owned()))
            .into_iter()
            .collect();
        self.at(&format!("/self-service/{kind}/browser"), &query)
    }

    /// Where a person starts when nothing else is known.
    fn start(&self) -> &str {
        self.config.selfservice.default_browser_return_url.as_str()
    }

    /// Our pages live on the host of the public base URL; a request for one on another host is sent there (gateway ).
    /// Ports are not compared: a published container has another one than it knows.
    fn elsewhere(&self, request: &Parts) -> Option<Response<Body>> {
        let base = &self.config.serve.public.base_url;
        let asked = self.backend.host(request)?;
        let asked = Url::parse(&format!("http://{asked}/")).ok()?;
        if asked.host_str() == base.host_str() {
            return None;
        }
        let query: Vec<_> = query(request);
        Some(respond::redirect(&self.at(request.uri.path(), &query)))
    }
}

async fn asset(State(pages): State<Pages>, Path(name): Path<String>) -> Response<Body> {
    let Some(asset) = pages.0.renderer.asset(&name) else {
        return respond::plain(StatusCode::NOT_FOUND, "There is nothing here.\n");
    };
    let mut response = Response::new(Body::from(asset.bytes.clone()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, ASSET_CACHE_CONTROL),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The query's parameters; a flood of them is cut off.
fn query(request: &Parts) -> Vec<(String, String)> {
    let raw = request.uri.query().unwrap_or_default();
    form_urlencoded::parse(raw.as_bytes())
        .into_owned()
        .take(64)
        .collect()
}

/// A parameter of the query; empty counts as absent.
fn parameter<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    let found = query.iter().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// The languages that the browser asks for.
fn languages(request: &Parts) -> Option<&str> {
    request.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()
}
