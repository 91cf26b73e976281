//! Submissions: a form and a JSON body become the same list of fields, and a table of types turns fields into values (flows 0.3).

use http::{HeaderMap, Method, header};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::multipart;

/// The top-level fields of a submission in the order they came; names may repeat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(String, String)>);

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Another type, or none.
    #[error("The body must be a form or JSON, and its Content-Type must say so.")]
    ContentType,
    /// Nothing was sent.
    #[error("The request has no body.")]
    Empty,
    /// Not JSON, or not an object.
    #[error("The body is not a JSON object.")]
    Json,
    /// Not the parts that its boundary announces.
    #[error("The multipart body cannot be taken apart.")]
    Parts,
    /// More fields or deeper than we read.
    #[error("The body has too many fields or is nested too deeply.")]
    TooMuch,
}

impl Fields {
    /// Reads a body by its `Content-Type`; of a GET the query is the form.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn read(
        method: &Method,
        headers: &HeaderMap,
        query: &str,
        body: &[u8],
    ) -> Result<Self, Unreadable> {
        if matches!(*method, Method::GET | Method::HEAD) {
            return Self::form(query.as_bytes());
        }
        if body.is_empty() {
            return Err(Unreadable::Empty);
        }
        match media_type(headers).as_str() {
            "application/x-www-form-urlencoded" => Self::form(body),
            "application/json" => Self::json(body),
            "multipart/form-data" => Self::limited(multipart::fields(headers, body)?),
            _ => Err(Unreadable::ContentType),
        }
    }

    /// Reads a body that may be JSON only.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn read_json(headers: &HeaderMap, body: &[u8]) -> Result<Self, Unreadable> {
        match media_type(headers).as_str() {
            "application/json" if body.is_empty() => Err(Unreadable::Empty),
            "application/json" => Self::json(body),
            _ => Err(Unreadable::ContentType),
        }
    }

    fn form(text: &[u8]) -> Result<Self, Unreadable> {
        let fields = form_urlencoded::parse(text).into_owned();
        Self::limited(fields.take(MOST_FIELDS + 1).collect())
    }

    fn limited(fields: Vec<(String, String)>) -> Result<Self, Unreadable> {
        if fields.len() > MOST_FIELDS {
            return Err(Unreadable::TooMuch);
        }
        Ok(Self(fields))
    }

    /// Each top-level value becomes the text it would be in a form; of a repeated key the last one counts.
    fn json(text: &[u8]) -> Result<Self, Unreadable> {
        let members: Members = serde_json::from_slice(text).map_err(|_| Unreadable::Json)?;
        if members.0.len() > MOST_FIELDS || members.0.values().any(|value| depth(value) >= DEEPEST)
        {
            return Err(Unreadable::TooMuch);
        }
        let text = |value| match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let fields = members.0.into_iter().map(|(key, value)| (key, text(value)));
        Ok(Self(fields.collect()))
    }

    /// From pairs, for callers that have them already.
    #[must_use]
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// All fields as pairs, as [`Fields::from_pairs`] takes them.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of a field, unless it is empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Whether the field was sent, even if empty.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    fn all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl DoubleEndedIterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The values of `path.0`, `path.1` … by number.
    fn elements(&self, path: &str) -> Vec<&str> {
        let mut found: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter_map(|(name, value)| {
                let index = name.strip_prefix(path)?.strip_prefix('.')?;
                Some((index.parse().ok()?, value.as_str()))
            })
            .collect();
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().map(|(_, value)| value).collect()
    }
}

/// How a field's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A text.
    Text,
    /// A number, whole or not.
    Number,
    /// A truth value.
    Boolean,
    /// A list of texts, and any list of something else.
    TextList,
    /// A list of numbers.
    NumberList,
    /// A list of truth values.
    BooleanList,
    /// A JSON object.
    Object,
}

/// A field that a form may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Dotted path, which is also its place in the result.
    pub path: String,
    /// How its text is read.
    pub kind: FieldType,
    /// It must be there: what is empty then reads as zero or `false`.
    pub required: bool,
}

impl Field {
    /// A field that may be missing.
    #[must_use]
    pub fn optional(path: &str, kind: FieldType) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            required: false,
        }
    }
}

