//! Traits between a schema, a form and the messages about them (flows 7.3, 7.6).

use serde_json::{Map, Value, json};

use super::{Problem, Submission};
use crate::{
    schema::{self, FieldKind, ItemKind, Keyword, Schema, Violation},
    ui::{Group, InputOption, Message, Node, text},
    web::body::{Field, FieldType},
};

/// The nodes of all traits; `values` are the traits known so far. A trait of several types is shown once it is there, if only as `null`,
/// and the elements of a list stand beside its own node, which then is for one more.
#[must_use]
pub fn nodes(schema: &Schema, group: Group, values: &Value) -> Vec<Node> {
    let mut nodes = Vec::new();
    for field in schema.fields() {
        let value = at(values, &field.segments);
        let several = field.kind == FieldKind::Several && is_there(values, &field.segments);
        if field.is_shown() || several {
            let elements = elements(field, group, value);
            let whole = value.filter(|_| elements.is_empty()).cloned();
            nodes.push(node(field, group, whole));
            nodes.extend(elements);
        }
    }
    nodes
}

fn node(field: &schema::Field, group: Group, value: Option<Value>) -> Node {
    let name = field.name();
    let node = Node::input(&name, field.input, group).with_input(|input| {
        input.required = field.required;
        input.autocomplete = field.autocomplete.map(str::to_owned);
        input.pattern.clone_from(&field.pattern);
        let option = |value: &Value| InputOption {
            value: value.clone(),
        };
        input.options = field.options.iter().map(option).collect();
        input.value = value;
    });
    match &field.title {
        Some(title) => node.label(text::titled(title, &name)),
        None => node,
    }
}

fn elements(field: &schema::Field, group: Group, value: Option<&Value>) -> Vec<Node> {
    let items = value.and_then(Value::as_array);
    let element = |(index, item): (usize, &Value)| {
        Node::input(&format!("{}.{index}", field.name()), field.input, group).value(item.clone())
    };
    items
        .into_iter()
        .flatten()
        .enumerate()
        .map(element)
        .collect()
}

/// Names of the trait nodes in schema order.
#[must_use]
pub fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(schema::Field::name).collect()
}

/// The fields that traits are submitted in.
#[must_use]
pub fn table(schema: &Schema) -> Vec<Field> {
    let mut table = vec![Field::optional("traits", FieldType::Object)];
    for object in schema.objects() {
        table.push(Field::optional(&node_id(object), FieldType::Object));
    }
    for field in schema.fields() {
        if let Some(kind) = read_as(field.kind) {
            table.push(Field {
                path: field.name(),
                kind,
                required: field.required,
            });
        }
    }
    table
}

/// How a form field of a trait is read; `None` when only a JSON object can carry it.
fn read_as(kind: FieldKind) -> Option<FieldType> {
    Some(match kind {
        FieldKind::Text => FieldType::Text,
        FieldKind::Number | FieldKind::Integer => FieldType::Number,
        FieldKind::Boolean => FieldType::Boolean,
        FieldKind::Array(ItemKind::Number | ItemKind::Integer) => FieldType::NumberList,
        FieldKind::Array(ItemKind::Boolean) => FieldType::BooleanList,
        FieldKind::Array(ItemKind::Text | ItemKind::Other) => FieldType::TextList,
        FieldKind::Array(ItemKind::Object) => FieldType::Object,
        FieldKind::Several => return None,
    })
}

/// The value of each trait that was submitted, by node.
#[must_use]
pub fn submitted(schema: &Schema, traits: &Value) -> Vec<(String, Option<Value>)> {
    let value = |field: &schema::Field| (field.name(), at(traits, &field.segments).cloned());
    schema.fields().iter().map(value).collect()
}

/// What a form keeps of the traits in a submission, by node: those that were filled in.
#[must_use]
pub fn kept(schema: &Schema, submission: &Submission) -> Vec<(String, Option<Value>)> {
    let sent = of(&submission.decode(&table(schema)));
    let mut kept = submitted(schema, &sent);
    kept.retain(|(_, value)| value.is_some());
    kept
}

/// The traits of a decoded submission.
#[must_use]
pub fn of(decoded: &Value) -> Value {
    decoded
        .get("traits")
        .cloned()
        .unwrap_or_else(|| Value::Object(Map::new()))
}

/// What is wrong with traits, each at its node.
#[must_use]
pub fn problems(violations: &[Violation]) -> Vec<Problem> {
    let problem = |violation: &Violation| {
        let message = message(&violation.keyword, &violation.text);
        Problem::node(node_id(&violation.path), message)
    };
    violations.iter().map(problem).collect()
}

/// The numbered message for a broken rule (flows 7.6).
fn message(keyword: &Keyword, sentence: &str) -> Message {
    match keyword {
        Keyword::Required { property } => text::required(property),
        Keyword::MinLength {
            min_length,
            actual_length,
        } => text::too_short(json!({ "min_length": min_length, "actual_length": actual_length })),
        Keyword::MaxLength {
            max_length,
            actual_length,
        } => text::too_long(json!({ "max_length": max_length, "actual_length": actual_length })),
        Keyword::Pattern { pattern } => text::pattern(json!({ "pattern": pattern })),
        Keyword::Minimum { minimum, actual } => {
            text::minimum(json!({ "minimum": minimum, "actual": actual }))
        }
        Keyword::ExclusiveMinimum { minimum, actual } => {
            text::exclusive_minimum(json!({ "minimum": minimum, "actual": actual }))
        }
        Keyword::Maximum { maximum, actual } => {
            text::maximum(json!({ "maximum": maximum, "actual": actual }))
        }
        Keyword::ExclusiveMaximum { maximum, actual } => {
            text::exclusive_maximum(json!({ "maximum": maximum, "actual": actual }))
        }
        Keyword::MultipleOf { base, actual } => {
            text::multiple_of(json!({ "base": base, "actual": actual }))
        }
        Keyword::MinItems {
            min_items,
            actual_items,
        } => text::too_few_items(json!({ "min_items": min_items, "actual_items": actual_items })),
        Keyword::MaxItems {
            max_items,
            actual_items,
        } => text::too_many_items(json!({ "max_items": max_items, "actual_items": actual_items })),
        Keyword::UniqueItems { index_a, index_b } => {
            text::duplicate_items(json!({ "index_a": index_a, "index_b": index_b }))
        }
        Keyword::Type {
            allowed_types,
            actual_type,
        } => {
            text::wrong_type(json!({ "allowed_types": allowed_types, "actual_type": actual_type }))
        }
        Keyword::Const { expected } => text::not_expected(json!({ "expected": expected })),
        Keyword::ConstValue => text::not_the_constant(),
        Keyword::Email { value } => text::not_an_email(json!({ "value": value })),
        Keyword::Tel { value } => text::not_a_phone_number(json!({ "value": value })),
        Keyword::Other { .. } => text::generic(sentence),
    }
}

/// The node of a place below `traits`; a dot inside a key is escaped.
fn node_id(segments: &[String]) -> String {
    let mut id = String::from("traits");
    for segment in segments {
        id.push('.');
        id.push_str(&segment.replace('.', "\\."));
    }
    id
}

fn at<'v>(values: &'v Value, segments: &[String]) -> Option<&'v Value> {
    found(values, segments).filter(|value| !value.is_null())
}

fn is_there(values: &Value, segments: &[String]) -> bool {
    found(values, segments).is_some()
}

fn found<'v>(values: &'v Value, segments: &[String]) -> Option<&'v Value> {
    let mut path = segments.iter();
    path.try_fold(values, |value, key| value.get(key))
}
