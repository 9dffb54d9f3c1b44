"""An office is copied whole, comes back whole, and then mails nothing by itself (promise P9)."""

from __future__ import annotations

import email
import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import solicited
from conftest import need
from console_kit import (
    DRAFT,
    PEOPLE,
    Office,
    Visitor,
    console_of,
    empty_office,
    hidden,
    plain,
    played_office,
)
from desks import NOW, Host, submission
from office import OfficeHome, wait_until
from servers import Dovecot, SmtpHost

from mailbot import cli
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.errors import ConfigError, LockHeld, StateError
from mailbot.model import LetterKind, LetterState, Month
from mailbot.store import Store, archive
from mailbot.store.lock import BackupLock
from mailbot.workflow.bulletins import report
from mailbot.workflow.mail import deliver, notify, receive, review, settling
from mailbot.workflow.mail.reading import DirectReader
from mailbot.workflow.marks import credit, standings
from mailbot.workflow.office import backup, health, restored, restoring
from mailbot.workflow.office.upkeep import CheckState

BY = "赵维"
AFTER = datetime(2019, 4, 3, 9, 0, tzinfo=SHANGHAI)
RESTORED = datetime(2019, 4, 3, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = played_office(tmp_path)
    yield made
    made.app.close_thread()


def restored_office(taken: backup.Taken, home: Path, now: datetime = RESTORED) -> Office:
    restoring.restore(taken.path, home, now=now, by=BY)
    return Office(home, FixedClock(now))


def registered(office: Office) -> dict[str, str]:
    """Number and state of every item."""
    return {item.number: item.state for item in office.desk.store.submissions(limit=1000)}


def poll(office: Office, inbox: Path) -> None:
    """One round over the box as it is, as the worker does it."""
    reader = DirectReader(office.app.policy.intake.mail, office.app.policy.intake.document)
    with closing(office.app.folder(inbox)) as mailbox:
        receive.collect(office.desk, mailbox)
    receive.process(office.desk, reader)


def send(office: Office) -> list[str]:
    """One round of sending; the Message-IDs that went."""
    gone: list[str] = []
    with closing(office.app.mailer()) as mailer:
        deliver.send_due(office.desk, mailer, sent=lambda letter: gone.append(letter.message_id))
    return gone


def arrive(inbox: Path, title: str, at: datetime, lines: str) -> None:
    """A good mail that its host says it took at that time."""
    trace = f"Received: from mzj by oa.tancheng.example; {format_datetime(at)}\r\n".encode()
    (inbox / f"{at:%m%d%H%M}.eml").write_bytes(trace + submission(title, lines=(lines * 9,), date=at))


def arrive_two(inbox: Path) -> None:
    inbox.mkdir()
    arrive(
        inbox,
        "县民政局推行流动服务车进村",
        AFTER - timedelta(hours=2),
        "流动服务车每周进村两次，办理事项四十件。",
    )
    arrive(
        inbox,
        "县民政局建成养老服务驿站",
        AFTER - timedelta(hours=1),
        "养老服务驿站开放床位三十张，护理员十二名。",
    )


@dataclass
class Fallen:
    """An office that was backed up, went on for two mails, and broke."""

    taken: backup.Taken
    inbox: Path
    numbers: set[str]
    """Of the mails since the backup."""
    sent: list[str]
    """Message-IDs of what went since the backup."""


@pytest.fixture
def fallen(office: Office) -> Fallen:
    taken = backup.back_up(office.desk, by=BY)
    before = set(registered(office))
    inbox = office.home / "box"
    arrive_two(inbox)
    office.clock.set(AFTER)
    poll(office, inbox)
    sent = send(office)
    return Fallen(taken=taken, inbox=inbox, numbers=set(registered(office)) - before, sent=sent)


# ---- there and back


def test_an_office_comes_back_whole(office: Office, tmp_path: Path) -> None:
    """The same items, letters and files; the database is sound; nothing of it was lost on the way."""
    before = registered(office)
    letters = [(x.message_id, x.state) for x in office.desk.store.letters(limit=1000)]
    taken = backup.back_up(office.desk, by=BY)
    other = restored_office(taken, tmp_path / "elsewhere")
    assert len(before) > 10
    assert registered(other) == before
    assert [(x.message_id, x.state) for x in other.desk.store.letters(limit=1000)] == letters
    assert other.desk.store.integrity_check() == []
    assert other.desk.identity == office.desk.identity
    for mail in other.desk.store.mails(limit=1000):
        assert other.desk.store.raw(mail.sha256)
    for found in other.desk.store.bulletins():
        assert other.desk.store.bulletin_file(found.sha256)
    assert (other.home / "config.toml").read_bytes() == (office.home / "config.toml").read_bytes()
    assert other.event("restored").who == BY


def test_the_marks_are_the_same(office: Office, tmp_path: Path) -> None:
    """What is derived from facts is derived again, to the last decimal."""
    number = office.item("一门受理").number
    entered = credit.adopt(
        office.desk, number, publication="county_journal", day=DRAFT.date(), who=credit.Who(by=BY)
    )
    assert entered
    before = standings.reckon(office.desk)
    other = restored_office(backup.back_up(office.desk, by=BY), tmp_path / "elsewhere")
    after = standings.reckon(other.desk)
    assert standings.month_figures(other.desk, Month(2019, 4), after) == standings.month_figures(
        office.desk, Month(2019, 4), before
    )


def test_what_arrived_since_keeps_its_number_and_is_not_answered_again(
    fallen: Fallen, tmp_path: Path
) -> None:
    """The same box read again: the same numbers, no letter out, and each answer held under its Message-ID."""
    assert len(fallen.numbers) == len(fallen.sent) == 2
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    poll(other, fallen.inbox)
    assert fallen.numbers <= set(registered(other))
    assert send(other) == []
    held = restored.standing(other.desk)
    assert held is not None
    assert {x.message_id for x in held.letters} == set(fallen.sent)
    assert {x.state for x in held.letters} == {LetterState.HELD}


def test_what_a_person_releases_goes_under_the_same_message_id(fallen: Fallen, tmp_path: Path) -> None:
    """So that a repeat is a repeat for every mail program; and what he withdraws does not go."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    poll(other, fallen.inbox)
    first, second = (x.id for x in restored.letters_of(other.desk))
    review.release(other.desk, first, by=BY)
    review.withdraw(other.desk, second, by=BY)
    assert len(send(other)) == 1
    (gone,) = (x for x in other.desk.store.letters(state=LetterState.SENT, limit=1000) if x.id == first)
    assert gone.message_id in fallen.sent
    assert other.desk.store.letter(second).state is LetterState.WITHDRAWN


def test_until_a_person_has_looked_not_even_new_mail_is_answered(fallen: Fallen, tmp_path: Path) -> None:
    """Then its answers go at once; those to older mail wait on, for good."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    other.clock.set(RESTORED + timedelta(hours=2))
    arrive(
        fallen.inbox,
        "县民政局试行救助申请网上办",
        RESTORED + timedelta(hours=1),
        "网上受理救助申请七十件，办结六十六件。",
    )
    poll(other, fallen.inbox)
    assert send(other) == []
    assert settling.settle(other.desk, by=BY) == 1
    assert len(send(other)) == 1
    left = restored.standing(other.desk)
    assert left is not None
    assert {x.message_id for x in left.letters} == set(fallen.sent)
    arrive(
        fallen.inbox,
        "县民政局开展敬老院消防检查",
        RESTORED + timedelta(hours=2),
        "检查敬老院九处，整改隐患十四项。",
    )
    other.clock.set(RESTORED + timedelta(hours=3))
    poll(other, fallen.inbox)
    assert len(send(other)) == 1
    with pytest.raises(StateError, match="not_restored"):
        settling.settle(other.desk, by=BY)


def test_a_person_may_settle_before_the_box_was_read(fallen: Fallen, tmp_path: Path) -> None:
    """What arrived before the restore is held though the office goes on already."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    assert settling.settle(other.desk, by=BY) == 0
    poll(other, fallen.inbox)
    assert send(other) == []
    assert {x.message_id for x in restored.letters_of(other.desk)} == set(fallen.sent)
    assert settling.release_all(other.desk, by=BY) == 2
    assert set(send(other)) == set(fallen.sent)


def test_what_is_held_after_a_person_looked_is_not_decided_with_the_rest(
    fallen: Fallen, tmp_path: Path
) -> None:
    """All at once means all that stood on the page: a letter made since waits for its own decision."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    poll(other, fallen.inbox)
    first, second = restored.letters_of(other.desk)
    assert settling.withdraw_all(other.desk, by=BY, seen=first.id) == 1
    assert [x.id for x in restored.letters_of(other.desk)] == [second.id]
    assert settling.release_all(other.desk, by=BY, seen=first.id) == 0
    assert [x.id for x in restored.letters_of(other.desk)] == [second.id]


def test_a_mail_whose_arrival_nobody_noted_is_held_by_its_date(fallen: Fallen, tmp_path: Path) -> None:
    """An exported file without Received seems to arrive when it is collected: its own date says better."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    settling.settle(other.desk, by=BY)
    raw = submission("县民政局举办社工培训班", lines=("培训社工八十名，历时三天。" * 9,), date=AFTER)
    (fallen.inbox / "exported.eml").write_bytes(raw)
    other.clock.set(RESTORED + timedelta(hours=1))
    poll(other, fallen.inbox)
    assert send(other) == []


def test_letters_on_their_way_at_the_backup_wait_for_a_person(office: Office, tmp_path: Path) -> None:
    """Ready, being sent, in doubt, held until a time: none of them goes by itself afterwards."""
    office.configure('[review]\nreceipts = "all"\nrelease_after_minutes = 5')
    inbox = office.home / "box"
    arrive_two(inbox)
    office.clock.set(AFTER)
    poll(office, inbox)
    store = office.desk.store
    first, second = (x.id for x in store.letters(state=LetterState.HELD, limit=2))
    review.release(office.desk, first, by=BY)
    ready = store.letter(first)
    claimed = store.claim_letter(office.clock.now())
    assert claimed is not None
    assert claimed.id == ready.id
    other = restored_office(backup.back_up(office.desk, by=BY), tmp_path / "elsewhere")
    other.clock.set(RESTORED + timedelta(days=1))
    deliver.recover(other.desk)
    deliver.resolve_doubts(other.desk, None)
    assert send(other) == []
    assert {other.desk.store.letter(x).state for x in (first, second)} == {LetterState.HELD}
    assert other.desk.store.letter(second).due_at is None
    review.release(other.desk, first, by=BY)
    assert send(other) == [ready.message_id]


def test_reminders_that_fell_due_before_the_restore_are_held(tmp_path: Path) -> None:
    """They may have gone; one that falls due later goes by itself, once a person has looked."""
    made = solicited.office(tmp_path)
    solicited.opened(made)
    deliver.send_due(made.desk, Host())
    moment = solicited.DEADLINE - timedelta(hours=40)
    restored.put_up(made.desk.store, now=moment, taken_at=NOW, by=BY)
    settled = Host()
    made.clock.set(moment)
    settling.settle(made.desk, by=BY)
    solicited.pass_to(made, moment + timedelta(minutes=1))
    deliver.send_due(made.desk, settled)
    assert settled.taken == []
    assert {x.kind for x in restored.letters_of(made.desk)} == {LetterKind.REMINDER}
    solicited.pass_to(made, solicited.DEADLINE - timedelta(hours=24))
    deliver.send_due(made.desk, settled)
    assert len(settled.taken) == len(solicited.UNITS)
    made.desk.store.close()


def test_what_the_timetable_would_send_waits_too(fallen: Fallen, tmp_path: Path) -> None:
    """The draft and the digest to the section had gone as well: nothing at all is mailed."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    other.clock.set(RESTORED + timedelta(days=29))
    report.draft_due(other.desk)
    report.digest_due(other.desk)
    kinds = {x.kind for x in restored.letters_of(other.desk)}
    assert LetterKind.BULLETIN_DRAFT in kinds
    assert send(other) == []


# ---- the archive


def test_secrets_and_strangers_files_are_not_in_it(office: Office, tmp_path: Path) -> None:
    """No password, no log, no older backup, nothing that lies about in the home."""
    secret = office.home / "data/policy/password.txt"
    secret.write_text("geheim-42", "utf-8")
    (office.home / "password.txt").write_text("geheim-42", "utf-8")
    without = backup.password_files({"MAILBOT_MAILBOX_PASSWORD_FILE": str(secret)})
    backup.back_up(office.desk, by=BY, without=without)
    office.clock.sleep(60)
    taken = backup.back_up(office.desk, by=BY, without=without)
    with zipfile.ZipFile(taken.path) as file:
        names = file.namelist()
        assert not any(b"geheim-42" in file.read(name) for name in names)
    assert {name.partition("/")[0] for name in names} == {*archive.TOPS, archive.MANIFEST}
    assert not any(name.startswith("var/backups") or name.endswith("password.txt") for name in names)
    if os.name == "posix":
        assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600


def test_the_oldest_make_room_and_strangers_stay(office: Office) -> None:
    """[backup] keep counts this office's own archives: another's, and any other file, is not touched."""
    office.configure("[backup]\nkeep = 2")
    folder = office.home / "data/var/backups"
    folder.mkdir(exist_ok=True)
    foreign = ["mailbot-00000000-20190101-000000.zip", "照片.zip", "before-m0002_facts.sqlite"]
    for name in foreign:
        (folder / name).write_bytes(b"x")
    taken = []
    for _ in range(4):
        taken.append(backup.back_up(office.desk, by=BY).path.name)
        office.clock.sleep(60)
    assert sorted(p.name for p in folder.iterdir()) == sorted([*foreign, *taken[-2:]])


def test_mail_that_comes_while_it_is_written_is_in_it(office: Office, tmp_path: Path) -> None:
    """Beside a running worker: whatever the copied database speaks of lies in the archive."""
    inbox, came = office.home / "box", []

    def progress(done: int, total: int) -> None:
        if not came:
            came.append(done)
            arrive_two(inbox)
            poll(office, inbox)

    office.clock.set(AFTER)
    taken = backup.back_up(office.desk, by=BY, progress=progress)
    other = restored_office(taken, tmp_path / "elsewhere")
    assert came
    for mail in other.desk.store.mails(limit=1000):
        assert other.desk.store.raw(mail.sha256)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x01
    path.write_bytes(bytes(content))


def rewritten(path: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None], link: str = "") -> None:
    """The archive packed again after `change` of its members and its manifest; `link` becomes a symlink."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(members.pop(archive.MANIFEST))
    change(members, manifest)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFLNK if name == link else stat.S_IFREG) << 16
            file.writestr(entry, content)
        file.writestr(archive.MANIFEST, json.dumps(manifest))


def added(name: str, content: bytes) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    """A further member that the manifest vouches for."""

    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[name] = content
        digest = hashlib.sha256(content).hexdigest()
        manifest["members"].append({"name": name, "size": len(content), "sha256": digest, "modified_ns": 0})

    return change


def missing(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members.pop(next(name for name in members if name.startswith("var/mail/")))


def exchanged(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("var/mail/"))
    members[name] = bytes(len(members[name]))


def newer(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["format"] = archive.FORMAT + 1
    manifest["members"] = "in another form"


def newer_schema(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["schema"] = "m9999_later"


def nothing(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members.clear()
    manifest["members"] = []


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (cut, "archive_unreadable"),
    "flipped": (flip, "archive_damaged"),
    "no zip": (lambda path: path.write_bytes(b"PK" + bytes(999)) and None, "archive_unreadable"),
    "missing": (lambda path: rewritten(path, missing), "archive_damaged"),
    "exchanged": (lambda path: rewritten(path, exchanged), "archive_damaged"),
    "newer": (lambda path: rewritten(path, newer), "archive_newer"),
    "newer schema": (lambda path: rewritten(path, newer_schema), "store_newer"),
    "empty": (lambda path: rewritten(path, nothing), "archive_foreign"),
    "upwards": (lambda path: rewritten(path, added("var/../../evil.txt", b"x")), "archive_unsafe"),
    "absolute": (lambda path: rewritten(path, added("/tmp/evil.txt", b"x")), "archive_unsafe"),
    "backslash": (lambda path: rewritten(path, added("var\\..\\evil.txt", b"x")), "archive_unsafe"),
    "drive": (lambda path: rewritten(path, added("data/C:evil.txt", b"x")), "archive_unsafe"),
    "elsewhere": (lambda path: rewritten(path, added("etc/passwd", b"x")), "archive_unsafe"),
    "symlink": (
        lambda path: rewritten(path, added("data/policy/x", b"/etc"), "data/policy/x"),
        "archive_unsafe",
    ),
    "bomb": (lambda path: rewritten(path, added("data/corpus/x", bytes(150 * 1024**2))), "archive_unsafe"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_archive_is_refused_and_nothing_is_touched(office: Office, tmp_path: Path, case: str) -> None:
    """Into an empty place as in place of an office: what was there is there, and nothing else."""
    spoil, code = BAD[case]
    path = shutil.copy(backup.back_up(office.desk, by=BY).path, tmp_path / "copy.zip")
    office.app.close_thread()
    spoil(Path(path))
    before = snapshot(tmp_path)
    for home in (tmp_path / "elsewhere", office.home):
        with pytest.raises(StateError) as refused:
            restoring.restore(Path(path), home, now=RESTORED, by=BY, replace=True)
        assert refused.value.code == code
    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file below, but for logs of the database that come and go as it is opened."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm"))
    }


# ---- cut off, and no room


class Cut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(1, 9))
def test_a_backup_that_is_cut_off_leaves_nothing_under_a_name(office: Office, step: int) -> None:
    """At any piece of it: no archive that is none; and the next one clears up."""
    folder, seen = office.home / "data/var/backups", 0

    def progress(done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == step * 9:
            raise Cut

    with pytest.raises(Cut):
        backup.back_up(office.desk, by=BY, progress=progress)
    assert [p.name for p in folder.iterdir()] == []
    assert not list((office.home / "data/var").glob(".snapshot*"))
    assert restoring.examine(backup.back_up(office.desk, by=BY).path).members


@pytest.mark.wire
def test_a_backup_killed_at_any_write_leaves_no_half_archive(office: Office, tmp_path: Path) -> None:
    """kill -9 at syscalls all over: under the final name lies a sound archive or none."""
    need("strace")
    office.app.close_thread()
    folder = office.home / "data/var/backups"
    command = [sys.executable, "-m", "mailbot", "--home", str(office.home), "backup"]
    kills = 0
    for call, step in (
        ("write", 3),
        ("fsync", 1),
        ("fsync", 2),
        ("rename", 1),
        ("pwrite64", 40),
        ("write", 9),
    ):
        inject = f"inject={call}:signal=KILL:when={step}"
        trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject, *command]
        done = subprocess.run(trace, capture_output=True, timeout=120, check=False)
        kills += done.returncode != 0
        for path in folder.glob("*.zip"):
            assert restoring.examine(path).members
    assert kills >= 4
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert not list(folder.glob("*.tmp"))


def test_a_full_disk_leaves_no_half_archive(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as what it is; the older ones stay."""
    good = backup.back_up(office.desk, by=BY).path
    office.clock.sleep(60)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(StateError, match="disk_full"):
        backup.back_up(office.desk, by=BY)
    assert list(good.parent.iterdir()) == [good]


