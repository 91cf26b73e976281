-- One-time codes and links, and how often a flow's codes were tried.

CREATE TABLE codes (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    flow_id     BLOB    NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    identity_id BLOB    REFERENCES identities (id) ON DELETE CASCADE,
    address     TEXT    NOT NULL,
    via         TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    form        TEXT    NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    by_admin    INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
) STRICT;

CREATE INDEX codes_by_flow ON codes (flow_id);
CREATE INDEX codes_by_identity ON codes (identity_id) WHERE identity_id IS NOT NULL;

-- Counted apart from the flow's record, so that writing the flow never lowers it.
ALTER TABLE flows ADD COLUMN submissions INTEGER NOT NULL DEFAULT 0;
