"""An office home for tests: config.toml over real servers, and `mailbot` as its user runs it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from servers import PASSWORD, Dovecot, SmtpHost

OWN = "xxk@oa.tancheng.example"

CONFIG = """
[office]
name = "郯城县政府办公室信息科"
phones = ["6106766", "6109100"]
section_address = "section@oa.tancheng.example"

[mailbox]
kind = "imap"
host = "localhost"
port = {imaps}
tls = "ssl"
ca_file = "{imap_ca}"
username = "{user}"
poll_seconds = {poll_seconds}
idle = {idle}

[smtp]
host = "localhost"
port = {smtp}
tls = "ssl"
ca_file = "{smtp_ca}"
login = false
from_address = "{own}"

[sending]
pace_seconds = 0
per_connection = 200

[intake]
answer_since = 2019-01-01

[review]
receipts = "{receipts}"

[console]
enabled = false
"""


@dataclass
class OfficeHome:
    """Where it lies, and the environment its commands run in."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        home: Path,
        dovecot: Dovecot,
        box: str,
        smtp: SmtpHost,
        *,
        poll_seconds: int = 10,
        idle: bool = False,
        receipts: str = "none",
        more: str = "",
    ) -> OfficeHome:
        """config.toml for a box on Dovecot and a host that takes letters, both by TLS."""
        home.mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(
            imaps=dovecot.imaps,
            imap_ca=dovecot.ca_file,
            user=box,
            smtp=smtp.port,
            smtp_ca=smtp.ca_file,
            own=OWN,
            poll_seconds=poll_seconds,
            idle=str(idle).lower(),
            receipts=receipts,
        )
        (home / "config.toml").write_text(text + more, encoding="utf-8")
        return cls(home, {"MAILBOT_MAILBOX_PASSWORD": PASSWORD})

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mailbot", "--home", str(self.home), *arguments]

    def run(self, *arguments: str, code: int | None = 0, stdin: str | None = None) -> str:
        """One command to its end; its standard output.  `code` None: whatever it returns."""
        done = subprocess.run(
            self.command(*arguments),
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """`mailbot run` until the block ends, then stopped cleanly by SIGTERM."""
        process = subprocess.Popen(
            self.command("run", "--no-console"),
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, (out, err)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What the database holds, read beside whoever writes."""
        path = self.home / "data/var/mailbot.sqlite"
        if not path.exists():
            return []
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError:
                return []


def wait_until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Until `true()` holds; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.05)
