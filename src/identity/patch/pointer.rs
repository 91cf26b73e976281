//! JSON Pointers (RFC 6901) and the three operations on them.

use serde_json::{Map, Value};

use super::PatchError;

/// The parts of a pointer; `""` is the whole document.
pub(super) fn parse(pointer: &str) -> Result<Vec<String>, PatchError> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let rest = pointer
        .strip_prefix('/')
        .ok_or_else(|| PatchError::Path(format!("the path \"{pointer}\" does not begin with /")))?;
    let parts: Vec<String> = rest
        .split('/')
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    if parts.len() > MAX_DEPTH {
        return Err(PatchError::Path(format!(
            "a path has at most {MAX_DEPTH} parts"
        )));
    }
    Ok(parts)
}

/// Adds a member or inserts an element; missing parents are made.
pub(super) fn add(document: &mut Value, path: &[String], value: Value) -> Result<(), PatchError> {
    let (parent, last) = parent(document, path, Missing::Made)?;
    match parent {
        Value::Object(members) => {
            members.insert(last.to_owned(), value);
            Ok(())
        }
        Value::Array(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => match index(last) {
            Some(at) if at <= items.len() => {
                items.insert(at, value);
                Ok(())
            }
            _ => Err(nowhere(path)),
        },
        _ => Err(nowhere(path)),
    }
}

/// Replaces a value. A member that is not there is added; an element must be there.
pub(super) fn replace(
    document: &mut Value,
    path: &[String],
    value: Value,
) -> Result<(), PatchError> {
    let (parent, last) = parent(document, path, Missing::Made)?;
    match parent {
        Value::Object(members) => {
            members.insert(last.to_owned(), value);
            Ok(())
        }
        Value::Array(items) => {
            let place = index(last).and_then(|at| items.get_mut(at));
            *place.ok_or_else(|| nowhere(path))? = value;
            Ok(())
        }
        _ => Err(nowhere(path)),
    }
}

/// Removes a member or element, which must be there.
pub(super) fn remove(document: &mut Value, path: &[String]) -> Result<(), PatchError> {
    let (parent, last) = parent(document, path, Missing::Refused)?;
    match parent {
        Value::Object(members) => members
            .shift_remove(last)
            .map(drop)
            .ok_or_else(|| nowhere(path)),
        Value::Array(items) => match index(last) {
            Some(at) if at < items.len() => {
                items.remove(at);
                Ok(())
            }
            _ => Err(nowhere(path)),
        },
        _ => Err(nowhere(path)),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Missing {
    Made,
    Refused,
}

/// The value that holds the place, and the place's name in it.
fn parent<'d, 'p>(
    document: &'d mut Value,
    path: &'p [String],
    missing: Missing,
) -> Result<(&'d mut Value, &'p str), PatchError> {
    let (last, above) = path.split_last().ok_or_else(|| nowhere(path))?;
    let mut place = document;
    for part in above {
        if missing == Missing::Made {
            make_object(place);
        }
        place = match place {
            Value::Object(members) => match missing {
                Missing::Made => members.entry(part.clone()).or_insert(Value::Null),
                Missing::Refused => members.get_mut(part).ok_or_else(|| nowhere(path))?,
            },
            Value::Array(items) => index(part)
                .and_then(|at| items.get_mut(at))
                .ok_or_else(|| nowhere(path))?,
            _ => return Err(nowhere(path)),
        };
    }
    if missing == Missing::Made {
        // A list is begun by appending to what is not there.
        if place.is_null() && last == "-" {
            *place = Value::Array(Vec::new());
        }
        make_object(place);
    }
    Ok((place, last))
}

fn make_object(place: &mut Value) {
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
}

/// Array indexes have no leading zeros and no sign.
fn index(part: &str) -> Option<usize> {
    let plain =
        part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    plain.then(|| part.parse().ok()).flatten()
}

fn nowhere(path: &[String]) -> PatchError {
    PatchError::Path(format!("the path /{} leads nowhere", path.join("/")))
}

const MAX_DEPTH: usize = 32;
