//! What is wrong with traits, as data: the place, the keyword with its values (flows 7.6), and a sentence.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
    paths::{Location, LocationSegment},
};
use serde_json::{Number, Value};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Where, below `traits`; empty for the traits as a whole. For a missing member it is the member's own path.
    pub path: Vec<String>,
    /// Which rule was broken.
    pub keyword: Keyword,
    /// The sentence for people.
    pub text: String,
}

impl Violation {
    pub(super) fn new(path: Vec<String>, keyword: Keyword) -> Self {
        let text = keyword.to_string();
        Self {
            path,
            keyword,
            text,
        }
    }

    /// Where and what, for an operator: `#/traits/email: …`.
    #[must_use]
    pub fn located(&self) -> String {
        let mut place = String::from("#/traits");
        for segment in &self.path {
            place.push('/');
            place.push_str(segment);
        }
        format!("{place}: {}", self.text)
    }
}

/// A broken rule, with the values of the message's context.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Keyword {
    /// `required`
    #[error("\"{property}\" is missing.")]
    Required {
        /// The missing member.
        property: String,
    },
    /// `minLength`
    #[error("Use at least {min_length} characters; this has {actual_length}.")]
    MinLength {
        /// The limit.
        min_length: u64,
        /// Code points.
        actual_length: u64,
    },
    /// `maxLength`
    #[error("Use at most {max_length} characters; this has {actual_length}.")]
    MaxLength {
        /// The limit.
        max_length: u64,
        /// Code points.
        actual_length: u64,
    },
    /// `pattern`
    #[error("This does not have the expected form: {pattern}")]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// `minimum`
    #[error("Use {minimum} or more; this is {actual}.")]
    Minimum {
        /// The limit.
        minimum: Value,
        /// The value.
        actual: Value,
    },
    /// `exclusiveMinimum`
    #[error("Use more than {minimum}; this is {actual}.")]
    ExclusiveMinimum {
        /// The limit.
        minimum: Value,
        /// The value.
        actual: Value,
    },
    /// `maximum`
    #[error("Use {maximum} or less; this is {actual}.")]
    Maximum {
        /// The limit.
        maximum: Value,
        /// The value.
        actual: Value,
    },
    /// `exclusiveMaximum`
    #[error("Use less than {maximum}; this is {actual}.")]
    ExclusiveMaximum {
        /// The limit.
        maximum: Value,
        /// The value.
        actual: Value,
    },
    /// `multipleOf`
    #[error("Use a multiple of {base}; this is {actual}.")]
    MultipleOf {
        /// The base.
        base: Value,
        /// The value.
        actual: Value,
    },
    /// `minItems`
    #[error("Give at least {min_items} entries; there are {actual_items}.")]
    MinItems {
        /// The limit.
        min_items: u64,
        /// How many there are.
        actual_items: u64,
    },
    /// `maxItems`
    #[error("Give at most {max_items} entries; there are {actual_items}.")]
    MaxItems {
        /// The limit.
        max_items: u64,
        /// How many there are.
        actual_items: u64,
    },
    /// `uniqueItems`
    #[error("The entries {index_a} and {index_b} are the same.")]
    UniqueItems {
        /// The first of the two.
        index_a: u64,
        /// The second.
        index_b: u64,
    },
    /// `type`
    #[error("This should be of type {}, but is of type {actual_type}.", .allowed_types.join(" or "))]
    Type {
        /// What the schema allows.
        allowed_types: Vec<String>,
        /// What it is.
        actual_type: &'static str,
    },
    /// `const` with a scalar
    #[error("This must be {expected}.")]
    Const {
        /// The constant, as text.
        expected: String,
    },
    /// `const` with an object or array
    #[error("This must be exactly the expected value.")]
    ConstValue,
    /// `format: email`
    #[error("\"{value}\" is not an email address.")]
    Email {
        /// The value.
        value: String,
    },
    /// `format: tel`
    #[error("\"{value}\" is not a phone number with country code, as in +1 650 253 0000.")]
    Tel {
        /// The value.
        value: String,
    },
    /// Every other keyword.
    #[error("{reason}")]
    Other {
        /// What is wrong.
        reason: String,
    },
}

/// The leaf causes of a failed validation, each once.
pub(super) fn leaves<'e>(errors: impl Iterator<Item = ValidationError<'e>>) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in errors {
        unfold(&error, &mut found);
    }
    found
}

/// Adds a violation unless it is there already.
pub(super) fn add(found: &mut Vec<Violation>, violation: Violation) {
    if !found.contains(&violation) {
        found.push(violation);
    }
}

