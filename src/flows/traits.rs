//! Traits between a schema, a form and the messages about them (flows 7.3, 7.6).

use serde_json::{Map, Value};

use super::Problem;
use crate::{
    schema::{Schema, Violation},
    ui::{Group, InputOption, Node, text},
    web::body::{Field, FieldType},
};

/// The nodes of all traits; `values` are the traits known so far.
#[must_use]
pub fn nodes(schema: &Schema, group: Group, values: &Value) -> Vec<Node> {
    let mut nodes = Vec::new();
    for field in schema.fields() {
        let name = format!("traits.{}", field.path);
        let mut node = Node::input(&name, field.input_type, group).with_input(|input| {
            input.required = field.required;
            input.autocomplete = field.autocomplete.map(str::to_owned);
            input.pattern.clone_from(&field.pattern);
            let option = |value: &Value| InputOption {
                value: value.clone(),
            };
            input.options = field
                .options
                .iter()
                .take(MOST_OPTIONS)
                .map(option)
                .collect();
            input.value = at(values, &field.path).cloned();
        });
        if let Some(title) = &field.title {
            node = node.label(text::titled(title, &name));
        }
        nodes.push(node);
    }
    nodes
}

/// Names of the trait nodes in schema order.
#[must_use]
pub fn names(schema: &Schema) -> Vec<String> {
    let name = |field: &crate::schema::Field| format!("traits.{}", field.path);
    schema.fields().iter().map(name).collect()
}

/// The fields that traits are submitted in.
#[must_use]
pub fn table(schema: &Schema) -> Vec<Field> {
    let mut table = vec![Field::optional("traits", FieldType::Object)];
    for field in schema.fields() {
        for (at, _) in field.path.match_indices('.') {
            let (parent, _) = field.path.split_at(at);
            let parent = Field::optional(&format!("traits.{parent}"), FieldType::Object);
            if !table.contains(&parent) {
                table.push(parent);
            }
        }
        table.push(Field {
            path: format!("traits.{}", field.path),
            kind: kind(field),
            required: field.required,
        });
    }
    table
}

fn kind(field: &crate::schema::Field) -> FieldType {
    let is = |name: &str| field.types.iter().any(|found| found == name);
    let number = is("number") || is("integer");
    match (field.array, number, is("boolean")) {
        (true, true, _) => FieldType::NumberList,
        (true, _, true) => FieldType::BooleanList,
        (true, ..) => FieldType::TextList,
        (false, true, _) => FieldType::Number,
        (false, _, true) => FieldType::Boolean,
        (false, ..) => FieldType::Text,
    }
}

/// The value of each trait that was submitted, by node.
#[must_use]
pub fn submitted(schema: &Schema, traits: &Value) -> Vec<(String, Option<Value>)> {
    let value = |field: &crate::schema::Field| {
        (
            format!("traits.{}", field.path),
            at(traits, &field.path).cloned(),
        )
    };
    schema.fields().iter().map(value).collect()
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
    violations.iter().map(problem).collect()
}

fn problem(violation: &Violation) -> Problem {
    let mut node = String::from("traits");
    for part in &violation.path {
        node.push('.');
        node.push_str(&part.replace('.', "\\."));
    }
    Problem::node(node, message(violation))
}

fn message(violation: &Violation) -> crate::ui::Message {
    text::generic(&violation.text)
}

fn at<'v>(values: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(values, |value, key| value.get(key))
        .filter(|value| !value.is_null())
}

const MOST_OPTIONS: usize = 500;
