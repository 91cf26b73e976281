-- Personal access tokens: what programs of a person present instead of a session.

CREATE TABLE access_tokens (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    identity_id  BLOB    NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    token        BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    hint         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    reach        TEXT    NOT NULL,
    aal          TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX access_tokens_by_identity ON access_tokens (identity_id, created_at DESC, id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);
