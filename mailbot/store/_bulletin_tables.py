"""What migration m0004 makes: more kinds of bulletins, texts finished in Word, notes.  Never edited after
release, as all of schema.py."""

BULLETIN_TABLES = """
CREATE TABLE bulletin_wider (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('monthly', 'instant', 'annual', 'correction', 'gazette')),
  period      TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('draft', 'approved')),
  sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
  file_name   TEXT NOT NULL,
  figures     TEXT NOT NULL,
  drafted_at  TEXT NOT NULL,
  drafts      INTEGER NOT NULL DEFAULT 1,
  uploaded_by TEXT CHECK (uploaded_by IS NULL OR trim(uploaded_by) <> ''),
  approved_by TEXT,
  approved_at TEXT,
  UNIQUE (kind, period),
  CHECK (state = 'draft' OR (approved_by IS NOT NULL AND approved_at IS NOT NULL))
) STRICT;
INSERT INTO bulletin_wider (id, kind, period, state, sha256, file_name, figures, drafted_at, drafts,
    approved_by, approved_at)
  SELECT id, kind, period, state, sha256, file_name, figures, drafted_at, drafts, approved_by, approved_at
  FROM bulletin;
DROP TABLE bulletin;
ALTER TABLE bulletin_wider RENAME TO bulletin;
CREATE TRIGGER bulletin_is_frozen BEFORE UPDATE ON bulletin
WHEN OLD.state = 'approved' BEGIN SELECT RAISE(ABORT, 'an approved bulletin is frozen'); END;

CREATE TABLE bulletin_note (
  kind    TEXT NOT NULL,
  period  TEXT NOT NULL,
  passage TEXT NOT NULL,
  text    TEXT NOT NULL CHECK (trim(text) <> ''),
  at      TEXT NOT NULL,
  by      TEXT NOT NULL CHECK (trim(by) <> ''),
  PRIMARY KEY (kind, period, passage)
) STRICT, WITHOUT ROWID;
"""
