//! `request_config` made ready: everything of a request but its body (admin-and-config 3.3, 4.5).

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Method, Request, header};
use serde_json::Value;
use url::Url;

use crate::config::{HttpAuth, HttpRequest};

/// A request that can be sent again and again, each time with another body.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Where it goes.
    pub url: Url,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    form: bool,
}

impl Prepared {
    /// Of the configuration.
    ///
    /// # Errors
    /// What cannot stand in a request, in words for the operator.
    pub fn new(settings: &HttpRequest) -> Result<Self, String> {
        let method = Method::from_bytes(settings.method.as_bytes())
            .map_err(|_| format!("`{}` is no HTTP method", settings.method))?;
        let fields = settings.headers.iter();
        let mut headers = fields
            .map(|(name, value)| field(name, value))
            .collect::<Result<Vec<_>, _>>()?;
        headers.extend(settings.auth.as_ref().map(credential).transpose()?);
        let given = headers
            .iter()
            .find(|(name, _)| *name == header::CONTENT_TYPE);
        let form = match given {
            None => {
                let json = HeaderValue::from_static("application/json");
                headers.push((header::CONTENT_TYPE, json));
                false
            }
            Some((_, value)) => is_form(value)?,
        };
        Ok(Self {
            url: settings.url.clone(),
            method,
            headers,
            form,
        })
    }

    /// The request, with what a snippet made as its body.
    ///
    /// # Errors
    /// When a form is wanted and `body` is no flat object.
    pub fn request(&self, body: &Value) -> Result<Request<Bytes>, String> {
        let body = if self.form {
            form(body)?
        } else {
            body.to_string()
        };
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = self.method.clone();
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        Ok(request)
    }
}

fn is_form(content_type: &HeaderValue) -> Result<bool, String> {
    let text = content_type.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => Ok(false),
        "application/x-www-form-urlencoded" => Ok(true),
        other => Err(format!(
            "a body cannot be sent as {other}: application/json or application/x-www-form-urlencoded"
        )),
    }
}

fn form(body: &Value) -> Result<String, String> {
    let flat = "a form needs a flat object from its Jsonnet";
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().ok_or(flat)? {
        match value {
            Value::Null => {}
            Value::String(text) => {
                form.append_pair(name, text);
            }
            Value::Bool(_) | Value::Number(_) => {
                form.append_pair(name, &value.to_string());
            }
            Value::Array(_) | Value::Object(_) => return Err(flat.to_owned()),
        }
    }
    Ok(form.finish())
}

fn credential(auth: &HttpAuth) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = match auth {
        HttpAuth::Basic { user, password } => {
            let plain = format!("{user}:{}", password.expose());
            let value = format!("Basic {}", BASE64.encode(plain.as_bytes()));
            ("authorization", value)
        }
        HttpAuth::Header { name, value } => (name.as_str(), value.expose().clone()),
        HttpAuth::Cookie { name, value } => ("cookie", format!("{name}={}", value.expose())),
    };
    let (name, mut value) = field(name, &value)
        .map_err(|_| "what auth says cannot stand in a header of a request".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::try_from(name)
        .ok()
        .zip(HeaderValue::try_from(value).ok());
    parsed.ok_or_else(|| format!("headers: `{name}` or its value cannot stand in a request"))
}
