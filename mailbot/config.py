"""config.toml -> Config: what differs from one installation to the next.

Mailbox, sending, brakes, review, timetable, console and paths.  Secrets come from the environment or from a
file named there, never from config.toml, which people send to each other for help.  Whatever is wrong is
refused with ConfigError naming file, line and key; nothing wrong is quietly replaced by a default.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mailbot import _config_checks, _toml
from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError
from mailbot.model import Month

Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]
"""0: the usual port for the kind and tls chosen."""
DayTime = Annotated[str, Meta(pattern=r"^(?:[01]?\d|2[0-3]):[0-5]\d$")]
Tls = Literal["ssl", "starttls", "none"]

_PORTS = {
    ("imap", "ssl"): 993, ("imap", "starttls"): 143, ("imap", "none"): 143,
    ("pop3", "ssl"): 995, ("pop3", "starttls"): 110, ("pop3", "none"): 110,
    ("smtp", "ssl"): 465, ("smtp", "starttls"): 587, ("smtp", "none"): 25,
}  # fmt: skip


class Secret:
    """A password that does not show itself in logs, tracebacks or error pages."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(Secret)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not written anywhere")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of config.toml."""


class Office(Section, frozen=True, kw_only=True):
    """[office]: who signs the letters, and where mailbot's word to the section goes."""

    name: str = ""
    issuer: str = ""
    """In whose name the 通报 is issued; empty: the office's own."""
    phones: tuple[str, ...] = ()
    section_address: str = ""
    """Alerts, digest and drafts; empty: the address letters are sent from."""
    own_addresses: tuple[str, ...] = ()
    """Further addresses that are the mailbox's own: mail from them is never answered."""


class MailboxConfig(Section, frozen=True, kw_only=True):
    """[mailbox]: the way in."""

    kind: Literal["imap", "pop3", "folder"] = "imap"
    host: str = ""
    port: Port = 0
    tls: Tls = "ssl"
    plain_text_is_accepted: bool = False
    ca_file: Path | None = None
    username: str = ""
    folder: str = "INBOX"
    extra_folders: tuple[str, ...] = ()
    """Junk folders that are read as well: a submission may have been filed there."""
    sent_folder: str = ""
    """Empty: the one the host marks as \\Sent."""
    poll_seconds: Annotated[int, Meta(ge=10, le=86_400)] = 120
    idle: bool = True
    after: Literal["leave", "seen", "flag", "move"] = "leave"
    after_folder: str = ""
    max_mail_mb: Annotated[int, Meta(ge=1, le=500)] = 50
    timeout_seconds: Annotated[int, Meta(ge=5, le=600)] = 60
    path: Path | None = None
    """kind = "folder": where the .eml files lie."""

    @property
    def port_used(self) -> int:
        return self.port or _PORTS.get((self.kind, self.tls), 0)

    @property
    def max_mail_bytes(self) -> int:
        return self.max_mail_mb * 1024 * 1024


class SmtpConfig(Section, frozen=True, kw_only=True):
    """[smtp]: the way out."""

    kind: Literal["smtp", "folder"] = "smtp"
    host: str = ""
    port: Port = 0
    tls: Tls = "ssl"
    plain_text_is_accepted: bool = False
    ca_file: Path | None = None
    username: str = ""
    """Empty: the mailbox's."""
    login: bool = True
    """False: the host takes mail from this machine without a login."""
    from_address: str = ""
    from_name: str = ""
    """Empty: the office's name."""
    timeout_seconds: Annotated[int, Meta(ge=5, le=600)] = 60
    path: Path | None = None
    """kind = "folder": where letters are laid down as .eml files."""

    @property
    def port_used(self) -> int:
        return self.port or _PORTS.get((self.kind, self.tls), 0)


class Sending(Section, frozen=True, kw_only=True):
    """[sending]: pace and patience (reading of the hosts' limits: 3-10 s apart, 10-20 per connection)."""

    pace_seconds: Annotated[float, Meta(ge=0, le=600)] = 5.0
    per_connection: Annotated[int, Meta(ge=1, le=200)] = 10
    retry_first_minutes: Count = 5
    retry_longest_minutes: Count = 66
    give_up_days: Annotated[int, Meta(ge=1, le=30)] = 5
    """RFC 5321 section 4.5.4.1: at least 4-5 days."""
    uncertain_minutes: Count = 15
    """How long a receipt in doubt is left alone before it is sent once more (promise P4)."""

    def retry_after(self, attempts: int) -> timedelta:
        """The wait after the `attempts`-th failure (1 is the first), doubling up to the longest."""
        minutes = self.retry_first_minutes * 2 ** min(attempts - 1, 16)
        return timedelta(minutes=min(minutes, self.retry_longest_minutes))


