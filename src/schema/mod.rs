//! Identity schemas: which traits an identity may have, and what they are good for (methods 9.2, 9.3).
//!
//! Everything is read, judged and compiled at start; a schema that is used cannot fail any more, only traits can.

mod derive;
mod extension;
mod fields;
mod format;
mod limits;
mod load;
mod normalise;
mod violation;
mod walk;

use std::{fmt, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use url::Url;

pub use derive::Derived;
pub use extension::Extension;
pub use fields::{Field, FieldKind, ItemKind};
pub use format::{is_email, is_phone};
pub use normalise::{email, normalise, phone};
pub use violation::{Keyword, Violation};

use crate::config::IdentitySettings;

/// Why the schemas cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The default is not in the list.
    #[error("identity.default_schema_id names \"{0}\", which is not in identity.schemas")]
    UnknownDefault(String),
    /// Two schemas have one id.
    #[error("identity.schemas has the id \"{0}\" twice")]
    Duplicate(String),
    /// A source cannot be read.
    #[error("identity schema \"{id}\": {problem}")]
    Unreadable {
        /// Which schema.
        id: String,
        /// What is wrong with the source.
        problem: String,
    },
    /// A document is no schema that we can use.
    #[error("identity schema \"{id}\": {problem}")]
    Invalid {
        /// Which schema.
        id: String,
        /// What is wrong with the document.
        problem: String,
    },
}

/// All configured schemas.
#[derive(Clone, Debug)]
pub struct Schemas {
    all: Arc<[Arc<Schema>]>,
    default: Arc<Schema>,
}

impl Schemas {
    /// Reads and compiles all of them. Reads files: for start and reload only.
    ///
    /// # Errors
    /// The first schema that cannot be used.
    pub fn load(settings: &IdentitySettings) -> Result<Self, SchemaError> {
        let mut all: Vec<Arc<Schema>> = Vec::with_capacity(settings.schemas.len());
        for source in &settings.schemas {
            if all.iter().any(|schema| schema.id == source.id) {
                return Err(SchemaError::Duplicate(source.id.clone()));
            }
            let text = load::read(&source.url).map_err(|problem| SchemaError::Unreadable {
                id: source.id.clone(),
                problem,
            })?;
            let schema = Schema::parse(&source.id, source.selectable, &text)?;
            all.push(Arc::new(schema));
        }
        let default = all
            .iter()
            .find(|schema| schema.id == settings.default_schema_id)
            .cloned()
            .ok_or_else(|| SchemaError::UnknownDefault(settings.default_schema_id.clone()))?;
        Ok(Self {
            all: all.into(),
            default,
        })
    }

    /// The schema of new identities unless another is asked for.
    #[must_use]
    pub fn default_schema(&self) -> &Arc<Schema> {
        &self.default
    }

    /// The schema with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<Schema>> {
        self.all.iter().find(|schema| schema.id == id)
    }

    /// The schema with this id, plain or as it stands in [`Schema::url`].
    #[must_use]
    pub fn find_published(&self, id: &str) -> Option<&Arc<Schema>> {
        self.find(id).or_else(|| {
            let decoded = BASE64URL_NOPAD.decode(id.as_bytes()).ok()?;
            self.find(std::str::from_utf8(&decoded).ok()?)
        })
    }

    /// All of them, in the file's order.
    #[must_use]
    pub fn all(&self) -> &[Arc<Schema>] {
        &self.all
    }
}

/// A schema, compiled.
pub struct Schema {
    /// Its id.
    pub id: String,
    /// May be chosen with `?identity_schema=`.
    pub selectable: bool,
    /// The document as it was written.
    pub document: Value,
    fields: Vec<Field>,
    objects: Vec<Vec<String>>,
    marks: Vec<derive::Mark>,
    identifier_label: Option<(String, String)>,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Compiles a document.
    ///
    /// # Errors
    /// [`SchemaError::Invalid`] with the reason.
    pub fn parse(id: &str, selectable: bool, text: &str) -> Result<Self, SchemaError> {
        load::compile(id, selectable, text).map_err(|problem| SchemaError::Invalid {
            id: id.to_owned(),
            problem,
        })
    }

    /// The leaf traits in schema order, depth first.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Paths of the objects inside the traits, outer ones first: a form fills in `{}` for those it has nothing for (flows 0.3).
    #[must_use]
    pub fn objects(&self) -> &[Vec<String>] {
        &self.objects
    }

    /// Title and form name of the one trait that people sign in with; `None` when there are several, or it has no title.
    #[must_use]
    pub fn identifier_label(&self) -> Option<(&str, &str)> {
        self.identifier_label
            .as_ref()
            .map(|(title, name)| (title.as_str(), name.as_str()))
    }

    /// Its address below the public base URL.
    #[must_use]
    pub fn url(&self, base: &Url) -> String {
        url_of(&self.id, base)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The address of a schema with this id, whether or not it is configured any more.
#[must_use]
pub fn url_of(id: &str, base: &Url) -> String {
    let base = base.as_str().trim_end_matches('/');
    format!("{base}/schemas/{}", BASE64URL_NOPAD.encode(id.as_bytes()))
}

#[cfg(test)]
mod tests;
