"""The tables, as numbered migrations (sqlite-utils' Migrations).  Never edited after release: add a new one.

STRICT tables, foreign keys, and the UNIQUE keys that make each act idempotent: a mail is admitted once per
key, a letter written once per mail and kind, a bulletin drafted once per period, a job done once per due
time.
Times are ISO 8601 with +08:00, so that text order is time order.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from mailbot.store._bulletin_tables import BULLETIN_TABLES
from mailbot.store._corpus_tables import CORPUS_TABLES
from mailbot.store._solicitation_tables import SOLICITATION_TABLES

migrations = Migrations("mailbot")

_M0001 = """
CREATE TABLE mail (
  id           INTEGER PRIMARY KEY,
  key          TEXT NOT NULL UNIQUE,
  epoch        TEXT NOT NULL,
  sha256       TEXT NOT NULL CHECK (length(sha256) = 64),
  size         INTEGER NOT NULL CHECK (size >= 0),
  arrived_at   TEXT NOT NULL,
  spooled      INTEGER NOT NULL CHECK (spooled IN (0, 1)),
  state        TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'parked')),
  attempts     INTEGER NOT NULL DEFAULT 0,
  last_error   TEXT NOT NULL DEFAULT '',
  number       TEXT,
  outcome      TEXT CHECK (outcome IN (
                 'ignored', 'duplicate', 'held', 'returned', 'accepted_with_remarks', 'accepted', 'parked')),
  verdict      TEXT,
  sender       TEXT NOT NULL DEFAULT '',
  subject      TEXT NOT NULL DEFAULT '',
  message_id   TEXT NOT NULL DEFAULT '',
  collected_at TEXT NOT NULL,
  processed_at TEXT,
  settled      INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
  CHECK (state <> 'done' OR outcome IS NOT NULL)
) STRICT;
CREATE INDEX mail_sha256 ON mail (sha256, epoch);
CREATE INDEX mail_todo ON mail (state, arrived_at) WHERE state = 'new';
CREATE INDEX mail_settle ON mail (id) WHERE settled = 0 AND state <> 'new';
CREATE INDEX mail_message_id ON mail (message_id) WHERE message_id <> '';
CREATE INDEX mail_arrived ON mail (arrived_at);
CREATE INDEX mail_number ON mail (number) WHERE number IS NOT NULL;
CREATE VIEW ledger AS
  SELECT id, key, epoch, sha256, size, arrived_at, spooled, state, attempts, last_error, number, outcome,
         sender, subject, message_id, processed_at, settled
  FROM mail;

CREATE TABLE document (
  id           INTEGER PRIMARY KEY,
  sha256       TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  kind         TEXT NOT NULL,
  size         INTEGER NOT NULL,
  text         TEXT NOT NULL,
  text_digest  TEXT NOT NULL,
  words        INTEGER NOT NULL,
  body_words   INTEGER NOT NULL,
  han          INTEGER NOT NULL
) STRICT;
CREATE INDEX document_digest ON document (text_digest) WHERE text_digest <> '';