class Brakes(Section, frozen=True, kw_only=True):
    """[brakes]: bounds on automatic answers that hold whatever detection misses (promise P5)."""

    no_attachment_per_day: Count = 1
    same_text_per_hour: Count = 3
    per_address_per_day: Count = 10
    total_per_day: Count = 200


class Review(Section, frozen=True, kw_only=True):
    """[review]: which answers a person reads before they go."""

    receipts: Literal["none", "doubtful", "all"] = "doubtful"
    release_after_minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = None
    """None: a held answer waits until a person decides."""
    feedback: Literal["none", "held", "at_once"] = "held"
    """Word to the submitter that an item was adopted or got written instructions."""


class Timetable(Section, frozen=True, kw_only=True):
    """[timetable]: Asia/Shanghai, whatever the machine's zone."""

    bulletin_day: Annotated[int, Meta(ge=1, le=28)] | Literal["last"] = 1
    bulletin_time: DayTime = "08:00"
    annual_day: Annotated[int, Meta(ge=1, le=31)] = 10
    """Of January: when the year's 通报 is drafted, at bulletin_time."""
    digest: bool = True
    digest_time: DayTime = "17:00"
    workdays_only: bool = True
    holidays: tuple[date, ...] = ()
    """Weekdays that are days off, as the State Council publishes each year."""
    working_weekends: tuple[date, ...] = ()
    """Weekend days that are worked in exchange."""

    def is_workday(self, day: date) -> bool:
        if day in self.working_weekends:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def bulletin_due(self, month: Month) -> datetime:
        """When the 通报 on `month` is drafted: on a day of the month after, or on its own last day."""
        if self.bulletin_day == "last":
            return _at(date(month.year, month.month, _last_day(month)), self.bulletin_time)
        after = month.following()
        return _at(date(after.year, after.month, self.bulletin_day), self.bulletin_time)

    def annual_due(self, year: int) -> datetime:
        """When the 通报 on `year` is drafted: in January of the year after."""
        return _at(date(year + 1, 1, self.annual_day), self.bulletin_time)

    def digest_due(self, day: date) -> datetime | None:
        """When the digest of `day` goes; None where it gets none."""
        if not self.digest or (self.workdays_only and not self.is_workday(day)):
            return None
        return _at(day, self.digest_time)


class Solicit(Section, frozen=True, kw_only=True):
    """[solicit]: 约稿."""

    reminders: tuple[Annotated[int, Meta(ge=1, le=720)], ...] = (48, 24, 2)
    """Hours before the deadline at which units that have not answered are reminded; () for never."""

    @property
    def ladder(self) -> tuple[int, ...]:
        """Each step once, the earliest reminder first."""
        return tuple(sorted(set(self.reminders), reverse=True))


class BulletinConfig(Section, frozen=True, kw_only=True):
    """[bulletin]: the 通报 that is sent round."""

    own_account: bool = True
    """Each unit's letter tells its own items, labels, marks and place."""


class IntakeConfig(Section, frozen=True, kw_only=True):
    """[intake]."""

    answer_since: date | None = None
    """Mail that arrived earlier is recorded and not answered; None: the day of first start."""


class Paths(Section, frozen=True, kw_only=True):
    """[paths]: relative ones count from the office home."""

    var: Path = Path("data/var")


class BackupConfig(Section, frozen=True, kw_only=True):
    """[backup]: copies of the office home."""

    daily: bool = True
    time: DayTime = "12:30"
    directory: Path | None = None
    """None: backups/ in data/var.  Another disk or a share must be there already: it is never made."""
    keep: Annotated[int, Meta(ge=1, le=1000)] = 14
    """How many of this office's own archives stay there."""
    late_days: Annotated[int, Meta(ge=1, le=90)] = 3
    """Without a good backup for longer than this, something is wrong."""

    def last_due(self, now: datetime) -> datetime:
        """When the latest daily backup fell due, at or before `now`."""
        today = _at(now.date(), self.time)
        return today if today <= now else _at(now.date() - timedelta(days=1), self.time)


