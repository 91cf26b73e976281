//! PATCH `/admin/identities/{id}`: a JSON Patch.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{parse, shown};
use crate::{
    api::admin::{
        Admin, body,
        fail::{Answer, Failure},
    },
    identity::Operation,
    web::ApiError,
};

pub(in crate::api::admin) async fn patch(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let bytes = body::read(request.into_body(), admin.body_limit()).await?;
    let operations = operations(&bytes)?;
    let identity = admin.identities.patch(parse(&id)?, &operations).await?;
    Ok(shown(&admin, &identity, &[]))
}

fn operations(bytes: &[u8]) -> Result<Vec<Operation>, Failure> {
    let undecodable = |message: String| {
        let error = ApiError::new(StatusCode::BAD_REQUEST, message);
        Failure::from(error.reason("failed to unmarshal JSON patch"))
    };
    if bytes.is_empty() {
        return Err(undecodable("unexpected end of JSON input".to_owned()));
    }
    let all: Vec<Value> =
        serde_json::from_slice(bytes).map_err(|mistake| undecodable(mistake.to_string()))?;
    all.into_iter()
        .map(|mut operation| {
            let text = |name: &str| operation.get(name).and_then(Value::as_str);
            let (Some(op), Some(path)) = (text("op"), text("path")) else {
                let message = "an operation needs an op and a path";
                return Err(undecodable(message.to_owned()));
            };
            let (op, path) = (op.to_owned(), path.to_owned());
            let value = operation.get_mut("value").map(Value::take);
            Ok(Operation { op, path, value })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_value_is_a_value_and_a_missing_one_is_none() {
        let text =
            json!([{"op": "add", "path": "/x", "value": null}, {"op": "remove", "path": "/x"}]);
        let Ok(found) = operations(text.to_string().as_bytes()) else {
            panic!("both are operations");
        };
        assert_eq!(found[0].value, Some(Value::Null));
        assert_eq!(found[1].value, None);
    }
}