/// Reads the fields of `table`; everything else that was sent is ignored. Objects come before what is inside them.
#[must_use]
pub fn decode(fields: &Fields, table: &[Field]) -> Value {
    let mut result = Value::Object(Map::new());
    let mut table: Vec<&Field> = table.iter().collect();
    table.sort_by_key(|field| field.path.matches('.').count());
    for field in &table {
        if let Some(value) = value_of(fields, field) {
            put(&mut result, &field.path, value);
        }
    }
    for field in table.iter().filter(|field| field.kind == FieldType::Object) {
        if !is_there(&result, &field.path) {
            put(&mut result, &field.path, Value::Object(Map::new()));
        }
    }
    result
}

fn value_of(fields: &Fields, field: &Field) -> Option<Value> {
    let first = fields.text(&field.path);
    match field.kind {
        FieldType::Text => first.map(Value::from),
        FieldType::Number => match first {
            Some(text) => Some(number(text)),
            None => (field.required && fields.has(&field.path)).then(|| Value::from(0)),
        },
        FieldType::Boolean => match fields.all(&field.path).next_back()? {
            "" => field.required.then_some(Value::Bool(false)),
            text => Some(boolean(text)),
        },
        FieldType::TextList => list(fields, &field.path, |text| text.into()),
        FieldType::NumberList => list(fields, &field.path, number),
        FieldType::BooleanList => list(fields, &field.path, boolean),
        FieldType::Object => {
            let text = first?;
            Some(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
        }
    }
}

/// A list from its element fields, else from its own field: repeated, or once as a JSON array.
fn list(fields: &Fields, path: &str, read: impl Fn(&str) -> Value) -> Option<Value> {
    let filled = |value: &&str| !value.is_empty();
    let array = |text: &str| serde_json::from_str::<Vec<Value>>(text).ok();
    let own: Vec<&str> = fields.all(path).collect();
    let elements = fields.elements(path);
    if elements.is_empty() {
        if own.is_empty() {
            return None;
        }
        if let [only] = own.as_slice()
            && let Some(array) = array(only)
        {
            return Some(array.into());
        }
        return Some(own.into_iter().filter(filled).map(read).collect());
    }
    // The field of the whole list repeats what the element fields say; only what was typed into it is new.
    let typed = own.into_iter().filter(|text| array(text).is_none());
    Some(
        elements
            .into_iter()
            .chain(typed)
            .filter(filled)
            .map(read)
            .collect(),
    )
}

fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let parsed = text
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64);
    parsed.map_or_else(|| text.into(), Value::Number)
}

fn boolean(text: &str) -> Value {
    truth(text).map_or_else(|| text.into(), Value::Bool)
}

/// A truth value in the spellings this API knows; `on` is none.
#[must_use]
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Sets a dotted path. What stands in the way without being an object stays: the later check of types names it.
fn put(target: &mut Value, path: &str, value: Value) {
    let (head, rest) = split(path);
    let Some(members) = target.as_object_mut() else {
        return;
    };
    match rest {
        None => {
            members.insert(head, value);
        }
        Some(rest) => {
            let inner = members
                .entry(head)
                .or_insert_with(|| Value::Object(Map::new()));
            put(inner, rest, value);
        }
    }
}

fn is_there(target: &Value, path: &str) -> bool {
    let (head, rest) = split(path);
    match (target.get(head), rest) {
        (Some(inner), Some(rest)) => is_there(inner, rest),
        (found, _) => found.is_some(),
    }
}

