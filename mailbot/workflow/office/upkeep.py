"""What `mailbot doctor` looks at: machine, home, data and the way to the mail host, each as a Check.

Nothing is repaired and nothing at the mail host is changed; a letter leaves only in round_trip().  Sentence
and remedy of each problem stand in templates/cli/messages.toml under its code.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from enum import StrEnum
from pathlib import Path

from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.errors import MailbotError, StateError
from mailbot.policy import Policy
from mailbot.render import bulletin, gazette, letters
from mailbot.store import Store
from mailbot.transport import Arrival, Mailbox, Mailer, Outgoing

SAFE_PYTHON = (3, 11, 15)
"""Below it header injection through email is open (CPython CVE-2026-1299)."""
CLOCK_TOLERANCE = timedelta(minutes=5)
ROUND_SECONDS = 3
DISK_NEEDED = 1024**3
DISK_WISHED = 5 * 1024**3
STAGES = ("dns", "connect", "tls", "login", "folder")
_STAGE_OF = {
    "dns_failed": "dns",
    "connect_refused": "connect", "connect_timeout": "connect", "host_unreachable": "connect",
    "tls_untrusted": "tls", "tls_failed": "tls", "tls_not_offered": "tls", "tls_required": "tls",
    "ca_file_unreadable": "tls",
    "login_refused": "login", "auth_not_offered": "login", "unsafe_login": "login",
}  # fmt: skip


class CheckState(StrEnum):
    """What a check came to.  NOTED: it works, and there is something to know."""

    PASSED = "passed"
    NOTED = "noted"
    FAILED = "failed"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of doctor.  `problem`: what is wrong, or why nobody looked; `details`: what was seen."""

    name: str
    state: CheckState = CheckState.PASSED
    problem: MailbotError | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def failed(name: str, problem: MailbotError) -> Check:
    return Check(name=name, state=CheckState.FAILED, problem=problem)


def noted(name: str, code: str, **details: object) -> Check:
    return Check(name=name, state=CheckState.NOTED, problem=StateError(code, **details))


def unchecked(name: str, code: str, **details: object) -> Check:
    return Check(name=name, state=CheckState.UNCHECKED, problem=StateError(code, **details))


def attempt(name: str, look: Callable[[], Mapping[str, str]]) -> Check:
    """`look` as a check: what it returns was seen, what it raises is the problem."""
    try:
        return Check(name=name, details=look())
    except MailbotError as error:
        return failed(name, error)


# ---- the machine -------------------------------------------------------------------------------------------


def machine(clock: Clock, version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Check]:
    """Python, system, clock zone."""
    shown = ".".join(map(str, version))
    if version < SAFE_PYTHON:
        yield noted("python", "doctor_old_python", version=shown, wanted=".".join(map(str, SAFE_PYTHON)))
    else:
        yield Check(name="python", details={"version": shown})
    if os.name == "nt":
        yield noted("system", "doctor_windows")
    else:
        yield Check(name="system", details={"system": f"{platform.system()} {platform.machine()}"})
    now = clock.now()
    offset = now.astimezone().utcoffset()
    if offset != timedelta(hours=8):
        yield noted("zone", "doctor_other_zone", now=f"{now:%Y-%m-%d %H:%M}")
    else:
        yield Check(name="zone", details={"now": f"{now:%Y-%m-%d %H:%M}"})


# ---- the office home ---------------------------------------------------------------------------------------


def storage(config: Config) -> Iterator[Check]:
    """Disk, data/var, the database, the files that hold secrets."""
    var = config.var
    yield attempt("var", lambda: _writable(var))
    yield disk(next(folder for folder in (var, *var.parents) if folder.exists()))
    yield _database(var)


def _writable(var: Path) -> Mapping[str, str]:
    try:
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=var):
            pass
    except OSError as error:
        raise StateError("store_unwritable", path=var, detail=error.strerror or error) from None
    if os.name == "posix" and var.stat().st_mode & 0o077:
        raise StateError("doctor_var_open", path=var)
    return {"path": str(var)}


def disk(folder: Path) -> Check:
    """Room where the data lies."""
    free = shutil.disk_usage(folder).free
    shown = {"free": f"{free / 1024**3:.1f}"}
    if free < DISK_NEEDED:
        return failed("disk", StateError("doctor_disk_low", **shown))
    return (
        noted("disk", "doctor_disk_soon", **shown)
        if free < DISK_WISHED
        else Check(name="disk", details=shown)
    )


def _database(var: Path) -> Check:
    if not any(var.glob("*.sqlite")):
        return unchecked("database", "doctor_no_database")

    def look() -> Mapping[str, str]:
        with contextlib.closing(Store.open(var)) as store:
            damage = store.integrity_check()
            if damage:
                raise StateError("store_damaged", path=var, detail=damage[0])
            return {"version": store.schema_version()}

    return attempt("database", look)


def secrets(environ: Mapping[str, str]) -> Check:
    """Files that hold passwords are for the account that runs mailbot alone."""
    for variable in ("MAILBOT_MAILBOX_PASSWORD_FILE", "MAILBOT_SMTP_PASSWORD_FILE"):
        path = Path(environ.get(variable) or os.devnull)
        if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o077:
            return failed("secrets", StateError("doctor_secret_open", path=path))
    return Check(name="secrets")


