"""What migration m0005 makes: reference texts.  Never edited after release, as all of schema.py."""

CORPUS_TABLES = """
CREATE TABLE reference_text (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE CHECK (trim(name) <> ''),
  sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
  text       TEXT NOT NULL,
  indexed_at TEXT NOT NULL
) STRICT;
CREATE TABLE reference_fingerprint (
  hash         INTEGER NOT NULL,
  reference_id INTEGER NOT NULL REFERENCES reference_text (id) ON DELETE CASCADE,
  PRIMARY KEY (hash, reference_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_fingerprint_text ON reference_fingerprint (reference_id);
"""
