//! Bounds on schema documents, so that none can exhaust the program (security 15.1).

use std::collections::HashSet;

use serde_json::Value;

use super::walk;

/// The largest document.
pub(super) const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 32;
const MAX_MEMBERS: usize = 1024;
const MAX_ELEMENTS: usize = 128;
const MAX_NODES: usize = 8192;

/// Checks size, shape and references of a document.
pub(super) fn check(document: &Value) -> Result<(), String> {
    let mut nodes = 0;
    shape(document, 0, &mut nodes)?;
    references(document)
}

fn shape(value: &Value, depth: usize, nodes: &mut usize) -> Result<(), String> {
    *nodes += 1;
    if *nodes > MAX_NODES {
        return Err(format!("has more than {MAX_NODES} values"));
    }
    if depth > MAX_DEPTH {
        return Err(format!("is nested deeper than {MAX_DEPTH} levels"));
    }
    match value {
        Value::Object(members) if members.len() > MAX_MEMBERS => Err(format!(
            "has an object with more than {MAX_MEMBERS} members"
        )),
        Value::Array(items) if items.len() > MAX_ELEMENTS => Err(format!(
            "has an array with more than {MAX_ELEMENTS} elements"
        )),
        Value::Object(members) => members
            .values()
            .try_for_each(|member| shape(member, depth + 1, nodes)),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| shape(item, depth + 1, nodes)),
        _ => Ok(()),
    }
}

/// Every reference leads to a place in the document, and none comes back to itself without a step into the value: judging a value
/// would never end there.
fn references(document: &Value) -> Result<(), String> {
    let mut done = HashSet::new();
    let mut pending = vec![document];
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(members) => {
                descend(document, value, &mut Vec::new(), &mut done)?;
                // What stands there is data, not schema.
                let schemas = members.iter().filter(|(key, _)| {
                    !matches!(key.as_str(), "enum" | "const" | "default" | "examples")
                });
                pending.extend(schemas.map(|(_, member)| member));
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    Ok(())
}

/// Follows what judges the same value: references and branches. Subschemas are told apart by where they lie in memory.
fn descend<'d>(
    document: &'d Value,
    schema: &'d Value,
    above: &mut Vec<*const Value>,
    done: &mut HashSet<*const Value>,
) -> Result<(), String> {
    let me = std::ptr::from_ref(schema);
    if above.contains(&me) {
        return Err("has references that only lead back to themselves".to_owned());
    }
    if done.contains(&me) {
        return Ok(());
    }
    above.push(me);
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = walk::resolve(document, reference).ok_or_else(|| {
            format!(
                "refers to \"{reference}\"; only places in the same document can be referred to"
            )
        })?;
        descend(document, target, above, done)?;
    } else {
        for branch in walk::branches(schema) {
            descend(document, branch, above, done)?;
        }
        let dependencies = schema.get("dependencies").and_then(Value::as_object);
        for (_, branch) in dependencies.into_iter().flatten() {
            descend(document, branch, above, done)?;
        }
    }
    above.pop();
    done.insert(me);
    Ok(())
}
