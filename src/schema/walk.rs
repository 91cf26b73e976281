//! Walks the traits part of a schema: which value may stand where, following references and branches (flows 0.3, 7.3).

use serde_json::Value;

/// A step from the traits object to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A member of an object.
    Key(String),
    /// Every element of an array.
    Element,
}

/// A subschema and the path of the values it judges.
pub(super) struct Place<'s> {
    pub(super) path: Vec<Step>,
    pub(super) schema: &'s Value,
    pub(super) required: bool,
}

/// All places in document order, depth first; a branch (`allOf`, `then`, …) comes after the schema it belongs to.
pub(super) fn places<'s>(document: &'s Value, traits: &'s Value) -> Vec<Place<'s>> {
    let mut walk = Walk {
        document,
        references: Vec::new(),
        found: Vec::new(),
    };
    walk.visit(&mut Vec::new(), traits, false);
    walk.found
}

/// The target of a local reference. `$id` of the document may stand before the `#`.
pub(super) fn resolve<'s>(document: &'s Value, reference: &str) -> Option<&'s Value> {
    let own = document
        .get("$id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fragment = reference
        .strip_prefix(own.trim_end_matches('#'))
        .or(Some(reference))?
        .strip_prefix('#')?;
    let pointer = percent_decoded(fragment)?;
    document.pointer(&pointer)
}

fn percent_decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

struct Walk<'s> {
    document: &'s Value,
    /// References being followed: a recursive schema is entered once.
    references: Vec<&'s str>,
    found: Vec<Place<'s>>,
}

impl<'s> Walk<'s> {
    fn visit(&mut self, path: &mut Vec<Step>, schema: &'s Value, required: bool) {
        if self.found.len() >= MAX_PLACES || path.len() > MAX_DEPTH {
            return;
        }
        // Draft 7: nothing beside a `$ref` counts.
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(target) = resolve(self.document, reference)
                && !self.references.contains(&reference)
            {
                self.references.push(reference);
                self.visit(path, target, required);
                self.references.pop();
            }
            return;
        }
        self.found.push(Place {
            path: path.clone(),
            schema,
            required,
        });
        self.members(path, schema);
        for branch in branches(schema) {
            self.visit(path, branch, required);
        }
    }

    fn members(&mut self, path: &mut Vec<Step>, schema: &'s Value) {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        for (name, member) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            path.push(Step::Key(name.clone()));
            self.visit(path, member, required.contains(&name.as_str()));
            path.pop();
        }
        for items in one_or_many(schema.get("items")) {
            path.push(Step::Element);
            self.visit(path, items, false);
            path.pop();
        }
    }
}

/// Subschemas that judge the same value.
pub(super) fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    let many = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword).and_then(Value::as_array))
        .flatten();
    let one = ["not", "if", "then", "else"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword));
    many.chain(one)
}

fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let many = value.and_then(Value::as_array).into_iter().flatten();
    many.chain(value.filter(|value| value.is_object()))
}

const MAX_PLACES: usize = 8192;
const MAX_DEPTH: usize = 32;
