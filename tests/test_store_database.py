"""Opening, transactions, damage, a full disk and kill -9 (promises P2 and P12)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import need
from sqlite_utils import Database, Migrations
from store_life import live
from store_samples import INBOX, NOW, admit, letter, record

from mailbot.errors import StateError
from mailbot.model import Event, LetterState, Outcome
from mailbot.store import Store
from mailbot.store.database import Handle
from mailbot.store.schema import migrations

TESTS = Path(__file__).parent
OPEN = """
import sys
from pathlib import Path
from mailbot.store import Store
Store.open(Path(sys.argv[1])).close()
"""


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data" / "var"


@pytest.fixture
def store(var: Path) -> Iterator[Store]:
    opened = Store.open(var)
    yield opened
    opened.close()


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    return subprocess.run(
        [str(a) for a in arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def code_of(action: object) -> str:
    with pytest.raises(StateError) as caught:
        action()  # type: ignore[operator]
    return caught.value.code


# ---- opening


def test_a_home_is_made_for_its_owner_alone(var: Path) -> None:
    """Directories 0700, files 0600, the write-ahead log too, whatever the umask."""
    before = os.umask(0)
    try:
        store = Store.open(var)
        admit(store)
    finally:
        os.umask(before)

    modes = {p.name: p.stat().st_mode & 0o777 for p in var.rglob("*")}
    assert {modes[name] for name in ("mail", "bulletins")} | {var.stat().st_mode & 0o777} == {0o700}
    assert {m for name, m in modes.items() if "." in name} == {0o600}
    assert "mailbot.sqlite-wal" in modes
    store.close()


def test_what_is_committed_survives_a_power_cut(store: Store) -> None:
    """Write-ahead log, synchronous=FULL, foreign keys enforced, ten seconds of patience."""
    settings = {
        name: store._db.rows(f"PRAGMA {name}")[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


def test_an_orphan_row_is_refused(store: Store) -> None:
    """A letter to a mail that is not there."""
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store.add_letter(letter(mail_id=99), NOW)
    assert store.letters() == []


def test_a_connection_belongs_to_its_thread(store: Store, var: Path) -> None:
    """Each thread opens its own; a shared one is refused by SQLite."""
    errors: list[Exception] = []
    seen: list[int] = []

    def use() -> None:
        try:
            store.mails()
        except sqlite3.ProgrammingError as error:
            errors.append(error)
        own = Store.open(var, check=False)
        seen.append(len(own.mails()))
        own.close()

    admit(store)
    thread = threading.Thread(target=use)
    thread.start()
    thread.join()

    assert len(errors) == 1
    assert seen == [1]


# ---- migrations

NAMES = [migration.name for migration in migrations.pending(Database(memory=True))]
"""Of all migrations, in their order."""


def _applied(store: Store) -> list[str]:
    return [row["name"] for row in store._db.rows("SELECT name FROM _sqlite_migrations ORDER BY id")]


def test_migrations_are_applied_once(var: Path) -> None:
    """A second opening finds the schema as it is, and its rows."""
    store = Store.open(var)
    admit(store)
    tables = store._db.rows("SELECT sql FROM sqlite_master ORDER BY name")
    store.close()

    store = Store.open(var)
    assert [r[0] for r in store._db.rows("SELECT sql FROM sqlite_master ORDER BY name")] == [
        r[0] for r in tables
    ]
    assert _applied(store) == NAMES
    assert store.schema_version() == NAMES[-1]
    assert len(store.mails()) == 1
    assert store.integrity_check() == []
    store.close()


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """All that is pending or none: the old schema stays whole, and the next start tries again."""
    broken = Migrations("mailbot")

    @broken()
    def m0001_first(db: Database) -> None:
        db.execute("CREATE TABLE first (id INTEGER PRIMARY KEY)")

    @broken()
    def m0002_second(db: Database) -> None:
        db.execute("CREATE TABLE second (id INTEGER PRIMARY KEY)")
        raise RuntimeError("half-way")

    handle = Handle(tmp_path / "x.sqlite")
    with pytest.raises(RuntimeError, match="half-way"):
        handle.migrate(broken, tmp_path)
    assert handle.rows("SELECT name FROM sqlite_master") == []
    handle.migrate(migrations, tmp_path)
    assert handle.version(migrations) == NAMES[-1]
    handle.close()


def test_a_database_is_copied_before_it_is_migrated(var: Path) -> None:
    """An upgrade can be undone: the copy holds the rows under the schema they had."""
    Store.open(var).close()
    assert not (var / "backups").exists()
    later = Migrations("mailbot")
    for known in (*NAMES, "m9999_later"):
        later(name=known)(lambda db: db.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)"))

    handle = Handle(var / "mailbot.sqlite")
    handle.migrate(later, var / "backups")

    assert handle.version(later) == "m9999_later"
    copy = Handle(var / "backups" / "before-m9999_later.sqlite")
    assert copy.version(later) == NAMES[-1]
    assert copy.rows("SELECT * FROM mail") == []
    assert copy.rows("SELECT name FROM sqlite_master WHERE name = 'later'") == []
    for opened in (handle, copy):
        opened.close()


def test_a_newer_schema_is_refused(var: Path) -> None:
    """An older mailbot does not write into what it does not know."""
    Store.open(var).close()
    with sqlite3.connect(var / "mailbot.sqlite") as newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('mailbot', 'm9999_later', '')"
        )
    newer.close()

    with pytest.raises(StateError) as caught:
        Store.open(var)
    assert caught.value.code == "store_newer"
    assert caught.value.details["detail"] == "m9999_later"
    assert caught.value.details["path"].endswith("mailbot.sqlite")


def test_five_starts_at_once_migrate_once(var: Path) -> None:
    """Whoever comes second waits and finds it done."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
    started = [subprocess.Popen([sys.executable, "-c", OPEN, var], env=environment) for _ in range(5)]

    assert [process.wait(60) for process in started] == [0] * 5
    store = Store.open(var)
    assert _applied(store) == NAMES
    store.close()


