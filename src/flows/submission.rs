//! What a client submitted, before anybody has looked at its meaning.

use serde_json::Value;

use crate::web::body::{Field, FieldType, Fields, decode};

/// A decoded submission.
#[derive(Clone, Debug)]
pub struct Submission {
    fields: Fields,
}

impl Submission {
    /// Wraps the fields of a body.
    #[must_use]
    pub fn new(fields: Fields) -> Self {
        Self { fields }
    }

    /// The fields as they were sent.
    #[must_use]
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The method it asks for.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.text("method")
    }

    /// The first value of a field, unless it is empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.text(name)
    }

    /// The fields of `table` as one JSON object (flows 0.3).
    #[must_use]
    pub fn decode(&self, table: &[Field]) -> Value {
        decode(&self.fields, table)
    }

    /// The `transient_payload`: an object, `{}` when there is none.
    #[must_use]
    pub fn transient_payload(&self) -> Value {
        let table = [Field::optional("transient_payload", FieldType::Object)];
        self.decode(&table)
            .get("transient_payload")
            .cloned()
            .unwrap_or_default()
    }
}
