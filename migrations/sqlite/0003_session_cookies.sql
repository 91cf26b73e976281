-- Until when the cookie that a browser got says that it lasts: whoami sends it again once the session lasts longer.
ALTER TABLE sessions ADD COLUMN cookie_until INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET cookie_until = expires_at;

-- The digest of the token that a second factor has replaced answers a moment longer, for requests already under way.
ALTER TABLE sessions ADD COLUMN former_token BLOB CHECK (former_token IS NULL OR length(former_token) = 32);
ALTER TABLE sessions ADD COLUMN former_until INTEGER;

CREATE INDEX sessions_by_former_token ON sessions (former_token) WHERE former_token IS NOT NULL;
