"""What migration m0003 makes: the tables of 约稿.  Never edited after release, as all of schema.py."""

SOLICITATION_TABLES = """
CREATE TABLE solicitation (
  code      TEXT PRIMARY KEY,
  year      INTEGER NOT NULL,
  seq       INTEGER NOT NULL CHECK (seq >= 1),
  title     TEXT NOT NULL CHECK (trim(title) <> ''),
  title_key TEXT NOT NULL,
  topic     TEXT NOT NULL REFERENCES solicitation (code),
  state     TEXT NOT NULL CHECK (state IN ('open', 'closed', 'cancelled')),
  UNIQUE (year, seq)
) STRICT;
CREATE TABLE solicitation_ask (
  code         TEXT NOT NULL REFERENCES solicitation (code),
  round        INTEGER NOT NULL CHECK (round >= 1),
  source       TEXT NOT NULL CHECK (source IN ('state', 'province', 'city')),
  text         TEXT NOT NULL,
  deadline     TEXT NOT NULL,
  ladder       TEXT NOT NULL,
  asked_at     TEXT NOT NULL,
  asked_by     TEXT NOT NULL CHECK (trim(asked_by) <> ''),
  file_name    TEXT NOT NULL DEFAULT '',
  content_type TEXT,
  content      BLOB,
  PRIMARY KEY (code, round)
) STRICT;
CREATE TABLE solicitation_unit (
  code  TEXT NOT NULL,
  round INTEGER NOT NULL,
  place INTEGER NOT NULL,
  unit  TEXT NOT NULL,
  PRIMARY KEY (code, round, unit),
  FOREIGN KEY (code, round) REFERENCES solicitation_ask (code, round)
) STRICT;
CREATE INDEX solicitation_unit_unit ON solicitation_unit (unit);
CREATE TABLE solicitation_letter (
  letter_id INTEGER PRIMARY KEY REFERENCES letter (id),
  code      TEXT NOT NULL,
  round     INTEGER NOT NULL,
  unit      TEXT NOT NULL,
  FOREIGN KEY (code, round, unit) REFERENCES solicitation_unit (code, round, unit)
) STRICT;
CREATE INDEX solicitation_letter_code ON solicitation_letter (code, unit);
CREATE TABLE reminder (
  code       TEXT NOT NULL,
  round      INTEGER NOT NULL,
  unit       TEXT NOT NULL,
  step       INTEGER NOT NULL CHECK (step >= 1),
  at         TEXT NOT NULL,
  recipients TEXT NOT NULL,
  PRIMARY KEY (code, round, unit, step),
  FOREIGN KEY (code, round, unit) REFERENCES solicitation_unit (code, round, unit)
) STRICT;
CREATE TABLE solicitation_reply (
  number     TEXT PRIMARY KEY REFERENCES submission (number),
  code       TEXT REFERENCES solicitation (code),
  matched_by TEXT CHECK (matched_by IN ('code', 'thread', 'title', 'person')),
  doubt      TEXT,
  candidates TEXT NOT NULL DEFAULT '[]',
  at         TEXT NOT NULL,
  CHECK (code IS NULL OR matched_by IS NOT NULL)
) STRICT;
CREATE INDEX solicitation_reply_code ON solicitation_reply (code) WHERE code IS NOT NULL;
CREATE INDEX solicitation_reply_doubt ON solicitation_reply (at) WHERE doubt IS NOT NULL;
CREATE TABLE solicitation_mail (
  mail_id INTEGER NOT NULL REFERENCES mail (id),
  code    TEXT NOT NULL REFERENCES solicitation (code),
  unit    TEXT NOT NULL,
  PRIMARY KEY (mail_id, code)
) STRICT;
CREATE INDEX solicitation_mail_code ON solicitation_mail (code, unit);
CREATE TABLE late_ruling (
  id     INTEGER PRIMARY KEY,
  code   TEXT NOT NULL REFERENCES solicitation (code),
  unit   TEXT NOT NULL,
  ruling TEXT NOT NULL CHECK (ruling IN ('on_time', 'nothing', 'missed')),
  reason TEXT NOT NULL,
  at     TEXT NOT NULL,
  by     TEXT NOT NULL CHECK (trim(by) <> '')
) STRICT;
CREATE INDEX late_ruling_code ON late_ruling (code, unit);
CREATE TABLE invalidation (
  code      TEXT NOT NULL REFERENCES solicitation (code),
  unit      TEXT NOT NULL,
  phoned_at TEXT NOT NULL,
  caller    TEXT NOT NULL CHECK (trim(caller) <> ''),
  noted_by  TEXT NOT NULL CHECK (trim(noted_by) <> ''),
  paper_on  TEXT,
  signer    TEXT NOT NULL DEFAULT '',
  sealed    INTEGER NOT NULL DEFAULT 0 CHECK (sealed IN (0, 1)),
  paper_by  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (code, unit)
) STRICT;
CREATE TRIGGER solicitation_ask_is_not_changed BEFORE UPDATE ON solicitation_ask
BEGIN SELECT RAISE(ABORT, 'solicitation_ask is append-only'); END;
CREATE TRIGGER solicitation_ask_is_not_deleted BEFORE DELETE ON solicitation_ask
BEGIN SELECT RAISE(ABORT, 'solicitation_ask is append-only'); END;
CREATE TRIGGER solicitation_unit_is_not_changed BEFORE UPDATE ON solicitation_unit
BEGIN SELECT RAISE(ABORT, 'solicitation_unit is append-only'); END;
CREATE TRIGGER solicitation_unit_is_not_deleted BEFORE DELETE ON solicitation_unit
BEGIN SELECT RAISE(ABORT, 'solicitation_unit is append-only'); END;
CREATE TRIGGER reminder_is_not_changed BEFORE UPDATE ON reminder
BEGIN SELECT RAISE(ABORT, 'reminder is append-only'); END;
CREATE TRIGGER reminder_is_not_deleted BEFORE DELETE ON reminder
BEGIN SELECT RAISE(ABORT, 'reminder is append-only'); END;
CREATE TRIGGER late_ruling_is_not_changed BEFORE UPDATE ON late_ruling
BEGIN SELECT RAISE(ABORT, 'late_ruling is append-only'); END;
CREATE TRIGGER late_ruling_is_not_deleted BEFORE DELETE ON late_ruling
BEGIN SELECT RAISE(ABORT, 'late_ruling is append-only'); END;
"""
