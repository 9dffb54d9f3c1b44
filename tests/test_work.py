"""`mailbot poll`, `send`, `import`, `retry`, `status`: one round each, and the code it ends with."""

from __future__ import annotations

import mailbox
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from desks import submission
from office import OfficeHome
from test_worker import folder_office, note, sent


@pytest.fixture
def here(tmp_path: Path) -> OfficeHome:
    return folder_office(tmp_path / "office", mails=2)


def outcomes(here: OfficeHome) -> list[tuple[object, ...]]:
    return here.rows("SELECT outcome, count(*) FROM mail GROUP BY outcome")


def old_mails(count: int) -> list[bytes]:
    return [submission(f"第{n}件旧事的进展", lines=(f"第{n}件旧事，" * 30,)) for n in range(count)]


def test_a_look_at_what_is_new_takes_nothing_in(here: OfficeHome) -> None:
    """poll --dry-run counts and leaves."""
    assert "2" in here.run("poll", "--dry-run")
    assert here.rows("SELECT count(*) FROM mail") == [(0,)]
    here.run("poll")
    assert outcomes(here) == [("accepted", 2)]
    assert "0" in here.run("poll", "--dry-run")


def test_a_look_at_what_would_go_sends_nothing(here: OfficeHome) -> None:
    """send --dry-run names recipient, kind and subject."""
    here.run("poll")
    shown = here.run("send", "--dry-run")
    assert shown.count("mzj@oa.tancheng.example") == 2
    assert "第0件事情的进展" in shown
    assert sent(here) == 0
    here.run("send")
    assert sent(here) == 2
    assert "第0件事情的进展" not in here.run("send", "--dry-run")


@pytest.mark.parametrize("kind", ["eml", "maildir", "mbox"])
def test_old_mail_of_every_kind_is_registered_in_silence(here: OfficeHome, tmp_path: Path, kind: str) -> None:
    """A folder of .eml files, a Maildir, an mbox file; a second import adds nothing; nothing is answered."""
    path = tmp_path / f"old-{kind}"
    if kind == "eml":
        path.mkdir()
        for number, raw in enumerate(old_mails(3)):
            (path / f"{number}.eml").write_bytes(raw)
    else:
        box = mailbox.Maildir(path) if kind == "maildir" else mailbox.mbox(path)
        for raw in old_mails(3):
            box.add(raw)
        box.flush()
    files = sorted(str(p) for p in path.rglob("*"))
    here.run("import", str(path))
    here.run("import", str(path))
    here.run("send")
    assert outcomes(here) == [("accepted", 3)]
    assert here.rows("SELECT count(*) FROM letter") == [(0,)]
    assert sent(here) == 0
    assert sorted(str(p) for p in path.rglob("*")) == files, "an import changes nothing at its source"


def test_old_mail_is_answered_where_that_is_asked_for(here: OfficeHome, tmp_path: Path) -> None:
    """--answer; and the office's own waiting mails are not touched by it."""
    path = tmp_path / "old"
    path.mkdir()
    (path / "a.eml").write_bytes(old_mails(1)[0])
    here.run("import", str(path), "--answer")
    assert here.rows("SELECT count(*) FROM letter WHERE kind = 'receipt'") == [(1,)]


def test_a_path_that_is_not_there_is_wrong_use(here: OfficeHome, tmp_path: Path) -> None:
    """Exit code 2."""
    here.run("import", str(tmp_path / "nowhere"), code=2)


def test_a_broken_spool_parks_the_mail_and_retry_takes_it_up(here: OfficeHome) -> None:
    """1 while a person is needed, 0 when all is well again; status says so too."""
    here.run("poll")
    raw = submission("新来的事", lines=("新来的事。" * 30,))
    path = here.home / "inbox/new.eml"
    path.write_bytes(raw)
    os.utime(path, (time.time() - 60, time.time() - 60))
    spool = here.home / "data/var/mail"
    before = set(spool.rglob("*.eml"))
    # The row is there and its bytes are not: as after a disk that lost a file.
    here.run("poll")
    (spooled,) = set(spool.rglob("*.eml")) - before
    content = spooled.read_bytes()
    spooled.unlink()
    _again(here)
    here.run("poll", code=1)
    assert here.rows("SELECT state, attempts FROM mail WHERE state = 'parked'") == [("parked", 3)]
    here.run("status", code=1)
    here.run("retry", code=1)
    spooled.write_bytes(content)
    here.run("retry", "--by", "王敏")
    assert here.rows("SELECT count(*) FROM mail WHERE state <> 'done'") == [(0,)]
    here.run("status")


def _again(here: OfficeHome) -> None:
    """Undo the judging of the newest mail, as if a crash had come before it."""
    with sqlite3.connect(here.home / "data/var/mailbot.sqlite") as db:
        (mail_id,) = db.execute("SELECT max(id) FROM mail").fetchone()
        for table, column in (("letter", "mail_id"), ("version", "mail_id"), ("submission", "mail_id")):
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (mail_id,))
        db.execute("UPDATE mail SET state = 'new', outcome = NULL, number = NULL WHERE id = ?", (mail_id,))


def test_a_mailbox_that_is_away_is_said_in_one_sentence(here: OfficeHome) -> None:
    """Exit code 1, no traceback, and what was collected before is judged all the same."""
    here.run("poll")
    (here.home / "inbox").rename(here.home / "gone")
    done = subprocess.run(here.command("poll"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_status_tells_when_the_rounds_last_went_well(here: OfficeHome) -> None:
    """Before the worker ever ran, and after."""
    here.run("poll")
    assert "从未" in here.run("status") or "没有" in here.run("status") or not note(here, "intake_ok_at")
