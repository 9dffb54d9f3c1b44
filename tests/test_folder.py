"""FolderMailbox over .eml trees, Maildirs and mbox files, and FolderMailer."""

from __future__ import annotations

import mailbox as stdlib
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.errors import TransportError
from mailbot.transport import Arrival, Outgoing
from mailbot.transport.folder import FolderMailbox, FolderMailer

NOON = datetime(2019, 4, 12, 12, 0, tzinfo=SHANGHAI)


def letter(text: str, minute: int = 0) -> bytes:
    return f"X-Minute: {minute}\r\nSubject: {text}\r\n\r\n{text}\r\n".encode()


def by_minute(raw: bytes) -> datetime:
    """The arrival rule of these tests: noon and the minutes that stand in the first line."""
    return NOON + timedelta(minutes=int(raw.splitlines()[0].split(b":")[1]))


def never(_: str) -> bool:
    return False


def folder(path: Path, **changes: Any) -> FolderMailbox:
    return FolderMailbox(path, **({"arrival_of": by_minute, "settle_s": 0} | changes))


def keys(found: list[Arrival]) -> Callable[[str], bool]:
    return {a.key for a in found}.__contains__


# ---- .eml files --------------------------------------------------------------------------------------------


def test_all_eml_files_below_the_folder_are_found_by_arrival(tmp_path: Path) -> None:
    """Whatever their names, cases and levels; nothing else is."""
    (tmp_path / "四月" / "马头镇").mkdir(parents=True)
    (tmp_path / "a.eml").write_bytes(letter("a", 3))
    (tmp_path / "四月" / "马头镇" / "关于春耕.EML").write_bytes(letter("b", 1))
    (tmp_path / "c.eml").write_bytes(letter("c", 2))
    (tmp_path / "d.docx").write_bytes(b"PK")
    found = list(folder(tmp_path).new(never))
    assert [a.raw for a in found] == [letter("b", 1), letter("c", 2), letter("a", 3)]
    assert [a.arrived_at for a in found] == [NOON + timedelta(minutes=n) for n in (1, 2, 3)]
    assert not list(folder(tmp_path).new(keys(found)))


def test_the_folder_is_the_epoch_of_its_keys(tmp_path: Path) -> None:
    """One epoch for all levels: the slash of a level is escaped."""
    (tmp_path / "x%2F").mkdir()
    (tmp_path / "x%2F" / "a.eml").write_bytes(letter("a"))
    (tmp_path / "b.eml").write_bytes(letter("b"))
    found = list(folder(tmp_path).new(never))
    assert {a.key.rpartition("/")[0] for a in found} == {f"folder:{tmp_path.as_posix()}"}
    assert len({a.key for a in found}) == 2


def test_a_file_exported_again_with_other_bytes_is_new(tmp_path: Path) -> None:
    """The same name with the same bytes is the same mail; with others it is another, even of that size."""
    path = tmp_path / "a.eml"
    path.write_bytes(letter("a"))
    mailbox = folder(tmp_path)
    first = list(mailbox.new(never))
    path.write_bytes(letter("a"))
    assert not list(mailbox.new(keys(first)))
    path.write_bytes(letter("b"))
    os.utime(path, (time.time() - 50, time.time() - 50))
    assert [a.raw for a in mailbox.new(keys(first))] == [letter("b")]


