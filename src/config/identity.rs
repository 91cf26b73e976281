//! `identity`

/// `identity`
#[derive(Clone, Debug)]
pub struct IdentitySettings {
    /// Schema of new identities unless another is asked for.
    pub default_schema_id: String,
    /// All schemas; the built-in one when the file names none (admin-and-config 6.5).
    pub schemas: Vec<SchemaSource>,
}

/// `identity.schemas[]`
#[derive(Clone, Debug)]
pub struct SchemaSource {
    /// Its id.
    pub id: String,
    /// `file://` (made absolute against the configuration's folder), `base64://` or `builtin:email`.
    pub url: String,
    /// May be chosen with `?identity_schema=`.
    pub selectable: bool,
}
