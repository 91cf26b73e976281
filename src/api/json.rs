//! JSON as every endpoint sends it (admin-and-config 0.3).

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::Value;

/// A value in one line, ending with a line feed. What could end a script element or an attribute is escaped, so that the answer
/// is harmless wherever it is pasted.
#[must_use]
pub fn encode(value: &Value) -> String {
    let plain = value.to_string();
    let mut text = String::with_capacity(plain.len() + 1);
    // These characters occur inside strings only, so the text as a whole can be searched.
    for character in plain.chars() {
        match character {
            '&' => text.push_str("\\u0026"),
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text.push('\n');
    text
}

/// A successful answer with this value.
#[must_use]
pub fn answer(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(encode(value)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

/// What every value is sent as.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn markup_is_escaped_and_the_value_stays_the_same() {
        let value = json!({"a&b": "<script>\u{2028}"});
        let text = encode(&value);
        assert_eq!(text, "{\"a\\u0026b\":\"\\u003cscript\\u003e\\u2028\"}\n");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    }
}
