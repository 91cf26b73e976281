-- What must be remembered of failed attempts when the process starts again, known browsers, and whose flows are whose.

CREATE TABLE account_failures (
    -- Digest of the identity's id, or of an identifier that nobody has.
    account      BLOB    NOT NULL PRIMARY KEY CHECK (length(account) = 32),
    failures     INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    forgotten_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX account_failures_by_end ON account_failures (forgotten_at);

CREATE TABLE factor_failures (
    identity_id BLOB    NOT NULL PRIMARY KEY REFERENCES identities (id) ON DELETE CASCADE,
    failures    INTEGER NOT NULL,
    full_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE known_devices (
    -- SHA-256 of the id in the browser's cookie.
    device      BLOB    NOT NULL CHECK (length(device) = 32),
    identity_id BLOB    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    credentials INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (device, identity_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_devices_by_identity ON known_devices (identity_id, expires_at);
CREATE INDEX known_devices_by_end ON known_devices (expires_at);

-- HMAC of the network that began a flow, so that nobody fills the table (security 11.10).
ALTER TABLE flows ADD COLUMN client BLOB;

CREATE INDEX flows_by_client ON flows (client, issued_at) WHERE client IS NOT NULL;
