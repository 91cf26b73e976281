//! What only the access log needs of a request.

use std::{cell::RefCell, net::IpAddr, sync::Arc};

use http::{
    HeaderValue, Method, Request, Uri,
    header::{HOST, USER_AGENT},
};

use crate::{
    session::Snapshot,
    web::{RequestId, Scheme},
};

/// What only the line needs: handles to what the request's head holds anyway. Used again and again, so that no request allocates.
#[derive(Default)]
pub(super) struct Line {
    pub id: Option<RequestId>,
    pub method: Method,
    pub uri: Uri,
    /// The canonical path, where it is not the sent one.
    pub path: Option<Box<str>>,
    pub host: Option<HeaderValue>,
    pub agent: Option<HeaderValue>,
    pub client: Option<(IpAddr, Scheme)>,
    pub person: Option<Arc<Snapshot>>,
}

thread_local! {
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    static SPARE: RefCell<Vec<Box<Line>>> = const { RefCell::new(Vec::new()) };
}

impl Line {
    pub(super) fn of<B>(request: &Request<B>, id: &RequestId) -> Box<Self> {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let mut line = spare.unwrap_or_default();
        let headers = request.headers();
        *line = Self {
            id: Some(id.clone()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            host: headers.get(HOST).cloned(),
            agent: headers.get(USER_AGENT).cloned(),
            ..Self::default()
        };
        line
    }

    pub(super) fn give_back(mut self: Box<Self>) {
        // Nothing of the request is held on to.
        *self = Self::default();
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < MOST_SPARE {
                spare.push(self);
            }
        });
    }
}

/// More requests than that are rarely under way on one worker at once.
const MOST_SPARE: usize = 256;