fn unfold(error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if context.iter().any(|branch| !branch.is_empty()) =>
        {
            for cause in context.iter().flatten() {
                unfold(cause, found);
            }
        }
        kind => {
            let mut path = below_traits(error.instance_path());
            let keyword = keyword(kind, error.instance());
            if let Keyword::Required { property } = &keyword {
                path.push(property.clone());
            }
            add(found, Violation::new(path, keyword));
        }
    }
}

fn below_traits(location: &Location) -> Vec<String> {
    let segments = location.segments().map(|segment| match segment {
        LocationSegment::Property(name) => name.to_string(),
        LocationSegment::Index(index) => index.to_string(),
    });
    segments.skip(1).collect()
}

fn keyword(kind: &ValidationErrorKind, instance: &Value) -> Keyword {
    let actual = || instance.clone();
    let text = || instance.as_str().unwrap_or_default().to_owned();
    match kind {
        ValidationErrorKind::Required { property } => Keyword::Required {
            property: plain(property),
        },
        ValidationErrorKind::MinLength { limit } => Keyword::MinLength {
            min_length: *limit,
            actual_length: code_points(instance),
        },
        ValidationErrorKind::MaxLength { limit } => Keyword::MaxLength {
            max_length: *limit,
            actual_length: code_points(instance),
        },
        ValidationErrorKind::Pattern { pattern } => Keyword::Pattern {
            pattern: pattern.clone(),
        },
        ValidationErrorKind::Minimum { limit } => Keyword::Minimum {
            minimum: limit.clone(),
            actual: actual(),
        },
        ValidationErrorKind::ExclusiveMinimum { limit } => Keyword::ExclusiveMinimum {
            minimum: limit.clone(),
            actual: actual(),
        },
        ValidationErrorKind::Maximum { limit } => Keyword::Maximum {
            maximum: limit.clone(),
            actual: actual(),
        },
        ValidationErrorKind::ExclusiveMaximum { limit } => Keyword::ExclusiveMaximum {
            maximum: limit.clone(),
            actual: actual(),
        },
        ValidationErrorKind::MultipleOf { multiple_of } => Keyword::MultipleOf {
            base: number(*multiple_of),
            actual: actual(),
        },
        ValidationErrorKind::MinItems { limit } => Keyword::MinItems {
            min_items: *limit,
            actual_items: length(instance),
        },
        ValidationErrorKind::MaxItems { limit } => Keyword::MaxItems {
            max_items: *limit,
            actual_items: length(instance),
        },
        ValidationErrorKind::UniqueItems => twins(instance),
        ValidationErrorKind::Type { kind } => Keyword::Type {
            allowed_types: allowed(kind),
            actual_type: type_name(instance),
        },
        ValidationErrorKind::Constant { expected_value } => match &**expected_value {
            Value::Object(_) | Value::Array(_) => Keyword::ConstValue,
            scalar => Keyword::Const {
                expected: plain(scalar),
            },
        },
        ValidationErrorKind::Format { format } if format == "email" || format == "email_loose" => {
            Keyword::Email { value: text() }
        }
        ValidationErrorKind::Format { format } if format == "tel" => Keyword::Tel { value: text() },
        other => Keyword::Other {
            reason: reason(other),
        },
    }
}

/// Our words for the rules that have no message of their own. The value is not repeated: it may be long, or private.
fn reason(kind: &ValidationErrorKind) -> String {
    match kind {
        ValidationErrorKind::Enum { options } => {
            let choices = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let choices: Vec<String> = choices.iter().take(20).map(plain).collect();
            format!("Choose one of: {}.", choices.join(", "))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("Not known here: {}.", unexpected.join(", "))
        }
        ValidationErrorKind::Format { format } => format!("This is not a valid {format}."),
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            "This fits more than one of the allowed forms.".to_owned()
        }
        ValidationErrorKind::Not { .. } | ValidationErrorKind::FalseSchema => {
            "This is not allowed here.".to_owned()
        }
        other => format!("This breaks the rule \"{}\".", other.keyword()),
    }
}

fn allowed(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(set) => set.iter().map(|one| one.to_string()).collect(),
    }
}

fn twins(array: &Value) -> Keyword {
    let items = array.as_array().map(Vec::as_slice).unwrap_or_default();
    let same = items.iter().enumerate().find_map(|(later, item)| {
        let earlier = items.iter().take(later).position(|other| other == item)?;
        Some((earlier as u64, later as u64))
    });
    let (index_a, index_b) = same.unwrap_or((0, 1));
    Keyword::UniqueItems { index_a, index_b }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn code_points(value: &Value) -> u64 {
    value.as_str().unwrap_or_default().chars().count() as u64
}

fn length(value: &Value) -> u64 {
    value.as_array().map_or(0, Vec::len) as u64
}

/// The number as the schema's author wrote it: without a fraction when it has none.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked: no fraction, within the exact range"
    )]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::from(value as i64)
    } else {
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }
}