class ConsoleConfig(Section, frozen=True, kw_only=True):
    """[console]."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8300
    allowed_hosts: tuple[str, ...] = ()
    """Names under which browsers reach it, besides 127.0.0.1 and localhost (against DNS rebinding)."""


class Sections(Section, frozen=True, kw_only=True):
    """config.toml as a whole."""

    office: Office = Office()
    mailbox: MailboxConfig = MailboxConfig()
    smtp: SmtpConfig = SmtpConfig()
    sending: Sending = Sending()
    brakes: Brakes = Brakes()
    review: Review = Review()
    timetable: Timetable = Timetable()
    solicit: Solicit = Solicit()
    bulletin: BulletinConfig = BulletinConfig()
    intake: IntakeConfig = IntakeConfig()
    paths: Paths = Paths()
    backup: BackupConfig = BackupConfig()
    console: ConsoleConfig = ConsoleConfig()


class Config(Sections, frozen=True, kw_only=True):
    """An installation: what config.toml says, where it lies, and the secrets from outside it."""

    home: Path
    mailbox_password: Secret | None = None
    smtp_password: Secret | None = None

    @property
    def var(self) -> Path:
        return self.home / self.paths.var

    @property
    def backups(self) -> Path:
        """Where backups lie."""
        return self.backup.directory or self.var / "backups"

    @property
    def smtp_username(self) -> str:
        return self.smtp.username or self.mailbox.username

    @property
    def issuer(self) -> str:
        return self.office.issuer or self.office.name

    @property
    def from_name(self) -> str:
        return self.smtp.from_name or self.office.name

    @property
    def section_address(self) -> str:
        return self.office.section_address or self.smtp.from_address

    @property
    def own_addresses(self) -> frozenset[str]:
        """Lower case.  Mail from these is our own and never answered."""
        written = (*self.office.own_addresses, self.smtp.from_address, self.mailbox.username)
        return frozenset(address.lower() for address in written if "@" in address)


def load(path: Path, environ: Mapping[str, str], *, complete: bool = True) -> Config:
    """Read `path`; its directory is the office home.  ConfigError for whatever is wrong.

    `complete` False leaves out what only the mail needs (hosts, addresses, passwords), for commands that send
    and fetch nothing and for a home that is still being filled in.
    """
    text = _toml.text_of(path)
    home = path.resolve().parent
    _config_checks.refuse_secrets(text, path)
    values = _toml.parse(text, path)
    sections = _toml.convert(values, Sections, text=text, path=path, dec_hook=_resolver(home))
    config = Config(
        home=home,
        mailbox_password=_secret("MAILBOT_MAILBOX_PASSWORD", environ),
        smtp_password=_secret("MAILBOT_SMTP_PASSWORD", environ)
        or _secret("MAILBOT_MAILBOX_PASSWORD", environ),
        **{field.name: getattr(sections, field.name) for field in msgspec.structs.fields(Sections)},
    )
    _config_checks.check(config, text, path, complete=complete)
    return config


def shortcomings(config: Config) -> tuple[ConfigError, ...]:
    """All that is still missing before mail can be fetched and sent, at once: for doctor."""
    return _config_checks.shortcomings(config)


def _resolver(home: Path) -> Callable[[type, Any], Any]:
    def resolve(kind: type, value: Any) -> Any:
        if kind is not Path:
            raise NotImplementedError(kind)
        if not isinstance(value, str):
            raise ValueError("a path is written as text")
        return home / Path(value).expanduser()

    return resolve


def _secret(variable: str, environ: Mapping[str, str]) -> Secret | None:
    """The variable, or the content of the file that `<variable>_FILE` names (as systemd credentials come)."""
    direct, file = environ.get(variable, ""), environ.get(f"{variable}_FILE", "")
    if direct and file:
        raise ConfigError("config_secret_twice", variable=variable)
    if not file:
        return Secret(direct) if direct else None
    try:
        value = Path(file).read_text(encoding="utf-8-sig").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("config_secret_file", variable=f"{variable}_FILE", file=file) from None
    if not value or "\n" in value:
        raise ConfigError("config_secret_file", variable=f"{variable}_FILE", file=file)
    return Secret(value)


def _at(day: date, written: str) -> datetime:
    hour, minute = map(int, written.split(":"))
    return datetime.combine(day, time(hour, minute), tzinfo=SHANGHAI)


def _last_day(month: Month) -> int:
    return calendar.monthrange(month.year, month.month)[1]
