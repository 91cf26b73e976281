//! From a configured source to a compiled schema.

use std::{fs, io::Read};

use data_encoding::{BASE64, BASE64_NOPAD};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;
use url::Url;

use super::{
    Schema,
    derive::Mark,
    extension::Extension,
    fields, format,
    limits::{self, MAX_BYTES},
    walk::{self, Place, Step},
};
use crate::model::Channel;

/// Reads a source: `file://`, `base64://` or `builtin:email`.
pub(super) fn read(url: &str) -> Result<String, String> {
    if url == "builtin:email" {
        return Ok(BUILTIN_EMAIL.to_owned());
    }
    if let Some(encoded) = url.strip_prefix("base64://") {
        let bytes = BASE64
            .decode(encoded.as_bytes())
            .or_else(|_| BASE64_NOPAD.decode(encoded.as_bytes()))
            .map_err(|_| "the text after base64:// is not standard base64".to_owned())?;
        return String::from_utf8(bytes)
            .map_err(|_| "the text after base64:// is not UTF-8".to_owned());
    }
    match Url::parse(url) {
        Ok(url) if url.scheme() == "file" => {
            let path = url
                .to_file_path()
                .map_err(|()| format!("{url} names no local file"))?;
            read_file(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") => Err(format!(
            "{url}: schemas are not loaded over the network yet; save it to a file and name that with file://"
        )),
        _ => Err(format!(
            "{url} is not a source for a schema: use file:// or base64://"
        )),
    }
}

fn read_file(path: &std::path::Path) -> std::io::Result<String> {
    let mut text = String::new();
    // One byte more than allowed, so that the size check sees an oversized file without reading all of it.
    fs::File::open(path)?
        .take(MAX_BYTES as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Judges and compiles a document.
pub(super) fn compile(id: &str, selectable: bool, text: &str) -> Result<Schema, String> {
    if text.len() > MAX_BYTES {
        return Err("is larger than 1 MiB".to_owned());
    }
    let document: Value = serde_json::from_str(text)
        .map_err(|mistake| format!("is not JSON that we can read: {mistake}"))?;
    limits::check(&document)?;
    let traits = traits(&document)?;
    let places = walk::places(&document, traits);
    let marked = marked(&places)?;
    let identifier_label = identifier_label(&marked);
    let marks = marked
        .into_iter()
        .map(|(place, extension)| Mark {
            path: place.path.clone(),
            extension,
            format: text_of(place.schema, "format"),
        })
        .collect();
    let (fields, objects) = fields::collect(&places);
    let validator = validator(&document)?;
    Ok(Schema {
        id: id.to_owned(),
        selectable,
        fields,
        objects,
        marks,
        identifier_label,
        validator,
        document,
    })
}

fn traits(document: &Value) -> Result<&Value, String> {
    let traits = document
        .pointer("/properties/traits")
        .ok_or("needs properties.traits, the object that describes an identity")?;
    let traits = match traits.get("$ref").and_then(Value::as_str) {
        Some(reference) => walk::resolve(document, reference).unwrap_or(traits),
        None => traits,
    };
    if traits.get("type").is_some_and(|kind| kind != "object") {
        return Err("properties.traits must be of type object".to_owned());
    }
    let members = traits.get("properties").and_then(Value::as_object);
    if members.is_none_or(serde_json::Map::is_empty) {
        return Err("properties.traits needs at least one property".to_owned());
    }
    Ok(traits)
}

/// The places that carry the extension, each judged.
fn marked<'p, 's>(places: &'p [Place<'s>]) -> Result<Vec<(&'p Place<'s>, Extension)>, String> {
    let mut found = Vec::new();
    for place in places {
        let at = |problem: String| format!("trait \"{}\": {problem}", name(&place.path));
        let Some(extension) = Extension::of(place.schema).map_err(at)? else {
            continue;
        };
        check_verification(&extension, place.schema).map_err(at)?;
        found.push((place, extension));
    }
    Ok(found)
}

/// An address to prove needs a format that says how it is written (methods 9.3).
fn check_verification(extension: &Extension, schema: &Value) -> Result<(), String> {
    let format = schema.get("format").and_then(Value::as_str);
    match (extension.verification.via, format) {
        (Some(Channel::Sms), None) => {
            Err("verification via sms needs a format, such as \"tel\"".to_owned())
        }
        (Some(_), Some(format)) if !ADDRESS_FORMATS.contains(&format) => Err(format!(
            "an address to verify cannot have the format \"{format}\""
        )),
        _ => Ok(()),
    }
}

fn identifier_label(marked: &[(&Place<'_>, Extension)]) -> Option<(String, String)> {
    let mut identifying = marked
        .iter()
        .filter(|(_, extension)| extension.credentials.identify());
    let (place, _) = identifying.next()?;
    if identifying.any(|(other, _)| other.path != place.path) {
        return None;
    }
    let title = text_of(place.schema, "title").filter(|title| !title.is_empty())?;
    Some((title, format!("traits.{}", name(&place.path))))
}

fn name(path: &[Step]) -> String {
    let keys: Vec<String> = path
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Element => None,
        })
        .collect();
    fields::dotted(&keys)
}

fn text_of(schema: &Value, keyword: &str) -> Option<String> {
    schema
        .get(keyword)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// Draft 7 whatever `$schema` says, as Kratos; nothing is fetched; patterns run in linear time.
fn validator(document: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
        .with_format("email", format::is_email)
        .with_format("email_loose", format::is_email)
        .with_format("tel", format::is_phone)
        .build(document)
        .map_err(|error| {
            let place = error.instance_path().to_string();
            format!("is not a schema that we can use: {error} (at #{place})")
        })
}

const ADDRESS_FORMATS: [&str; 6] = ["email", "tel", "date", "time", "date-time", "no-validate"];

const BUILTIN_EMAIL: &str = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"traits":{"type":"object","properties":{
  "email":{"type":"string","format":"email","title":"E-Mail","ory.sh/kratos":{
    "credentials":{"password":{"identifier":true},"code":{"identifier":true,"via":"email"}},
    "verification":{"via":"email"},"recovery":{"via":"email"}}},
  "name":{"type":"string","title":"Name"}},"required":["email"],"additionalProperties":false}}}"#;
