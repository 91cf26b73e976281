//! Messages of the courier (admin-and-config 1.12).

mod token;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, Response, StatusCode, Uri, header},
};
use serde_json::{Value, json};

use super::{
    Admin,
    fail::{Answer, Failure},
    links::Links,
    query::{Query, Sizes, unreadable},
};
use crate::{
    api::json::answer,
    identity::IdentityError,
    model::{CourierMessage, Dispatch, MessageId, MessageStatus, PageRequest},
    store::{MessageFilter, StoreError},
    web::ApiError,
};
use token::BadToken;

const SIZES: Sizes = Sizes {
    default: 10,
    max: 500,
};

pub(super) async fn list(State(admin): State<Arc<Admin>>, uri: Uri) -> Answer {
    let query = Query::of(&uri);
    let (secrets, now) = (&admin.config.secrets, admin.now());
    let filter = MessageFilter {
        status: query.text("status").map(status).transpose()?,
        recipient: query.text("recipient").map(ToOwned::to_owned),
    };
    let size = query
        .keyset_size("page_size", SIZES)
        .map_err(|_| unreadable("page_size"))?;
    let after = query
        .text("page_token")
        .map(|text| token::open(text, secrets, now).map_err(bad_token))
        .transpose()?;
    let page = PageRequest { after, size };
    let page = admin
        .db
        .list_messages(&filter, page)
        .await
        .map_err(stored)?;
    let mut links = Links::new("/admin/courier/messages", &query);
    let paging = |token: String| [("page_size", size.to_string()), ("page_token", token)];
    links.add("first", &paging(token::first(secrets, now)));
    if let Some(last) = page.items.last().filter(|_| page.more) {
        let key = (last.created_at, last.id);
        links.add("next", &paging(token::seal(key, secrets, now)));
    }
    let all: Vec<_> = page
        .items
        .iter()
        .map(|message| view(message, admin.config.dev))
        .collect();
    Ok(linked(answer(StatusCode::OK, &all.into()), links.value()))
}

pub(super) async fn one(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Answer {
    let id: MessageId = id
        .parse()
        .map_err(|_| Failure::from(ApiError::bad_request("The id of a message is a UUID.")))?;
    let found = admin.db.find_message(id).await.map_err(stored)?;
    let (message, dispatches) =
        found.ok_or_else(|| Failure::from(IdentityError::NotFound(None)))?;
    let mut value = view(&message, admin.config.dev);
    if let Some(members) = value.as_object_mut()
        && !dispatches.is_empty()
    {
        let all: Vec<_> = dispatches.iter().map(attempt).collect();
        members.insert("dispatches".to_owned(), all.into());
    }
    Ok(answer(StatusCode::OK, &value))
}

/// A message. What it says is shown in development only: it holds codes and links.
fn view(message: &CourierMessage, dev: bool) -> Value {
    let said = |text: &str| {
        if dev {
            text.to_owned()
        } else {
            "<redacted-unless-dev-mode>".to_owned()
        }
    };
    json!({
        "id": message.id,
        "status": message.status,
        "type": message.via,
        "recipient": message.recipient,
        "body": said(&message.body),
        "subject": said(&message.subject),
        "template_type": message.template,
        "channel": message.via,
        "send_count": message.send_count,
        "created_at": message.created_at,
        "updated_at": message.updated_at,
    })
}

fn attempt(dispatch: &Dispatch) -> Value {
    let mut value = json!({
        "id": dispatch.id,
        "message_id": dispatch.message_id,
        "status": if dispatch.error.is_some() { "failed" } else { "success" },
        "created_at": dispatch.created_at,
        "updated_at": dispatch.created_at,
    });
    if let (Some(members), Some(error)) = (value.as_object_mut(), &dispatch.error) {
        members.insert("error".to_owned(), error.clone());
    }
    value
}

fn status(word: &str) -> Result<MessageStatus, Failure> {
    serde_json::from_value(word.into())
        .map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "Message status is not valid").into())
}

fn bad_token(bad: BadToken) -> Failure {
    let message = match bad {
        BadToken::Invalid => "invalid pagination token",
        BadToken::Expired => "page token expired, do not persist page tokens",
    };
    ApiError::new(StatusCode::BAD_REQUEST, message).into()
}

fn stored(error: StoreError) -> Failure {
    IdentityError::Store(error).into()
}

fn linked(mut response: Response<Body>, links: HeaderValue) -> Response<Body> {
    response.headers_mut().insert(header::LINK, links);
    response
}
