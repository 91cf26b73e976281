//! What a form shows and how it is read: the leaf traits of a schema (flows 0.3, 7.3).

use serde_json::Value;

use super::walk::{Place, Step};
use crate::ui::InputType;

/// A leaf trait.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Dotted path below `traits`, a literal dot escaped: `name.first`.
    pub path: String,
    /// The same, in parts.
    pub segments: Vec<String>,
    /// How the text of a form becomes a value.
    pub kind: FieldKind,
    /// What its input looks like.
    pub input: InputType,
    /// Its parent demands it.
    pub required: bool,
    /// Its label.
    pub title: Option<String>,
    /// Pattern that a browser checks too.
    pub pattern: Option<String>,
    /// Values to choose from, at most 500.
    pub options: Vec<Value>,
    /// Hint for browsers.
    pub autocomplete: Option<&'static str>,
}

impl Field {
    /// Name of its form field.
    #[must_use]
    pub fn name(&self) -> String {
        format!("traits.{}", self.path)
    }

    /// Whether a form shows it from the start: arrays of objects and traits of several types have no input.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !matches!(
            self.kind,
            FieldKind::Several | FieldKind::Array(ItemKind::Object | ItemKind::Other)
        )
    }
}

/// Type of a leaf trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `string`
    Text,
    /// `number`
    Number,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
    /// `array`
    Array(ItemKind),
    /// Several types, or none named: only JSON can carry it.
    Several,
}

/// Type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `string`
    Text,
    /// `number`
    Number,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
    /// `object`: no input, and left out of a form it reads as `{}` (flows 7.3).
    Object,
    /// Arrays, or mixed: no input.
    Other,
}

/// The leaf traits and the paths of nested objects, both in schema order.
pub(super) fn collect(places: &[Place<'_>]) -> (Vec<Field>, Vec<Vec<String>>) {
    let mut fields: Vec<Field> = Vec::new();
    let mut objects: Vec<Vec<String>> = Vec::new();
    for place in places {
        let Some(segments) = keys(&place.path).filter(|segments| !segments.is_empty()) else {
            continue;
        };
        if is_object(place.schema) {
            if !objects.contains(&segments) {
                objects.push(segments);
            }
            continue;
        }
        let Some(kind) = kind(place.schema) else {
            continue;
        };
        // A branch says more about a trait that was seen already; the first description stands.
        if !fields.iter().any(|field| field.segments == segments) {
            fields.push(field(segments, kind, place));
        }
    }
    fields.retain(|field| !objects.contains(&field.segments));
    (fields, objects)
}

/// A dotted path; literal dots are escaped.
pub(super) fn dotted(segments: &[String]) -> String {
    let escaped: Vec<String> = segments
        .iter()
        .map(|segment| segment.replace('.', "\\."))
        .collect();
    escaped.join(".")
}

fn field(segments: Vec<String>, kind: FieldKind, place: &Place<'_>) -> Field {
    let text = |keyword: &str| place.schema.get(keyword).and_then(Value::as_str);
    let (input, autocomplete) = input(kind, text("format"));
    let options = place.schema.get("enum").and_then(Value::as_array);
    Field {
        path: dotted(&segments),
        segments,
        kind,
        input,
        required: place.required,
        title: text("title").map(str::to_owned),
        pattern: text("pattern").map(str::to_owned),
        options: options.into_iter().flatten().take(500).cloned().collect(),
        autocomplete,
    }
}

fn input(kind: FieldKind, format: Option<&str>) -> (InputType, Option<&'static str>) {
    match (kind, format) {
        (FieldKind::Boolean, _) => (InputType::Checkbox, None),
        (FieldKind::Number | FieldKind::Integer, _) => (InputType::Number, None),
        (FieldKind::Text, Some("date-time")) => (InputType::DatetimeLocal, None),
        (FieldKind::Text, Some("date")) => (InputType::Date, None),
        (FieldKind::Text, Some("email")) => (InputType::Email, Some("email")),
        (FieldKind::Text, Some("tel")) => (InputType::Tel, Some("tel")),
        (FieldKind::Text, Some("uri")) => (InputType::Url, Some("url")),
        _ => (InputType::Text, None),
    }
}

fn keys(path: &[Step]) -> Option<Vec<String>> {
    path.iter()
        .map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Element => None,
        })
        .collect()
}

fn is_object(schema: &Value) -> bool {
    match schema.get("type") {
        Some(kind) => kind == "object",
        None => schema.get("properties").is_some(),
    }
}

/// `None` when the subschema names no type: a branch that only adds a condition.
fn kind(schema: &Value) -> Option<FieldKind> {
    let several = schema.get("type").is_some_and(Value::is_array);
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        _ if several => return Some(FieldKind::Several),
        _ => return by_values(schema),
    };
    Some(match name {
        "string" => FieldKind::Text,
        "number" => FieldKind::Number,
        "integer" => FieldKind::Integer,
        "boolean" => FieldKind::Boolean,
        "array" => FieldKind::Array(items(schema.get("items"))),
        _ => FieldKind::Several,
    })
}

/// Without a type, the values that are allowed tell it.
fn by_values(schema: &Value) -> Option<FieldKind> {
    let one = schema.get("const").map(std::slice::from_ref);
    let values = one.or_else(|| schema.get("enum")?.as_array().map(Vec::as_slice))?;
    let all = |is: fn(&Value) -> bool| values.iter().all(is);
    Some(if all(Value::is_string) {
        FieldKind::Text
    } else if all(Value::is_number) {
        FieldKind::Number
    } else if all(Value::is_boolean) {
        FieldKind::Boolean
    } else {
        FieldKind::Several
    })
}

fn items(schema: Option<&Value>) -> ItemKind {
    if schema.is_some_and(is_object) {
        return ItemKind::Object;
    }
    match schema.and_then(kind) {
        Some(FieldKind::Text) => ItemKind::Text,
        Some(FieldKind::Number) => ItemKind::Number,
        Some(FieldKind::Integer) => ItemKind::Integer,
        Some(FieldKind::Boolean) => ItemKind::Boolean,
        _ => ItemKind::Other,
    }
}