CREATE TABLE submission (
  number          TEXT PRIMARY KEY,
  state           TEXT NOT NULL CHECK (state IN ('accepted', 'held', 'returned', 'declined')),
  unit            TEXT,
  title           TEXT NOT NULL DEFAULT '',
  title_key       TEXT NOT NULL DEFAULT '',
  fields          TEXT NOT NULL,
  sender          TEXT NOT NULL,
  arrived_at      TEXT NOT NULL,
  mail_id         INTEGER NOT NULL REFERENCES mail (id),
  document_sha256 TEXT REFERENCES document (sha256),
  document_name   TEXT NOT NULL DEFAULT '',
  solicitation    TEXT,
  row_version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX submission_unit_title ON submission (unit, title_key);
CREATE INDEX submission_arrived ON submission (arrived_at);
CREATE INDEX submission_returned ON submission (sender, arrived_at) WHERE state = 'returned';
CREATE INDEX submission_document ON submission (document_sha256);

CREATE TABLE version (
  number          TEXT NOT NULL REFERENCES submission (number),
  seq             INTEGER NOT NULL CHECK (seq >= 1),
  mail_id         INTEGER NOT NULL UNIQUE REFERENCES mail (id),
  document_sha256 TEXT REFERENCES document (sha256),
  document_name   TEXT NOT NULL DEFAULT '',
  arrived_at      TEXT NOT NULL,
  at              TEXT NOT NULL,
  PRIMARY KEY (number, seq)
) STRICT;
CREATE INDEX version_document ON version (document_sha256);
CREATE VIEW item AS
  SELECT s.number, s.state, s.unit, s.title, s.title_key, s.fields, s.sender, s.arrived_at, s.mail_id,
         s.document_sha256, s.document_name, s.solicitation, s.row_version,
         d.text_digest, d.words, d.body_words, d.han,
         (SELECT count(*) FROM version v WHERE v.number = s.number) AS versions
  FROM submission s LEFT JOIN document d ON d.sha256 = s.document_sha256;

CREATE TABLE letter (
  id            INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN (
                  'held', 'ready', 'sending', 'sent', 'uncertain', 'failed', 'withdrawn')),
  recipient     TEXT NOT NULL COLLATE NOCASE,
  subject       TEXT NOT NULL,
  body          TEXT NOT NULL,
  message_id    TEXT NOT NULL UNIQUE,
  in_reply_to   TEXT NOT NULL DEFAULT '',
  refs          TEXT NOT NULL DEFAULT '[]',
  number        TEXT,
  mail_id       INTEGER REFERENCES mail (id),
  about         TEXT NOT NULL DEFAULT '',
  content       BLOB,
  attempts      INTEGER NOT NULL DEFAULT 0,
  resends       INTEGER NOT NULL DEFAULT 0,
  created_at    TEXT NOT NULL,
  due_at        TEXT,
  claimed_at    TEXT,
  at_dot        INTEGER NOT NULL DEFAULT 0 CHECK (at_dot IN (0, 1)),
  sent_at       TEXT,
  reply         TEXT NOT NULL DEFAULT '',
  row_version   INTEGER NOT NULL DEFAULT 1,
  CHECK (state IN ('held', 'withdrawn') OR content IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX letter_once_per_mail ON letter (mail_id, kind) WHERE mail_id IS NOT NULL;
CREATE UNIQUE INDEX letter_once_about ON letter (kind, about, recipient) WHERE about <> '';
CREATE INDEX letter_state ON letter (state, due_at);
CREATE INDEX letter_ready ON letter (id, due_at) WHERE state = 'ready';
CREATE INDEX letter_recipient ON letter (recipient, created_at);
CREATE INDEX letter_created ON letter (created_at);
CREATE TRIGGER letter_is_frozen BEFORE UPDATE OF content, recipient, subject, body, message_id ON letter
WHEN OLD.state <> 'held' AND (NEW.content IS NOT OLD.content OR NEW.recipient IS NOT OLD.recipient
  OR NEW.subject IS NOT OLD.subject OR NEW.body IS NOT OLD.body OR NEW.message_id IS NOT OLD.message_id)
BEGIN SELECT RAISE(ABORT, 'a released letter is frozen'); END;

CREATE TABLE letter_file (
  letter_id    INTEGER NOT NULL REFERENCES letter (id),
  name         TEXT NOT NULL,
  content_type TEXT NOT NULL,
  content      BLOB NOT NULL,
  PRIMARY KEY (letter_id, name)
) STRICT;

CREATE TABLE event (
  id      INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  who     TEXT NOT NULL,
  verb    TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX event_subject ON event (subject, id);
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;

CREATE TABLE correspondent (
  id          INTEGER PRIMARY KEY,
  address     TEXT NOT NULL COLLATE NOCASE,
  unit        TEXT NOT NULL,
  name        TEXT NOT NULL DEFAULT '',
  phone       TEXT NOT NULL DEFAULT '',
  valid_from  TEXT,
  valid_until TEXT,
  confirmed   INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
  UNIQUE (address, unit, name)
) STRICT;

CREATE TABLE fingerprint (
  hash        INTEGER NOT NULL,
  document_id INTEGER NOT NULL,
  PRIMARY KEY (hash, document_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bulletin (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('monthly', 'instant', 'annual')),
  period      TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('draft', 'approved')),
  sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
  file_name   TEXT NOT NULL,
  figures     TEXT NOT NULL,
  drafted_at  TEXT NOT NULL,
  drafts      INTEGER NOT NULL DEFAULT 1,
  approved_by TEXT,
  approved_at TEXT,
  UNIQUE (kind, period),
  CHECK (state = 'draft' OR (approved_by IS NOT NULL AND approved_at IS NOT NULL))
) STRICT;
CREATE TRIGGER bulletin_is_frozen BEFORE UPDATE ON bulletin
WHEN OLD.state = 'approved' BEGIN SELECT RAISE(ABORT, 'an approved bulletin is frozen'); END;

CREATE TABLE job_run (
  name    TEXT NOT NULL,
  due_at  TEXT NOT NULL,
  done_at TEXT NOT NULL,
  PRIMARY KEY (name, due_at)
) STRICT;

CREATE TABLE note (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE user (
  name       TEXT PRIMARY KEY,
  role       TEXT NOT NULL CHECK (role IN ('view', 'review', 'admin')),
  secret     TEXT NOT NULL,
  created_at TEXT NOT NULL,
  disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT;

CREATE TABLE login_attempt (
  name TEXT NOT NULL,
  at   TEXT NOT NULL,
  ok   INTEGER NOT NULL CHECK (ok IN (0, 1))
) STRICT;
CREATE INDEX login_attempt_name ON login_attempt (name, at);
"""


@migrations()
def m0001_initial(db: Database) -> None:
    """Ledger, documents, submissions, outbox, events, correspondents, bulletins, jobs, users."""
    for statement in _statements(_M0001):
        db.execute(statement)


_M0002 = """
CREATE TABLE fact (
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN (
               'adoption', 'instruction', 'secondment', 'demerit', 'failure', 'adjustment')),
  at         TEXT NOT NULL,
  details    TEXT NOT NULL,
  note       TEXT NOT NULL DEFAULT '',
  answer_by  TEXT CHECK (answer_by IS NULL OR kind = 'instruction'),
  entered_at TEXT NOT NULL,
  entered_by TEXT NOT NULL CHECK (trim(entered_by) <> '')
) STRICT;
CREATE INDEX fact_kind ON fact (kind, at);
CREATE TABLE fact_item (
  fact_id INTEGER NOT NULL REFERENCES fact (id),
  number  TEXT NOT NULL REFERENCES submission (number),
  PRIMARY KEY (fact_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_item_number ON fact_item (number);
CREATE TABLE fact_withdrawal (
  fact_id INTEGER PRIMARY KEY REFERENCES fact (id),
  at      TEXT NOT NULL,
  by      TEXT NOT NULL CHECK (trim(by) <> ''),
  reason  TEXT NOT NULL CHECK (trim(reason) <> '')
) STRICT;
CREATE TABLE fact_answer (
  id      INTEGER PRIMARY KEY,
  fact_id INTEGER NOT NULL REFERENCES fact (id),
  mail_id INTEGER NOT NULL REFERENCES mail (id),
  at      TEXT NOT NULL,
  by      TEXT NOT NULL CHECK (trim(by) <> ''),
  UNIQUE (fact_id, mail_id)
) STRICT;
CREATE TRIGGER fact_is_not_changed BEFORE UPDATE ON fact
BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER fact_is_not_deleted BEFORE DELETE ON fact
BEGIN SELECT RAISE(ABORT, 'fact is append-only'); END;
CREATE TRIGGER fact_item_is_not_changed BEFORE UPDATE ON fact_item
BEGIN SELECT RAISE(ABORT, 'fact_item is append-only'); END;
CREATE TRIGGER fact_item_is_not_deleted BEFORE DELETE ON fact_item
BEGIN SELECT RAISE(ABORT, 'fact_item is append-only'); END;
CREATE TRIGGER fact_withdrawal_is_not_changed BEFORE UPDATE ON fact_withdrawal
BEGIN SELECT RAISE(ABORT, 'fact_withdrawal is append-only'); END;
CREATE TRIGGER fact_withdrawal_is_not_deleted BEFORE DELETE ON fact_withdrawal
BEGIN SELECT RAISE(ABORT, 'fact_withdrawal is append-only'); END;
CREATE TRIGGER fact_answer_is_not_changed BEFORE UPDATE ON fact_answer
BEGIN SELECT RAISE(ABORT, 'fact_answer is append-only'); END;
CREATE TRIGGER fact_answer_is_not_deleted BEFORE DELETE ON fact_answer
BEGIN SELECT RAISE(ABORT, 'fact_answer is append-only'); END;

DROP VIEW item;
CREATE VIEW item AS
  SELECT s.number, s.state, s.unit, s.title, s.title_key, s.fields, s.sender, s.arrived_at, s.mail_id,
         s.document_sha256, s.document_name, s.solicitation, s.row_version,
         d.text_digest, d.words, d.body_words, d.han,
         (SELECT count(*) FROM version v WHERE v.number = s.number) AS versions,
         EXISTS (SELECT 1 FROM fact_item i JOIN fact f ON f.id = i.fact_id
                 WHERE i.number = s.number AND f.kind = 'adoption'
                   AND NOT EXISTS (SELECT 1 FROM fact_withdrawal w WHERE w.fact_id = f.id)) AS adopted
  FROM submission s LEFT JOIN document d ON d.sha256 = s.document_sha256;
"""


@migrations()
def m0002_facts(db: Database) -> None:
    """采用, 批示, 以干代训 and faults: dated, append-only; an item knows whether it was adopted."""
    for statement in _statements(_M0002):
        db.execute(statement)


@migrations()
def m0003_solicitations(db: Database) -> None:
    """约稿: what was asked of whom until when, each reminder, what answered it, what became void."""
    for statement in _statements(SOLICITATION_TABLES):
        db.execute(statement)


@migrations()
def m0004_bulletins(db: Database) -> None:
    """Corrections and 信息刊物 beside the 通报; final texts from Word; notes kept over redrafts."""
    for statement in _statements(BULLETIN_TABLES):
        db.execute(statement)


@migrations()
def m0005_corpus(db: Database) -> None:
    """Reference texts that items are compared with."""
    for statement in _statements(CORPUS_TABLES):
        db.execute(statement)


@migrations()
def m0006_letters_of_an_item(db: Database) -> None:
    """An item's page lists the letters about it."""
    db.execute("CREATE INDEX letter_number ON letter (number, id) WHERE number IS NOT NULL")


def _statements(script: str) -> list[str]:
    """Split a script at its semicolons, each trigger whole: executescript would end the transaction."""
    parts: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece
        opened = "BEGIN" in pending.upper().split()
        if opened and not pending.strip().upper().endswith("END"):
            pending += ";"
            continue
        if pending.strip():
            parts.append(pending.strip())
        pending = ""
    return parts