@pytest.mark.parametrize(
    "name", ["a.eml.part", "a.tmp", ".a.eml", "~a.eml", "x.tmp/a.eml", "a.eml.crdownload"]
)
def test_names_of_unfinished_files_are_left(tmp_path: Path, name: str) -> None:
    """Browsers and mail programs rename them when they are whole."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(letter("a"))
    assert not list(folder(tmp_path).new(never))


def test_a_file_being_written_is_left_for_the_next_round(tmp_path: Path) -> None:
    """Young, empty, or grown since the last look: half a mail is never taken."""
    path = tmp_path / "a.eml"
    path.write_bytes(b"")
    mailbox = folder(tmp_path)
    assert not list(mailbox.new(never))
    path.write_bytes(letter("a")[:20])
    assert not list(mailbox.new(never))
    path.write_bytes(letter("a"))
    assert not list(mailbox.new(never))
    assert [a.raw for a in mailbox.new(never)] == [letter("a")]
    assert not list(folder(tmp_path, settle_s=60).new(never))
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert len(list(folder(tmp_path, settle_s=60).new(never))) == 1


def test_a_file_from_the_future_is_taken(tmp_path: Path) -> None:
    """A wrong clock somewhere must not hide a mail for years; nor a clock that stands in 2019."""
    (tmp_path / "a.eml").write_bytes(letter("a"))
    assert len(list(folder(tmp_path, settle_s=2, clock=FixedClock(NOON)).new(never))) == 1


def test_a_mail_over_the_limit_is_named_and_not_read(tmp_path: Path) -> None:
    """raw is None; its arrival is read from its head."""
    giant = letter("g", 1) + b"x" * 2000
    (tmp_path / "g.eml").write_bytes(giant)
    (tmp_path / "a.eml").write_bytes(letter("a", 2))
    found = list(folder(tmp_path, max_bytes=1000).new(never))
    assert [(a.raw, a.size) for a in found] == [(None, len(giant)), (letter("a", 2), len(letter("a", 2)))]
    assert found[0].arrived_at == NOON + timedelta(minutes=1)


def test_nothing_is_changed_by_default(tmp_path: Path) -> None:
    """done() leaves the files where they are (promise P1)."""
    (tmp_path / "a.eml").write_bytes(letter("a"))
    mailbox = folder(tmp_path)
    for arrival in mailbox.new(never):
        mailbox.done(arrival.key)
    assert [p.name for p in tmp_path.rglob("*")] == ["a.eml"]


def test_settled_files_are_moved_where_configured(tmp_path: Path) -> None:
    """Keeping their levels, overwriting nothing, those of an earlier run too; and never found again."""
    (tmp_path / "四月").mkdir()
    for _ in range(2):
        (tmp_path / "四月" / "a.eml").write_bytes(letter("a"))
        arrivals = list(folder(tmp_path, after="move").new(never))
        folder(tmp_path, after="move").done(arrivals[0].key)
    assert sorted(p.name for p in (tmp_path / "done" / "四月").iterdir()) == ["a-2.eml", "a.eml"]
    assert not list(folder(tmp_path, after="move").new(never))


def test_a_key_that_is_gone_is_no_error(tmp_path: Path) -> None:
    """Somebody took the file away."""
    (tmp_path / "a.eml").write_bytes(letter("a"))
    mailbox = folder(tmp_path, after="move")
    (found,) = mailbox.new(never)
    (tmp_path / "a.eml").unlink()
    mailbox.done(found.key)
    mailbox.done(found.key)
    mailbox.done("imap:a@b/INBOX;uidvalidity=1/1")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """folder_missing, and the path."""
    with pytest.raises(TransportError) as caught:
        list(folder(tmp_path / "没有").new(never))
    assert (caught.value.code, caught.value.permanent) == ("folder_missing", True)
    assert caught.value.details["folder"].endswith("没有")


def test_a_wait_ends_with_its_time_or_with_stop(tmp_path: Path) -> None:
    """And a folder cannot tell what was sent."""
    stop = threading.Event()
    mailbox = folder(tmp_path, stop=stop)
    since = time.monotonic()
    mailbox.wait(0.1)
    stop.set()
    mailbox.wait(60)
    assert 0.1 <= time.monotonic() - since < 5
    assert mailbox.sent("<a@b>") is None
    mailbox.close()


# ---- Maildir -----------------------------------------------------------------------------------------------


def test_a_maildir_is_read_in_new_and_cur(tmp_path: Path) -> None:
    """A mail read meanwhile, and so moved to cur/ with flags, is the same mail."""
    box = stdlib.Maildir(tmp_path / "box")
    for minute in (2, 1):
        box.add(letter(str(minute), minute))
    mailbox = folder(tmp_path / "box")
    found = list(mailbox.new(never))
    assert [a.raw for a in found] == [letter("1", 1), letter("2", 2)]
    for path in (tmp_path / "box" / "new").iterdir():
        path.rename(tmp_path / "box" / "cur" / f"{path.name}:2,FS")
    assert not list(mailbox.new(keys(found)))
    assert [a.raw for a in mailbox.new(never)] == [letter("1", 1), letter("2", 2)]


@pytest.mark.parametrize("info", ["", ":2,S", ",S=120,W=130:2,", "!2,S", ";2,RS"])
def test_flags_and_sizes_in_a_maildir_name_are_no_part_of_the_key(tmp_path: Path, info: str) -> None:
    """As Dovecot and the programs of Windows write them."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "cur" / f"1554.M1P2.host{info}").write_bytes(letter("a"))
    (tmp_path / "tmp" / "1555.M1P2.host").write_bytes(letter("b"))
    (found,) = folder(tmp_path).new(never)
    assert found.key == f"maildir:{tmp_path.as_posix()}/1554.M1P2.host"


