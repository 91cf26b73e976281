-- Identities, sessions, flows and stored errors.
--
-- Times are microseconds since 1970 (UTC), ids are the 16 bytes of a UUID, documents are JSON text.

CREATE TABLE identities (
    id                   BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    external_id          TEXT,
    schema_id            TEXT    NOT NULL,
    state                TEXT    NOT NULL,
    state_changed_at     INTEGER,
    traits               TEXT    NOT NULL,
    metadata_public      TEXT,
    metadata_admin       TEXT,
    -- Whole records, so that a session and its identity are one indexed read. The tables of the same names below hold who has
    -- which address, and nothing else.
    verifiable_addresses TEXT    NOT NULL,
    recovery_addresses   TEXT    NOT NULL,
    created_at           INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    version              INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX identities_by_external_id ON identities (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE credentials (
    identity_id BLOB    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL,
    -- In the order they were given; credential_identifiers holds who has which.
    identifiers TEXT    NOT NULL,
    config      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (identity_id, kind)
) STRICT;

-- The identifier leads, because operators look for one without knowing the kind.
CREATE TABLE credential_identifiers (
    identifier  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    identity_id BLOB NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (identifier, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_identifiers_by_identity ON credential_identifiers (identity_id);

CREATE TABLE verifiable_addresses (
    value       TEXT NOT NULL,
    via         TEXT NOT NULL,
    identity_id BLOB NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (value, via)
) STRICT, WITHOUT ROWID;

CREATE INDEX verifiable_addresses_by_identity ON verifiable_addresses (identity_id);

CREATE TABLE recovery_addresses (
    value       TEXT NOT NULL,
    via         TEXT NOT NULL,
    identity_id BLOB NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (value, via)
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_addresses_by_identity ON recovery_addresses (identity_id);

CREATE TABLE sessions (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    identity_id      BLOB    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    -- SHA-256 of the token; the token itself is stored nowhere.
    token            BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    active           INTEGER NOT NULL,
    issued_at        INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    aal              TEXT    NOT NULL,
    methods          TEXT    NOT NULL,
    devices          TEXT    NOT NULL
) STRICT;

CREATE INDEX sessions_by_identity ON sessions (identity_id, issued_at DESC, id);
CREATE INDEX sessions_by_issue ON sessions (issued_at DESC, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- Counting, limiting, listing and ending live sessions reads this one, however many ended ones an identity has collected.
CREATE INDEX sessions_by_state ON sessions (identity_id, active, issued_at DESC, id, expires_at);

CREATE TABLE flows (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind            TEXT    NOT NULL,
    flow_type       TEXT    NOT NULL,
    issued_at       INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    request_url     TEXT    NOT NULL,
    return_to       TEXT,
    active          TEXT,
    state           TEXT    NOT NULL,
    ui              TEXT    NOT NULL,
    csrf            BLOB,
    refresh         INTEGER NOT NULL,
    requested_aal   TEXT    NOT NULL,
    identity_schema TEXT,
    identity_id     BLOB    REFERENCES identities (id) ON DELETE CASCADE,
    internal        TEXT    NOT NULL
) STRICT;

CREATE INDEX flows_by_expiry ON flows (expires_at);
CREATE INDEX flows_by_csrf ON flows (csrf, issued_at) WHERE csrf IS NOT NULL;
CREATE INDEX flows_by_identity ON flows (identity_id) WHERE identity_id IS NOT NULL;

CREATE TABLE self_service_errors (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    error      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX self_service_errors_by_age ON self_service_errors (created_at);