# ---- damage


def filled(var: Path) -> Path:
    store = Store.open(var)
    with store.transaction():
        for i in range(300):
            store.add_event(Event(at=NOW, who="mailbot", verb="judged", subject=f"mail:{i}" * 10))
    admit(store)
    store.close()
    return var / "mailbot.sqlite"


def zero_a_page(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * page)
        file.write(bytes(4096))


@pytest.mark.parametrize(
    "damage",
    [
        lambda p: zero_a_page(p, 0),
        lambda p: zero_a_page(p, p.stat().st_size // 4096 // 2),
        lambda p: zero_a_page(p, p.stat().st_size // 4096 - 1),
        lambda p: p.write_bytes(p.read_bytes()[:-8192]),
        lambda p: p.write_bytes(p.read_bytes()[:4096]),
        lambda p: p.write_bytes(b"not a database at all, but long enough to be one" * 200),
        lambda p: p.write_bytes(b""),
        lambda p: p.unlink(),
    ],
    ids=[
        "first page",
        "middle page",
        "last page",
        "truncated",
        "first page only",
        "other file",
        "emptied",
        "deleted",
    ],
)
def test_a_damaged_database_is_refused(var: Path, damage: object) -> None:
    """It never runs on, and never starts afresh beside spooled mail: everybody would be answered again."""
    path = filled(var)
    damage(path)  # type: ignore[operator]
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(StateError) as caught:
        Store.open(var)

    assert caught.value.code == "store_damaged"
    assert caught.value.details["path"] == str(path)
    assert (path.read_bytes() if path.exists() else None) == before


def test_damage_met_while_running_is_named(var: Path) -> None:
    """Not only at the start: whatever statement meets it."""
    path = filled(var)
    store = Store.open(var, check=False)
    for page in range(2, path.stat().st_size // 4096):
        zero_a_page(path, page)

    assert code_of(lambda: store.events(limit=300)) == "store_damaged"


def test_a_full_check_finds_what_foreign_keys_forbid(store: Store, var: Path) -> None:
    """Rows that came in by another hand."""
    assert store.integrity_check() == []
    with sqlite3.connect(var / "mailbot.sqlite") as hand:
        hand.execute("INSERT INTO letter_file VALUES (99, 'a', 'b', X'00')")
    hand.close()

    assert store.integrity_check() == ["orphan in letter_file, row 1, of letter"]


# ---- transactions


def test_a_transaction_is_undone_where_an_exception_passes(store: Store) -> None:
    """All or nothing; the exception stays what it was."""
    with pytest.raises(RuntimeError, match="judging"), store.transaction():
        admit(store)
        raise RuntimeError("judging")

    assert store.mails() == []
    admit(store)
    assert len(store.mails()) == 1


def test_an_inner_transaction_is_undone_alone(store: Store) -> None:
    """Savepoints nest."""
    with store.transaction():
        admit(store, b"outer", 1)
        with pytest.raises(RuntimeError), store.transaction():
            admit(store, b"inner", 2)
            with store.transaction():
                admit(store, b"innermost", 3)
            raise RuntimeError
        admit(store, b"after", 4)

    assert [m.key.rpartition("/")[2] for m in store.pending(10)] == ["1", "4"]


def test_a_second_writer_waits(store: Store, var: Path) -> None:
    """BEGIN IMMEDIATE: it does not fail half-way through, and sees what the first one wrote."""
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        other = Store.open(var, check=False)
        begun.set()
        with other.transaction():
            order.append("second")
            assert other.knows("k/1")
            other.set_note("x", "second")
        other.close()

    with store.transaction():
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(10)
        time.sleep(0.2)
        store.admit(key="k/1", sha256="0" * 64, size=1, arrived_at=NOW, spooled=True, now=NOW)
        order.append("first")
    thread.join(20)

    assert order == ["first", "second"]
    assert store.note("x") == "second"


def test_a_reader_does_not_wait(store: Store, var: Path) -> None:
    """The console works beside a running worker."""
    other = Store.open(var, check=False)
    with store.transaction():
        admit(store)
        assert other.mails() == []
    assert len(other.mails()) == 1
    other.close()


def test_a_writer_that_waits_in_vain_says_so(
    store: Store, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten seconds (here a moment): StateError, not a bare SQLite error."""
    monkeypatch.setattr("mailbot.store.database.BUSY_SECONDS", 0.05)
    other = Store.open(var, check=False)
    with store.transaction():
        assert code_of(lambda: other.set_note("x", "y")) == "store_busy"
        assert code_of(lambda: other.transaction().__enter__()) == "store_busy"
    other.set_note("x", "y")
    other.close()


# ---- no room, no right


def test_a_full_database_undoes_the_transaction(store: Store) -> None:
    """SQLite's own 'database or disk is full': named, nothing half written; it goes on once there is room."""
    pages = store._db.rows("PRAGMA page_count")[0][0]
    store._db.rows(f"PRAGMA max_page_count = {pages + 3}")

    def fill() -> None:
        with store.transaction():
            for uid in range(500):
                store.admit(
                    key=f"k/{uid}", sha256=f"{uid:064d}", size=1, arrived_at=NOW, spooled=True, now=NOW
                )

    assert code_of(fill) == "disk_full"
    assert store.mails() == []
    store._db.rows("PRAGMA max_page_count = 100000")
    fill()
    assert len(store.mails(limit=1000)) == 500
    assert store.integrity_check() == []


FULL_DISK = """
import sys
from pathlib import Path
from store_samples import NOW, admit
from mailbot.errors import StateError
from mailbot.store import Store
store = Store.open(Path(sys.argv[1]))
done = 0
try:
    while done < 400:
        admit(store, bytes([done % 251]) * 3000 + str(done).encode(), done)
        done += 1
except StateError as error:
    print(error.code)
for path in sorted(Path(sys.argv[1]).glob("mail/*/*.eml"))[:40]:
    path.unlink()
assert not list(Path(sys.argv[1]).glob("mail/*/*.tmp"))
assert len(store.mails(limit=1000)) == done, done
admit(store, b"goes on", 9999)
assert store.integrity_check() == []
print("goes on")
"""


def test_a_full_disk_is_named_and_survived(tmp_path: Path) -> None:
    """A real one, 1.5 MB: what was admitted stays, nothing is half there, and it goes on by itself."""
    need("unshare")
    mount = f"mount -t tmpfs -o size=1500k tmpfs {tmp_path}"
    if run("unshare", "-rm", "sh", "-c", mount).returncode:
        pytest.skip("this system lets nobody mount a small file system")
    script = tmp_path.parent / "full_disk.py"
    script.write_text(FULL_DISK)

    done = run("unshare", "-rm", "sh", "-c", f"{mount} && {sys.executable} {script} {tmp_path}/var")

    assert done.stdout.split("\n")[:2] == ["disk_full", "goes on"], done.stderr


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Read-only, or a file where the directory should be."""
    (tmp_path / "file").write_text("")
    assert code_of(lambda: Store.open(tmp_path / "file" / "var")) == "store_unwritable"


def test_a_read_only_home_is_named(tmp_path: Path) -> None:
    """On a file system mounted read-only, where the modes of files say nothing."""
    need("unshare")
    var = tmp_path / "var"
    live(var).close()
    mount = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path}"
    if run("unshare", "-rm", "sh", "-c", mount).returncode:
        pytest.skip("this system lets nobody mount read-only")

    done = run("unshare", "-rm", "sh", "-c", f'{mount} && {sys.executable} -c "{OPEN}" {var}')

    assert "store_unwritable" in done.stderr


# ---- kill -9


HALF_WAY = """
import sys, time
from pathlib import Path
from store_samples import admit, record
from mailbot.store import Store
store = Store.open(Path(sys.argv[1]))
_, mail_id = admit(store, b"committed", 1)
with store.transaction():
    record(store, mail_id, "20190412-AAAAAA")
    for uid in range(2, 300):
        admit(store, str(uid).encode() * 50, uid)
    print("half-way", flush=True)
    time.sleep(60)
"""


def test_a_kill_in_a_transaction_leaves_what_was_committed(var: Path) -> None:
    """And nothing of the transaction; the spooled files are adopted, so that no mail is lost."""
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    process = subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, str(var)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half-way\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    store = Store.open(var)
    assert [(m.key, m.outcome) for m in store.mails()] == [(f"{INBOX}/1", None)]
    assert store.adopt_orphans(NOW) == 298
    assert store.integrity_check() == []
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "step", "at_least"),
    [
        ("mkdir", 1, 5),
        ("write", 1, 2),
        ("fsync", 1, 7),
        ("fdatasync", 1, 15),
        ("rename", 1, 2),
        ("unlink", 1, 2),
        ("ftruncate", 1, 1),
        ("pwrite64", 17, 15),
    ],
)
def test_a_kill_at_any_write_costs_nothing(tmp_path: Path, call: str, step: int, at_least: int) -> None:
    """From an empty home to the sent letter, killed at each call that changes the disk (of the many writes
    into the log each seventeenth): the next run completes; two mails, items, letters, events, and no more."""
    strace = [need("strace"), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e"]
    for kills in range(1000):
        var = tmp_path / str(kills) / "var"
        inject = f"inject={call}:signal=KILL:when={1 + kills * step}"
        ended = run(*strace, inject, sys.executable, "-B", TESTS / "store_life.py", var)
        if ended.returncode == 0:
            break
        assert ended.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}, ended.stderr
        assert_a_whole_life(var)
    assert kills >= at_least


def assert_a_whole_life(var: Path) -> None:
    store = live(var)
    assert store.integrity_check() == []
    assert [m.outcome for m in store.mails()] == [Outcome.ACCEPTED] * 2
    assert len(store.submissions()) == 2
    assert store.letter_counts() == {LetterState.SENT: 2}
    assert len(store.events()) == 2
    assert not list(var.glob("mail/*/*.tmp"))
    store.close()


# ---- copies


def test_a_copy_is_whole_beside_a_running_writer(store: Store, var: Path, tmp_path: Path) -> None:
    """SQLite's backup: what is committed and nothing else, in a file of its own, its owner's alone."""
    _, mail_id = admit(store)
    record(store, mail_id, "20190412-AAAAAA")
    other = Store.open(var, check=False)
    target = tmp_path / "backups" / "mailbot.sqlite"
    with other.transaction():
        other.set_note("half", "done")
        store.backup_to(target)
    other.close()

    assert target.stat().st_mode & 0o777 == 0o600
    copy = Handle(target)
    assert copy.complaints() == []
    assert copy.rows("SELECT number FROM mail")[0][0] == "20190412-AAAAAA"
    assert copy.rows("SELECT * FROM note") == []
    copy.close()