def test_a_settled_mail_of_a_maildir_is_moved_with_its_flags(tmp_path: Path) -> None:
    """Below done/, where configured."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "cur" / "1554.host:2,S").write_bytes(letter("a"))
    mailbox = folder(tmp_path, after="move")
    for arrival in mailbox.new(never):
        mailbox.done(arrival.key)
    assert (tmp_path / "done" / "cur" / "1554.host:2,S").is_file()


# ---- mbox --------------------------------------------------------------------------------------------------


def test_the_mails_of_an_mbox_are_told_apart(tmp_path: Path) -> None:
    """By From lines after an empty line and before a header, quoted ones restored; equals are counted."""
    mails = [
        b"X-Minute: 3\nSubject: a\n\nFrom here on it rains.\n\nFrom now on, too.\n>From old.\n",
        b"X-Minute: 1\nSubject: b\n\nb\n",
        b"X-Minute: 1\nSubject: b\n\nb\n",
    ]
    text = b"".join(
        b"From - Fri Apr 12 09:00:00 2019\n" + m.replace(b"\n>From", b"\n>>From") + b"\n" for m in mails
    )
    path = tmp_path / "export.mbox"
    path.write_bytes(text)
    found = list(folder(path).new(never))
    assert [a.raw for a in found] == [mails[1], mails[1], mails[0]]
    assert len({a.key for a in found}) == 3
    assert {a.key.rpartition("/")[0] for a in found} == {f"mbox:{path.as_posix()}"}
    path.write_bytes(text + b"From - Fri Apr 12 10:00:00 2019\r\nX-Minute: 9\r\n\r\nnew\r\n")
    mailbox = folder(path)
    assert [a.raw for a in mailbox.new(keys(found))] == [b"X-Minute: 9\r\n\r\nnew\r\n"]


def test_what_the_standard_library_writes_is_read_back(tmp_path: Path) -> None:
    """Two opinions on the format agree."""
    box = stdlib.mbox(tmp_path / "m.mbox")
    for minute in range(20):
        box.add(letter(f"m{minute}", minute).replace(b"\r\n", b"\n"))
    box.close()
    found = list(folder(tmp_path / "m.mbox").new(never))
    assert [a.raw for a in found] == [letter(f"m{n}", n).replace(b"\r\n", b"\n") for n in range(20)]


def test_an_empty_or_foreign_file_holds_no_mail(tmp_path: Path) -> None:
    """No error either: the next export may bring some."""
    path = tmp_path / "m.mbox"
    for content in (b"", b"\n\n", b"PK\x03\x04 no mbox\n", b"From nobody\n", b"From x\n\n"):
        path.write_bytes(content)
        assert not list(folder(path).new(never))


# ---- FolderMailer ------------------------------------------------------------------------------------------


def outgoing(text: str) -> Outgoing:
    return Outgoing(
        sender="a@b.example", recipient="c@d.example", message_id=f"<{text}@b>", content=letter(text)
    )


def test_each_letter_is_one_whole_file(tmp_path: Path) -> None:
    """Named so that they sort by time; the phase mark falls when the bytes are there and the name is not."""
    seen: list[list[str]] = []
    mailer = FolderMailer(tmp_path / "out", clock=FixedClock(NOON))

    def mark() -> None:
        seen.append(sorted(p.suffix for p in (tmp_path / "out").iterdir()))

    replies = [mailer.send(outgoing(t), mark) for t in "aab"]
    mailer.check()
    mailer.close()
    files = sorted((tmp_path / "out").iterdir())
    assert sorted(p.read_bytes() for p in files) == sorted(letter(t) for t in "aab")
    assert sorted(r.text for r in replies) == [p.name for p in files]
    assert seen[0] == [".tmp"]
    assert all(p.name.startswith("20190412-120000-") and p.suffix == ".eml" for p in files)


def test_a_phase_mark_that_fails_leaves_no_letter(tmp_path: Path) -> None:
    """What was not marked was not sent; the next letter is not disturbed by what lies there."""

    def broken() -> None:
        raise RuntimeError("disk full")

    mailer = FolderMailer(tmp_path, clock=FixedClock(NOON))
    with pytest.raises(RuntimeError):
        mailer.send(outgoing("a"), broken)
    assert not list(tmp_path.glob("*.eml"))
    mailer.send(outgoing("a"), lambda: None)
    assert [p.suffix for p in tmp_path.iterdir()] == [".eml"]


def test_a_folder_that_takes_no_files_is_named(tmp_path: Path) -> None:
    """folder_unwritable: all letters wait."""
    (tmp_path / "out").write_bytes(b"a file")
    mailer = FolderMailer(tmp_path / "out")
    for attempt in (mailer.check, lambda: mailer.send(outgoing("a"), lambda: None)):
        with pytest.raises(TransportError) as caught:
            attempt()
        assert (caught.value.code, caught.value.permanent) == ("folder_unwritable", False)


def test_what_one_lays_down_the_other_reads(tmp_path: Path) -> None:
    """As the demo does, mailbox and mailer back to back."""
    FolderMailer(tmp_path).send(outgoing("a"), lambda: None)
    assert [a.raw for a in folder(tmp_path).new(never)] == [letter("a")]
