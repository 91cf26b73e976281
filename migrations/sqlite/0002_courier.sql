-- The outbox of the courier.

CREATE TABLE courier_messages (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    status          TEXT    NOT NULL,
    via             TEXT    NOT NULL,
    recipient       TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    template        TEXT    NOT NULL,
    template_data   TEXT    NOT NULL,
    request_headers TEXT    NOT NULL,
    send_count      INTEGER NOT NULL,
    -- While a message is processed: when its worker is taken for dead. Nothing when it is done with.
    next_attempt_at INTEGER,
    expires_at      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX courier_messages_by_age ON courier_messages (created_at DESC, id);
CREATE INDEX courier_messages_by_status ON courier_messages (status, created_at DESC, id);
CREATE INDEX courier_messages_by_recipient ON courier_messages (recipient, created_at DESC, id);
-- What waits is a small part of the table; these two hold nothing else.
CREATE INDEX courier_messages_due ON courier_messages (next_attempt_at, created_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX courier_messages_expiring ON courier_messages (expires_at)
    WHERE next_attempt_at IS NOT NULL AND expires_at IS NOT NULL;
CREATE INDEX courier_messages_done ON courier_messages (updated_at)
    WHERE next_attempt_at IS NULL;

CREATE TABLE courier_dispatches (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    message_id BLOB    NOT NULL REFERENCES courier_messages (id) ON DELETE CASCADE,
    error      TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX courier_dispatches_by_message ON courier_dispatches (message_id, created_at DESC, id);
