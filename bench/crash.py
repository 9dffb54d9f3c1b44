"""Kill mailbot at its N-th system call, for every N, start it again, and see what is lost or repeated.

    python bench/crash.py [--calls fsync,rename,...] [--every K]

One life is a poll and a send (tests/office_life.py) of an office with three mails, from a folder to a real
SMTP host (aiosmtpd).  Each run kills it at one call (strace -e inject=...:signal=KILL:when=N), then lets it
live twice more: at once, and when the quarter of an hour that a receipt in doubt waits is over.  Printed per
system call: kills, mails lost, letters repeated and under another Message-ID, letters left to a person,
databases unsound.  Needs strace; Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from desks import submission  # noqa: E402
from servers import SmtpHost  # noqa: E402

CALLS = ("fsync", "fdatasync", "pwrite64", "rename", "unlink", "sendto", "write")
MAILS = 3

CONFIG = """
[office]
name = "信息科"
section_address = "section@oa.tancheng.example"
[mailbox]
kind = "folder"
path = "inbox"
[smtp]
kind = "smtp"
host = "127.0.0.1"
port = {port}
tls = "none"
plain_text_is_accepted = true
login = false
from_address = "xxk@oa.tancheng.example"
[sending]
pace_seconds = 0
[intake]
answer_since = 2019-01-01
[review]
receipts = "none"
[timetable]
digest = false
[console]
enabled = false
"""


@dataclass
class Figures:
    """What the kills at one system call came to."""

    kills: int = 0
    lost: int = 0
    repeated: int = 0
    most_repeats: int = 0
    other_id: int = 0
    to_person: int = 0
    unsound: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return bool(self.lost or self.other_id or self.unsound or self.most_repeats > 1)


class Office:
    """Three mails in a folder, and a host that takes letters."""

    def __init__(self, home: Path, host: SmtpHost) -> None:
        self.home, self._host = home, host
        (home / "inbox").mkdir(parents=True)
        (home / "config.toml").write_text(CONFIG.format(port=host.port), encoding="utf-8")
        for number in range(MAILS):
            path = home / "inbox" / f"{number}.eml"
            path.write_bytes(submission(f"第{number}件事情的进展", lines=(f"第{number}件事情的内容。" * 20,)))
            os.utime(path, (1_500_000_000, 1_500_000_000))
        host.letters.clear()

    def live(self, *arguments: str, prefix: tuple[str, ...] = ()) -> int:
        """One life; the code it ends with, negative where it was killed."""
        program = ROOT / "tests/office_life.py"
        command = [*prefix, sys.executable, str(program), str(self.home), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode <= 0, done.stderr
        return done.returncode

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.home / "data/var/mailbot.sqlite")


def killed(office: Office, call: str, when: int) -> bool:
    """Live to the `when`-th call; False where it came to its end before."""
    trace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}")
    return office.live(prefix=(*trace, "-e", f"inject={call}:signal=KILL:when={when}")) < 0


def examine(office: Office, host: SmtpHost, figures: Figures, what: str) -> None:
    """Compare what was sent with what lay in the folder: nothing but sets and counts."""
    ids = Counter(message_from_bytes(x.content)["Message-ID"] for x in host.letters)
    answered = Counter(message_from_bytes(x.content)["In-Reply-To"] for x in host.letters)
    with office.database() as db:
        rows = dict(db.execute("SELECT outcome, count(*) FROM mail GROUP BY outcome"))
        states = dict(db.execute("SELECT state, count(*) FROM letter WHERE kind = 'receipt' GROUP BY state"))
        sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    person = states.get("uncertain", 0)
    lost = MAILS - rows.get("accepted", 0) + max(0, MAILS - len(answered) - person)
    repeats = sum(ids.values()) - len(ids)
    figures.lost += lost
    figures.repeated += repeats
    figures.most_repeats = max(figures.most_repeats, repeats)
    figures.other_id += len(ids) - len(answered)
    figures.to_person += person
    figures.unsound += not sound
    if lost or not sound or repeats > 1 or len(ids) != len(answered):
        figures.notes.append(f"{what}: {rows} {states} {dict(ids)}")


def loop(
    calls: tuple[str, ...], *, every: int = 1, first: int = 1, said: Callable[[str], None] = print
) -> dict[str, Figures]:
    """Kills at the `first` and then every `every`-th of these calls, until a life comes to its end."""
    found: dict[str, Figures] = {}
    with SmtpHost() as host:
        for call in calls:
            found[call] = Figures()
            when = first
            while _one(host, call, when, found[call]):
                when += every
            said(f"{call:10} {found[call]}")
    return found


def _one(host: SmtpHost, call: str, when: int, figures: Figures) -> bool:
    home = Path(tempfile.mkdtemp(prefix="mailbot-crash-"))
    try:
        office = Office(home / "office", host)
        if not killed(office, call, when):
            return False
        figures.kills += 1
        office.live()
        office.live("later")
        examine(office, host, figures, f"{call} {when}")
        return True
    finally:
        shutil.rmtree(home)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--calls", default=",".join(CALLS))
    arguments.add_argument("--every", type=int, default=1)
    chosen = arguments.parse_args()
    found = loop(tuple(chosen.calls.split(",")), every=chosen.every)
    total = sum(figures.kills for figures in found.values())
    print(f"{total} kills, {sum(figures.bad for figures in found.values())} system calls with a fault")
    return int(any(figures.bad for figures in found.values()))


if __name__ == "__main__":
    sys.exit(main())