def test_without_room_nothing_is_begun(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a backup nor a restore starts what it cannot end."""
    path = shutil.copy(backup.back_up(office.desk, by=BY).path, tmp_path / "copy.zip")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1024**2))
    with pytest.raises(StateError, match="backup_no_room"):
        backup.back_up(office.desk, by=BY)
    with pytest.raises(StateError, match="restore_no_room"):
        restoring.restore(Path(path), tmp_path / "elsewhere", now=RESTORED, by=BY)
    assert not (tmp_path / "elsewhere").exists()


def test_a_disk_that_is_not_there_is_not_made(office: Office, tmp_path: Path) -> None:
    """A USB disk that was pulled out: its mount point must not fill the system's own disk."""
    with pytest.raises(StateError, match="backup_no_directory"):
        backup.back_up(office.desk, by=BY, directory=tmp_path / "usb")
    assert not (tmp_path / "usb").exists()


def test_one_backup_at_a_time(office: Office) -> None:
    """The second says who is at it."""
    with BackupLock(office.app.config.var), pytest.raises(LockHeld, match="backup_running"):
        backup.back_up(office.desk, by=BY)


# ---- in place of an office


def test_what_was_there_is_moved_aside_and_kept(fallen: Fallen, office: Office) -> None:
    """Not deleted; backups and log stay where they are; the lock keeps a running worker's home safe."""
    office.app.close_thread()
    log = office.home / "data/var/log/mailbot.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("here\n")
    before = (office.home / "data/var/mailbot.sqlite").read_bytes()
    with pytest.raises(StateError, match="restore_occupied"):
        restoring.restore(fallen.taken.path, office.home, now=RESTORED, by=BY)
    with office.app.lock(), pytest.raises(LockHeld):
        restoring.restore(fallen.taken.path, office.home, now=RESTORED, by=BY, replace=True)
    done = restoring.restore(fallen.taken.path, office.home, now=RESTORED, by=BY, replace=True)
    assert done.aside is not None
    assert (done.aside / "var/mailbot.sqlite").read_bytes() == before
    assert fallen.taken.path.exists()
    assert log.read_text() == "here\n"
    again = Office(office.home, FixedClock(RESTORED))
    assert not fallen.numbers & set(registered(again))
    again.app.close_thread()


def test_a_folder_of_something_else_is_not_filled(fallen: Fallen, tmp_path: Path) -> None:
    """--to the wrong place."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/letter.txt").write_text("x")
    with pytest.raises(ConfigError, match="restore_not_a_home"):
        restoring.restore(fallen.taken.path, tmp_path / "documents", now=RESTORED, by=BY)
    assert [p.name for p in (tmp_path / "documents").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("step", range(1, 10))
def test_a_restore_that_is_cut_off_is_found_and_done_again(
    fallen: Fallen, office: Office, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Half of one office and half of another is opened by nobody; once more puts it right."""
    office.app.close_thread()
    moved, move = 0, shutil.move

    def cut_off(*arguments: Any) -> Any:
        nonlocal moved
        moved += 1
        if moved == step:
            raise Cut
        return move(*arguments)

    database = (office.home / "data/var/mailbot.sqlite").read_bytes()
    monkeypatch.setattr(shutil, "move", cut_off)
    with pytest.raises(Cut):
        restoring.restore(fallen.taken.path, office.home, now=RESTORED, by=BY, replace=True)
    with pytest.raises(StateError, match="restore_unfinished"):
        Store.open(office.home / "data/var")
    restoring.restore(fallen.taken.path, office.home, now=RESTORED, by=BY, replace=True)
    again = Office(office.home, FixedClock(RESTORED))
    assert len(registered(again)) > 10
    assert restored.is_open(again.desk)
    again.app.close_thread()
    kept = [p.read_bytes() for p in office.home.glob("before-restore-*/var/mailbot.sqlite")]
    assert database in kept


def test_data_that_lay_outside_come_into_the_home(office: Office, tmp_path: Path) -> None:
    """A rehearsal must never reach the place that the running office uses."""
    outside = tmp_path / "data-disk"
    office.app.close_thread()
    shutil.move(office.home / "data/var", outside)
    office.configure(f'[paths]\nvar = "{outside}"')
    taken = backup.back_up(office.desk, by=BY, directory=tmp_path)
    office.app.close_thread()
    before = snapshot(outside)
    done = restoring.restore(taken.path, tmp_path / "rehearsal", now=RESTORED, by=BY)
    assert done.var_moved == str(outside)
    other = Office(tmp_path / "rehearsal", FixedClock(RESTORED))
    assert other.app.config.var == tmp_path / "rehearsal/data/var"
    assert len(registered(other)) > 10
    other.app.close_thread()
    assert snapshot(outside) == before


# ---- once a day


def test_the_daily_backup_is_made_once_and_made_good(office: Office) -> None:
    """Switched off at half past twelve: done at the next start, and not a second time."""
    office.clock.set(datetime(2019, 4, 2, 8, 0, tzinfo=SHANGHAI))
    first = backup.keep_daily(office.desk)
    assert first is not None
    assert backup.keep_daily(office.desk) is None
    office.clock.set(datetime(2019, 4, 2, 12, 31, tzinfo=SHANGHAI))
    assert backup.keep_daily(office.desk) is not None
    assert backup.keep_daily(office.desk) is None


def test_a_new_office_is_not_backed_up_for_the_day_before_it_was(tmp_path: Path) -> None:
    made = empty_office(tmp_path)
    assert backup.keep_daily(made.desk) is None
    made.clock.set(datetime(2019, 3, 4, 12, 30, tzinfo=SHANGHAI))
    assert backup.keep_daily(made.desk) is not None
    made.app.close_thread()


def test_a_backup_that_fails_is_told_and_tried_again_after_an_hour(office: Office, tmp_path: Path) -> None:
    """Health, banner and digest say so until one succeeds (promise P12)."""
    usb = tmp_path / "usb"
    office.configure(f'[backup]\ndirectory = "{usb}"')
    with pytest.raises(StateError, match="backup_no_directory"):
        backup.keep_daily(office.desk)
    now = office.clock.now()
    check = backup.health(office.desk.store, office.app.config, now)
    assert check.state is CheckState.FAILED
    assert "backup" in {c.name for c in health.troubles(office.desk.store, office.app.config, now)}
    notify.digest(office.desk, since=now - timedelta(days=1), until=now)
    assert "备份" in office.letter("每日情况").body
    usb.mkdir()
    assert backup.keep_daily(office.desk) is None
    office.clock.sleep(3601)
    assert backup.keep_daily(office.desk) is not None
    assert backup.health(office.desk.store, office.app.config, now).state is CheckState.PASSED


def test_a_stop_ends_it_without_a_complaint(office: Office) -> None:
    """Told to stop, the worker does not wait for minutes; at the next start it is made good."""
    with pytest.raises(StateError, match="backup_stopped"):
        backup.keep_daily(office.desk, stop=lambda: True)
    assert not office.desk.store.note(backup.ERROR)
    assert backup.keep_daily(office.desk) is not None


def test_an_old_backup_is_told(office: Office) -> None:
    """After [backup] late_days."""
    backup.back_up(office.desk, by=BY)
    store, config, now = office.desk.store, office.app.config, office.clock.now()
    assert backup.health(store, config, now + timedelta(days=2)).state is CheckState.PASSED
    late = backup.health(store, config, now + timedelta(days=3))
    assert late.problem is not None
    assert late.problem.code == "health_backup_old"


# ---- at the doors


def test_the_command_line_tells_what_is_to_be_done(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """backup, restore --dry-run, restore, review settle: each says what it did and what comes next."""
    office.app.close_thread()
    home = str(office.home)
    assert cli.main(["--home", home, "backup", "--dry-run"]) == 0
    assert not (office.home / "data/var/backups").exists()
    assert cli.main(["--home", home, "backup", "--by", BY]) == 0
    (path,) = (office.home / "data/var/backups").glob("*.zip")
    assert str(path) in capsys.readouterr().out
    assert cli.main(["restore", str(path), "--dry-run"]) == 0
    assert "备份完好" in capsys.readouterr().out
    assert cli.main(["restore", str(path), "--to", home]) == 1
    assert "--yes" in capsys.readouterr().err
    other = str(tmp_path / "elsewhere")
    assert cli.main(["restore", str(path), "--to", other, "--by", BY]) == 0
    assert "不会自己发信" in capsys.readouterr().out
    assert cli.main(["--home", other, "health"]) == 1
    assert "恢复" in capsys.readouterr().out
    assert cli.main(["--home", other, "review", "settle", "--by", BY]) == 0
    assert cli.main(["--home", other, "review", "settle", "--by", BY]) == 1
    assert cli.main(["restore", str(path), "--to", home, "--yes"]) == 0
    assert "before-restore-" in capsys.readouterr().out


def test_at_the_console_the_section_sees_why_letters_wait(fallen: Fallen, tmp_path: Path) -> None:
    """Banner, 待办 and the letter itself say so; 核对完毕 ends it."""
    other = restored_office(fallen.taken, tmp_path / "elsewhere")
    poll(other, fallen.inbox)
    with console_of(other) as flask_app:
        visitor = Visitor(flask_app, "review")
        home = plain(visitor.page("/"))
        assert "系统刚从备份恢复" in home
        assert "停下的信还有 2 封" in home
        letter = restored.letters_of(other.desk)[0]
        seen = hidden(visitor.page("/"), "seen")
        assert "因从备份恢复而停下" in plain(visitor.page(f"/letters/{letter.id}"))
        viewer = Visitor(flask_app, "view")
        assert viewer.post("/account", "/restored/settle").status_code == 403
        assert "恢复自动答复" in visitor.said(visitor.post("/", "/restored/settle"))
        assert "系统刚从备份恢复" not in plain(visitor.page("/"))
        assert "2 封信已撤销" in visitor.said(visitor.post("/", "/restored/withdraw", seen=seen))
        assert "停下的信" not in plain(visitor.page("/"))


def test_the_console_backs_up_a_small_office_at_once_and_a_large_one_soon(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the admin; the page tells of the last one."""
    with console_of(office) as flask_app:
        admin = Visitor(flask_app, "admin")
        assert "还没有备份过" in plain(admin.page("/state"))
        assert "备份完成：mailbot-" in admin.said(admin.post("/state", "/state/backup"))
        assert "还没有备份过" not in plain(admin.page("/state"))
        monkeypatch.setattr(backup, "AT_ONCE", 0)
        assert "已安排备份" in admin.said(admin.post("/state", "/state/backup"))
    office.clock.sleep(60)
    taken = backup.keep_daily(office.desk)
    assert taken is not None
    assert office.event("backed_up").who == PEOPLE["admin"]


def test_doctor_looks_at_the_directory(office: Office, tmp_path: Path) -> None:
    """On the same disk: a word about it; not there: a failure."""
    assert backup.doctor(office.app.config).state is CheckState.NOTED
    office.configure(f'[backup]\ndirectory = "{tmp_path / "usb"}"')
    assert backup.doctor(office.app.config).state is CheckState.FAILED
    (tmp_path / "usb").mkdir()
    assert backup.doctor(office.app.config).state is CheckState.PASSED


# ---- on a real mail host


@pytest.mark.wire
@pytest.mark.xdist_group("dovecot")
def test_a_restored_office_reads_the_same_box_and_sends_nothing(
    dovecot: Dovecot, box: str, tmp_path: Path
) -> None:
    """By the commands alone: backup, one more mail answered, restore, poll, send; then a person's word."""
    first = submission("县民政局推行流动服务车进村", lines=("流动服务车每周进村两次，办理事项四十件。" * 9,))
    second = submission("县民政局建成养老服务驿站", lines=("养老服务驿站开放床位三十张，护理员十二名。" * 9,))
    with SmtpHost(tls="ssl") as smtp:
        office = OfficeHome.over(tmp_path / "office", dovecot, box, smtp)
        dovecot.deliver([first], user=box)
        office.run("poll")
        office.run("send")
        office.run("backup", "--to", str(tmp_path))
        dovecot.deliver([second], user=box)
        office.run("poll")
        office.run("send")
        sent = [letter.content for letter in smtp.letters]
        assert len(sent) == 2
        numbers = office.rows("SELECT number FROM submission ORDER BY number")
        (path,) = tmp_path.glob("mailbot-*.zip")
        other = OfficeHome(tmp_path / "elsewhere", office.environment)
        other.run("restore", str(path), "--to", str(other.home), "--by", BY)
        other.run("poll")
        other.run("send")
        with other.running():
            wait_until(lambda: other.rows("SELECT 1 FROM note WHERE name = 'sending_ok_at'"))
        assert len(smtp.letters) == 2
        assert other.rows("SELECT number FROM submission ORDER BY number") == numbers
        other.run("review", "list", code=1)
        other.run("review", "release", "--restored", "--by", BY)
        other.run("send")
        # In the evening the day's digest was held as well.
        again = [id_of(letter.content) for letter in smtp.letters[2:]]
        assert again.count(id_of(sent[-1])) == 1
        assert id_of(sent[0]) not in again
        other.run("review", "settle", "--by", BY)


def id_of(content: bytes) -> str:
    return str(email.message_from_bytes(content)["Message-ID"])