def templates(policy: Policy) -> Check:
    """What people may reword still compiles; a slip would stop the first letter or draft that needs it."""

    def look() -> Mapping[str, str]:
        letters.check(policy.wording)
        bulletin.check(policy.wording)
        gazette.check(policy.wording)
        return {}

    return attempt("templates", look)


def console(config: Config, users: Iterable[tuple[str, str]]) -> Iterator[Check]:
    """A port to listen on, and somebody who may log in."""
    if not config.console.enabled:
        yield unchecked("console", "doctor_console_off")
        return
    if not list(users):
        yield noted("users", "doctor_no_users")
    try:
        with socket.create_server((config.console.host, config.console.port)):
            pass
    except OSError as error:
        at = {"host": config.console.host, "port": config.console.port, "text": error.strerror or error}
        yield noted("console", "doctor_port_taken", **at)
    else:
        yield Check(name="console", details={"url": f"http://{config.console.host}:{config.console.port}/"})


# ---- the mail host -----------------------------------------------------------------------------------------


def way(side: str, reach: Callable[[], None], *, stages: tuple[str, ...], plain: bool) -> Iterator[Check]:
    """One Check per stage of reaching a mail host: good before the one that failed, unknown after it.

    `side` is 'mailbox' or 'smtp'; `plain`: no TLS was asked for.
    """
    problem: MailbotError | None = None
    try:
        reach()
    except MailbotError as error:
        problem = error
    at = stages.index(_stage_of(problem, stages)) if problem else len(stages)
    for place, stage in enumerate(stages):
        name = f"{side}_{stage}"
        if place < at:
            bare = plain and stage == "tls"
            yield noted(name, "doctor_plain_text") if bare else Check(name=name)
        elif place == at and problem:
            yield failed(name, problem)
        else:
            yield unchecked(name, "doctor_earlier_failed")


def _stage_of(problem: MailbotError, stages: tuple[str, ...]) -> str:
    """What cannot be placed happened after all that could have been named."""
    stage = _STAGE_OF.get(problem.code, stages[-1])
    return stage if stage in stages else stages[-1]


def knock(mailer: Mailer) -> None:
    """Connect and log in, and send nothing."""
    with contextlib.closing(mailer):
        mailer.check()


def look_into(mailbox: Mailbox) -> None:
    """Connect, log in and list, fetching nothing: every mail counts as known."""
    with contextlib.closing(mailbox):
        for _ in mailbox.new(lambda key: True):
            pass


# ---- there and back ----------------------------------------------------------------------------------------


def round_trip(
    mailbox: Mailbox, mailer: Mailer, letter: Outgoing, clock: Clock, *, patience: float = 120
) -> Iterator[Check]:
    """Send `letter` to ourselves and see it arrive; its arrival tells how far our clock is off the host's."""
    there = {"seconds": str(round(patience))}
    with contextlib.closing(mailbox), contextlib.closing(mailer):
        try:
            before = _keys(mailbox)
            mailer.send(letter, lambda: None)
            sent_at = clock.now()
            arrival = _arrival(mailbox, before, letter.message_id, clock, patience)
        except MailbotError as error:
            yield failed("round_trip", error)
            yield unchecked("clock", "doctor_earlier_failed")
            return
    if arrival is None:
        yield failed("round_trip", StateError("doctor_no_return", **there))
        yield unchecked("clock", "doctor_earlier_failed")
        return
    yield Check(name="round_trip", details={"seconds": str(round((clock.now() - sent_at).total_seconds()))})
    off = arrival.arrived_at - sent_at
    if abs(off) > CLOCK_TOLERANCE:
        yield failed("clock", StateError("doctor_clock_off", minutes=round(abs(off).total_seconds() / 60)))
    else:
        yield Check(name="clock")


def _keys(mailbox: Mailbox) -> set[str]:
    """The keys of all mails that lie there; none is fetched."""
    keys: set[str] = set()

    def note(key: str) -> bool:
        keys.add(key)
        return True

    for _ in mailbox.new(note):
        pass
    return keys


def _arrival(
    mailbox: Mailbox, before: set[str], message_id: str, clock: Clock, patience: float
) -> Arrival | None:
    until = clock.monotonic() + patience
    while True:
        for arrival in mailbox.new(before.__contains__):
            before.add(arrival.key)
            if arrival.raw is not None and message_id.encode() in arrival.raw:
                return arrival
        if clock.monotonic() >= until:
            return None
        clock.sleep(ROUND_SECONDS)


def letter_to_ourselves(config: Config, subject: str, text: str, clock: Clock) -> Outgoing:
    """A short letter from our own address to it; the worker passes it over as our own mail."""
    address = config.smtp.from_address
    now = clock.now()
    letter = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    letter["From"] = Address(config.from_name, addr_spec=address)
    letter["To"] = address
    letter["Subject"] = subject
    letter["Date"] = now
    letter["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text, cte="base64")
    return Outgoing(
        sender=address, recipient=address, message_id=letter["Message-ID"], content=letter.as_bytes()
    )