/// The first part of a dotted path and what follows; `\.` is a dot inside a part.
fn split(path: &str) -> (String, Option<&str>) {
    let dots = path.match_indices('.').map(|(at, _)| at);
    let mut ends = dots.filter(|at| !path.get(..*at).is_some_and(|head| head.ends_with('\\')));
    let (head, rest) = match ends.next().and_then(|at| path.split_at_checked(at)) {
        Some((head, rest)) => (head, rest.get(1..)),
        None => (path, None),
    };
    (head.replace("\\.", "."), rest)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A JSON object whose keys may repeat.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((key, value)) = map.next_entry()? {
                    members.insert(key, value);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

const MOST_FIELDS: usize = 256;
const DEEPEST: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn table() -> Vec<Field> {
        [
            ("method", FieldType::Text),
            ("password", FieldType::Text),
            ("traits", FieldType::Object),
            ("traits.name", FieldType::Object),
            ("traits.name.first", FieldType::Text),
            ("traits.age", FieldType::Number),
            ("traits.news", FieldType::Boolean),
            ("traits.tags", FieldType::TextList),
            ("transient_payload", FieldType::Object),
        ]
        .map(|(path, kind)| Field::optional(path, kind))
        .to_vec()
    }

    fn form(text: &str) -> Value {
        decode(&Fields::form(text.as_bytes()).expect("a form"), &table())
    }

    fn object(value: &Value) -> Value {
        decode(
            &Fields::json(value.to_string().as_bytes()).expect("an object"),
            &table(),
        )
    }

    #[test]
    fn nested_and_dotted_keys_mean_the_same() {
        assert_eq!(
            object(&json!({"traits": {"name": {"first": "A"}}})),
            object(&json!({"traits.name.first": "A"}))
        );
        assert_eq!(
            form("traits.name.first=A"),
            json!({"traits": {"name": {"first": "A"}}, "transient_payload": {}})
        );
    }

    #[test]
    fn values_are_read_by_the_type_of_their_field() {
        assert_eq!(form("traits.age=3.5")["traits"]["age"], json!(3.5));
        assert_eq!(form("traits.age=x")["traits"]["age"], json!("x"));
        assert_eq!(form("traits.age=")["traits"], json!({"name": {}}));
        assert_eq!(
            form("traits.news=false&traits.news=true")["traits"]["news"],
            json!(true)
        );
        assert_eq!(form("traits.news=on")["traits"]["news"], json!("on"));
        assert_eq!(object(&json!({"password": 123}))["password"], json!("123"));
        assert_eq!(object(&json!({"password": null})).get("password"), None);
    }

    #[test]
    fn a_list_is_read_in_every_spelling() {
        let both = json!(["a", "b"]);
        for text in [
            "traits.tags=a&traits.tags=b",
            "traits.tags.0=a&traits.tags.1=b",
            "traits.tags.1=b&traits.tags.0=a",
            "traits.tags=%5B%22a%22%2C%22b%22%5D",
            "traits.tags=%5B%22a%22%2C%22b%22%5D&traits.tags.0=a&traits.tags.1=b",
        ] {
            assert_eq!(form(text)["traits"]["tags"], both, "{text}");
        }
        assert_eq!(
            object(&json!({"traits.tags": ["a", "b"]}))["traits"]["tags"],
            both
        );
    }

    #[test]
    fn unknown_fields_are_ignored_and_names_are_case_sensitive() {
        assert_eq!(form("Password=x&other=y").get("password"), None);
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        let fields = Fields::json(br#"{"method":"a","method":"b"}"#).expect("an object");
        assert_eq!(fields.text("method"), Some("b"));
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let read = |content_type: &str, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a value"));
            Fields::read(&Method::POST, &headers, "", body)
        };
        assert_eq!(read("text/plain", b"a=b"), Err(Unreadable::ContentType));
        assert_eq!(read("application/json", b""), Err(Unreadable::Empty));
        assert_eq!(read("application/json", b"{"), Err(Unreadable::Json));
        assert_eq!(read("application/json", b"[1]"), Err(Unreadable::Json));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        assert_eq!(
            read("application/json", deep.as_bytes()),
            Err(Unreadable::TooMuch)
        );
        let many = "f=1&".repeat(300);
        assert_eq!(
            read(
                "application/x-www-form-urlencoded; charset=utf-8",
                many.as_bytes()
            ),
            Err(Unreadable::TooMuch)
        );
    }

    proptest! {
        #[test]
        fn a_form_and_the_same_json_agree(first in "\\PC{0,12}", age in any::<i32>(), news in any::<bool>(), password in "\\PC{0,12}") {
            let text = form_urlencoded::Serializer::new(String::new())
                .append_pair("traits.name.first", &first)
                .append_pair("traits.age", &age.to_string())
                .append_pair("traits.news", &news.to_string())
                .append_pair("password", &password)
                .finish();
            let value = json!({"traits.name.first": first, "traits.age": age, "traits.news": news, "password": password});
            prop_assert_eq!(form(&text), object(&value));
        }

        #[test]
        fn no_body_makes_us_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::json(&body).map(|fields| decode(&fields, &table()));
            let _ = Fields::form(&body).map(|fields| decode(&fields, &table()));
        }
    }
}
