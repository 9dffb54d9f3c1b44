"""doctor: it finds what is wrong with machine, home and mail host, and says what to do."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from office import OfficeHome
from servers import Dovecot, SmtpHost

from mailbot.cli import main, words
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.config import Config, ConsoleConfig, MailboxConfig, Office, SmtpConfig
from mailbot.errors import TransportError
from mailbot.model import BulletinKind, LetterKind, LetterState
from mailbot.store import NewLetter, Store
from mailbot.transport import Arrival, Outgoing, Reply
from mailbot.workflow.office import upkeep
from mailbot.workflow.office.health import measure
from mailbot.workflow.office.upkeep import Check, CheckState

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=SHANGHAI)


def states(checks: Iterator[Check]) -> dict[str, str]:
    return {check.name: str(check.state) for check in checks}


def codes(checks: Iterator[Check]) -> dict[str, str]:
    return {check.name: check.problem.code if check.problem else "" for check in checks}


# ---- machine -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "code"), [((3, 11, 14), "doctor_old_python"), ((3, 11, 15), ""), ((3, 13, 0), "")]
)
def test_an_old_python_is_noted(version: tuple[int, ...], code: str) -> None:
    """Below 3.11.15 header injection is open; it works all the same."""
    assert codes(upkeep.machine(FixedClock(NOW), version))["python"] == code


@pytest.mark.parametrize(
    ("zone", "state"), [("Asia/Shanghai", "passed"), ("UTC", "noted"), ("CST6CDT", "noted")]
)
@pytest.mark.skipif(os.name != "posix", reason="the zone of a process can be set on POSIX only")
def test_another_zone_is_noted(zone: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """mailbot keeps to Asia/Shanghai; the person is told what time it takes it to be."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        (check,) = (c for c in upkeep.machine(FixedClock(NOW)) if c.name == "zone")
        assert check.state == state
        assert "2026-04-01 09:30" in (words.sentence(check.problem) if check.problem else str(check.details))
    finally:
        monkeypatch.undo()
        time.tzset()


# ---- home --------------------------------------------------------------------------------------------------


def test_a_fresh_home_passes_but_for_the_database(tmp_path: Path) -> None:
    """data/var is made; the database comes with the first run."""
    got = states(upkeep.storage(Config(home=tmp_path)))
    assert got["var"] == "passed"
    assert got["database"] == "unchecked"
    assert (tmp_path / "data/var").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_var_that_others_can_read_fails(tmp_path: Path) -> None:
    """It holds names and phones."""
    (tmp_path / "data/var").mkdir(parents=True)
    (tmp_path / "data/var").chmod(0o755)
    assert codes(upkeep.storage(Config(home=tmp_path)))["var"] == "doctor_var_open"


def test_a_var_that_is_a_file_fails(tmp_path: Path) -> None:
    """Not a traceback."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/var").write_text("")
    assert codes(upkeep.storage(Config(home=tmp_path)))["var"] == "store_unwritable"


def test_a_sound_database_passes_and_a_damaged_one_fails(tmp_path: Path) -> None:
    """Opened and checked page by page."""
    config = Config(home=tmp_path)
    Store.open(config.var).close()
    assert states(upkeep.storage(config))["database"] == "passed"
    (file,) = config.var.glob("*.sqlite")
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    assert codes(upkeep.storage(config))["database"] == "store_damaged"


@pytest.mark.parametrize(
    ("free", "code"), [(100, "doctor_disk_low"), (2 * 1024**3, "doctor_disk_soon"), (50 * 1024**3, "")]
)
def test_little_disk_fails_in_time(
    free: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 1 GiB it fails, below 5 GiB it is noted."""
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert codes(upkeep.storage(Config(home=tmp_path)))["disk"] == code


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(("mode", "state"), [(0o600, "passed"), (0o640, "failed"), (0o604, "failed")])
def test_a_secret_file_that_others_can_read_fails(mode: int, state: str, tmp_path: Path) -> None:
    """Group and others alike."""
    (tmp_path / "pw").write_text("x")
    (tmp_path / "pw").chmod(mode)
    assert upkeep.secrets({"MAILBOT_SMTP_PASSWORD_FILE": str(tmp_path / "pw")}).state == state


def test_a_console_without_users_and_a_taken_port_are_noted(tmp_path: Path) -> None:
    """Neither stops the mail."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = Config(home=tmp_path, console=ConsoleConfig(port=taken.getsockname()[1]))
        got = codes(upkeep.console(config, []))
    assert got == {"users": "doctor_no_users", "console": "doctor_port_taken"}
    assert codes(upkeep.console(config, [("王某", "admin")])) == {"console": ""}


def test_a_console_that_is_off_is_not_looked_at(tmp_path: Path) -> None:
    """It says so."""
    config = Config(home=tmp_path, console=ConsoleConfig(enabled=False))
    assert states(upkeep.console(config, [])) == {"console": "unchecked"}


# ---- mail host ---------------------------------------------------------------------------------------------


def reach(code: str | None) -> Callable[[], None]:
    def try_it() -> None:
        if code:
            raise TransportError(code, host="mail.example", port="993", text="")

    return try_it


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "passed passed passed passed passed"),
        ("dns_failed", "failed unchecked unchecked unchecked unchecked"),
        ("connect_refused", "passed failed unchecked unchecked unchecked"),
        ("connect_timeout", "passed failed unchecked unchecked unchecked"),
        ("tls_untrusted", "passed passed failed unchecked unchecked"),
        ("tls_not_offered", "passed passed failed unchecked unchecked"),
        ("login_refused", "passed passed passed failed unchecked"),
        ("unsafe_login", "passed passed passed failed unchecked"),
        ("folder_missing", "passed passed passed passed failed"),
    ],
)
def test_the_stage_that_failed_is_told_from_those_before_and_after(code: str | None, expected: str) -> None:
    """What came before it works, what comes after it was not reached."""
    got = states(upkeep.way("mailbox", reach(code), stages=upkeep.STAGES, plain=False))
    assert list(got) == [f"mailbox_{stage}" for stage in upkeep.STAGES]
    assert " ".join(got.values()) == expected


def test_an_accepted_plain_connection_is_noted_again_each_time() -> None:
    """Whoever runs doctor sees that the password is not protected."""
    got = codes(upkeep.way("smtp", reach(None), stages=upkeep.STAGES[:-1], plain=True))
    assert got["smtp_tls"] == "doctor_plain_text"


class Loop:
    """A mail host in memory: what is sent lies in the box after `delay` rounds.  Its clock may be off."""

    def __init__(self, clock: FixedClock, *, delay: int = 1, off: timedelta = timedelta(0)) -> None:
        self.clock, self.delay, self.off = clock, delay, off
        self.box: list[Arrival] = [Arrival(key="b/1", arrived_at=NOW, size=3, raw=b"old")]
        self.sent: list[Outgoing] = []
        self.fetched: list[str] = []
        self.closed = 0

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        if self.sent and len(self.box) == 1:
            self.delay -= 1
            if self.delay < 0:
                arrived = self.clock.now() + self.off
                self.box.append(
                    Arrival(
                        key="b/2", arrived_at=arrived, size=9, raw=b"Received: x\r\n" + self.sent[0].content
                    )
                )
        for arrival in self.box:
            if not known(arrival.key):
                self.fetched.append(arrival.key)
                yield arrival

    def send(self, letter: Outgoing, at_dot: Callable[[], None]) -> Reply:
        at_dot()
        self.sent.append(letter)
        return Reply(code=250, text="ok")

    def check(self) -> None: ...
    def done(self, key: str) -> None:
        raise AssertionError("doctor changes nothing at the source")

    def wait(self, seconds: float) -> None: ...
    def is_sent(self, message_id: str) -> bool | None: ...
    def close(self) -> None:
        self.closed += 1


def there_and_back(loop: Loop) -> list[Check]:
    config = Config(
        home=Path(), office=Office(name="某县信息科"), smtp=SmtpConfig(from_address="xxk@county.example")
    )
    letter = upkeep.letter_to_ourselves(config, "测试信", "看过即可删除。", loop.clock)
    return list(upkeep.round_trip(loop, loop, letter, loop.clock))  # type: ignore[arg-type]


def test_a_letter_to_ourselves_comes_back() -> None:
    """Only it is fetched, whatever else lies in the box; both sides are closed."""
    loop = Loop(FixedClock(NOW), delay=2)
    assert states(iter(there_and_back(loop))) == {"round_trip": "passed", "clock": "passed"}
    assert loop.fetched == ["b/2"]
    assert loop.closed == 2
    content = loop.sent[0].content
    assert content.isascii()
    assert b"\r\n" in content
    assert b"Auto-Submitted: auto-generated" in content


def test_a_letter_that_does_not_come_back_fails_in_the_end() -> None:
    """After two minutes of the clock."""
    clock = FixedClock(NOW)
    loop = Loop(clock, delay=10**9)
    got = there_and_back(loop)
    assert [c.problem.code for c in got if c.problem] == ["doctor_no_return", "doctor_earlier_failed"]
    assert timedelta(seconds=120) <= clock.now() - NOW <= timedelta(seconds=130)


@pytest.mark.parametrize(
    ("minutes", "state"), [(3, "passed"), (-3, "passed"), (8, "failed"), (-600, "failed")]
)
def test_a_clock_off_the_hosts_fails(minutes: int, state: str) -> None:
    """More than five minutes either way."""
    loop = Loop(FixedClock(NOW), off=timedelta(minutes=minutes))
    assert there_and_back(loop)[1].state == state


# ---- the command -------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("MAILBOT_"):
            monkeypatch.delenv(name)
    assert main(["init", str(tmp_path / "home")]) == 0
    capsys.readouterr()
    return tmp_path / "home"


def doctor(home: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[str]]:
    code = main(["--home", str(home), "doctor", *argv])
    return code, capsys.readouterr().out.splitlines()


def test_a_new_home_is_told_all_that_is_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every key and the password at once, so that it takes one round to fill them in."""
    code, lines = doctor(home, capsys)
    assert code == 1
    failures = [line for line in lines if "不通过" in line]
    for key in (
        "smtp.from_address",
        "mailbox.host",
        "mailbox.username",
        "smtp.host",
        "MAILBOT_MAILBOX_PASSWORD",
    ):
        assert any(key in line for line in failures), key


FOLDERS = """
[office]
name = "某县信息科"
[mailbox]
kind = "folder"
path = "in"
[smtp]
kind = "folder"
path = "out"
from_address = "xxk@county.example"
[console]
enabled = false
"""


def test_a_home_with_folders_passes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was not tried is said to be untried."""
    (home / "config.toml").write_text(FOLDERS, encoding="utf-8")
    (home / "in").mkdir()
    (home / "out").mkdir()
    code, lines = doctor(home, capsys)
    assert (code, [line for line in lines if "不通过" in line]) == (0, [])
    assert any("--send-test" in line for line in lines)


def test_offline_reaches_for_no_host(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The host of this configuration does not exist; nobody asks for it."""
    (home / "config.toml").write_text(
        FOLDERS.replace('kind = "folder"\npath = "in"', 'host = "mail.invalid"\nusername = "x"'),
        encoding="utf-8",
    )
    os.environ["MAILBOT_MAILBOX_PASSWORD"] = "secret words"
    try:
        code, lines = doctor(home, capsys, "--offline")
    finally:
        del os.environ["MAILBOT_MAILBOX_PASSWORD"]
    assert code == 0
    assert not any("mail.invalid" in line for line in lines)


def test_a_slip_in_a_template_is_found_before_a_letter_needs_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named with its file and line."""
    (home / "config.toml").write_text(FOLDERS, encoding="utf-8")
    (home / "templates/letters/receipt.txt").write_text("first line\n{% if %}\n", encoding="utf-8")
    code, lines = doctor(home, capsys)
    assert code == 1
    assert any("不通过" in line and "letters/receipt.txt 第 2 行" in line for line in lines)


def test_a_broken_setting_or_policy_is_one_failure_with_its_place(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File and line; doctor itself goes on as far as it can."""
    (home / "data/policy/roster.toml").write_text("[[unit]]\nname = 3\n", encoding="utf-8")
    (home / "config.toml").write_text(FOLDERS, encoding="utf-8")
    code, lines = doctor(home, capsys)
    assert code == 1
    assert any("不通过" in line and "roster.toml" in line for line in lines)
    (home / "config.toml").write_text("[mailbox]\nhots = 1\n", encoding="utf-8")
    code, lines = doctor(home, capsys)
    assert code == 1
    assert any("config.toml 第 2 行 mailbox.hots" in line for line in lines)


# ---- health ------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "data/var")) as opened:
        with opened.transaction():
            opened.set_note("first_start", "2026-02-10T08:00:00+08:00")
            for lane in ("intake", "sending", "timetable"):
                opened.set_note(f"{lane}_ok_at", (NOW - timedelta(minutes=2)).isoformat())
            opened.set_note("backup_ok_at", (NOW - timedelta(hours=20)).isoformat())
            for month in ("2026-02", "2026-03"):
                opened.save_draft(
                    kind=BulletinKind.MONTHLY,
                    period=month,
                    sha256="0" * 64,
                    file_name="x.docx",
                    figures={},
                    now=NOW,
                )
        yield opened


def unwell(store: Store, tmp_path: Path, now: datetime = NOW) -> dict[str, str]:
    """Names and codes of what failed."""
    found = measure(store, Config(home=tmp_path), now)
    return {c.name: c.problem.code for c in found if c.state is CheckState.FAILED and c.problem}


def test_an_office_that_works_is_well(store: Store, tmp_path: Path) -> None:
    """All lanes went well two minutes ago, both 通报 that were due are there, and yesterday's backup."""
    assert unwell(store, tmp_path) == {}


def test_an_office_that_never_ran_is_not_well(tmp_path: Path) -> None:
    """A monitor is there to notice that nobody started the worker."""
    with closing(Store.open(tmp_path / "data/var")) as store:
        assert set(unwell(store, tmp_path)) == {"intake", "sending", "timetable"}


def test_a_lane_is_stale_after_a_quarter_of_an_hour(store: Store, tmp_path: Path) -> None:
    """With the error it last met, where it met one."""
    later = NOW + timedelta(minutes=14)
    assert unwell(store, tmp_path, later)["intake"] == "health_stale"
    with store.transaction():
        store.set_note("intake_error", "dns_failed host=mail.example port=993 text=Name or service not known")
    assert unwell(store, tmp_path, later)["intake"] == "health_stale_error"
    assert "intake" not in unwell(store, tmp_path, NOW + timedelta(minutes=12))


def test_a_slow_poll_is_given_three_rounds(store: Store, tmp_path: Path) -> None:
    """Who polls every hour is not told that a quarter of an hour passed."""
    config = Config(home=tmp_path, mailbox=MailboxConfig(poll_seconds=3600))
    found = {c.name: c.state for c in measure(store, config, NOW + timedelta(hours=2))}
    assert found["intake"] is CheckState.PASSED
    assert found["sending"] is CheckState.FAILED


@pytest.mark.parametrize(
    ("now", "late"),
    [("2026-05-01T08:30", False), ("2026-05-01T09:30", True), ("2026-05-31T23:00", True)],
)
def test_a_bulletin_that_was_not_drafted_is_late(now: str, late: bool, store: Store, tmp_path: Path) -> None:
    """An hour after its time, and from then on."""
    at = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    assert ("bulletin" in unwell(store, tmp_path, at)) is late


@pytest.mark.parametrize(("state", "name"), [("uncertain", "uncertain"), ("failed", "undelivered")])
def test_letters_that_need_a_person_are_counted(state: str, name: str, store: Store, tmp_path: Path) -> None:
    """In doubt, or refused."""
    _letter(store)
    with store.transaction():
        claimed = store.claim_letter(NOW)
        assert claimed is not None
        if state == "failed":
            store.mark_failed(claimed.id, "550 no such user")
        else:
            store.mark_uncertain(claimed.id, NOW, "cut")
    assert list(unwell(store, tmp_path)) == [name]


def test_a_queue_that_does_not_move_is_late(store: Store, tmp_path: Path) -> None:
    """An hour after the oldest letter's time."""
    _letter(store)
    assert "queue" not in unwell(store, tmp_path)
    assert unwell(store, tmp_path, NOW + timedelta(minutes=61))["queue"] == "health_queue_late"


def _letter(store: Store) -> None:
    with store.transaction():
        store.add_letter(
            NewLetter(
                kind=LetterKind.RECEIPT,
                state=LetterState.READY,
                recipient="a@x.example",
                subject="s",
                body="b",
                message_id="<1@x.example>",
                content=b"c",
            ),
            NOW,
        )


def test_health_tells_a_monitor_by_json_and_exit_code(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Codes for programs, words for people; errors that the database keeps are told in words."""
    (tmp_path / "config.toml").write_text(FOLDERS, encoding="utf-8")
    with store.transaction():
        store.set_note("intake_error", "dns_failed host=mail.example port=993 text=unknown")
    assert main(["--home", str(tmp_path), "health", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert {c["code"] for c in told["checks"] if c["name"] == "intake"} == {"health_stale_error"}
    assert main(["--home", str(tmp_path), "health"]) == 1
    out = capsys.readouterr().out
    assert "查不到服务器 mail.example 的地址" in out
    assert "dns_failed" not in out


# ---- over real servers -------------------------------------------------------------------------------------


@pytest.fixture
def host() -> Iterator[SmtpHost]:
    with SmtpHost(tls="ssl") as server:
        yield server


def lines_of(office: OfficeHome, *argv: str, code: int) -> dict[str, str]:
    """Name -> state and text, of the lines on the mail host."""
    told = office.run("doctor", *argv, code=code)
    found = (re.match(r"  \[(.+?)\] (\S+) *(.*)", line) for line in told.splitlines())
    return {match[2]: f"{match[1].strip()} {match[3]}".strip() for match in found if match}


@pytest.mark.wire
def test_a_letter_goes_out_and_comes_back_over_real_servers(
    dovecot: Dovecot, box: str, host: SmtpHost, tmp_path: Path
) -> None:
    """TLS, login, folder, sending, arrival and clock, each seen to work; the box is left as it was."""
    office = OfficeHome.over(tmp_path / "home", dovecot, box, host)
    dovecot.deliver([b"Subject: old\r\n\r\nold\r\n"], user=box)

    def carry() -> None:
        while not host.letters:
            time.sleep(0.05)
        dovecot.deliver([host.letters[0].content], user=box)

    carrier = threading.Thread(target=carry, daemon=True)
    carrier.start()
    got = lines_of(office, "--send-test", code=0)
    carrier.join(10)
    good = [name for name, said in got.items() if said.startswith("通过")]
    assert {
        "收信：加密和证书",
        "收信：登录",
        "收信：读取文件夹",
        "发信：加密和证书",
        "给自己发信",
        "时钟",
    } <= set(good)
    assert set(dovecot.state(user=box).values()) == {()}


@pytest.mark.wire
@pytest.mark.parametrize(
    ("change", "name", "told"),
    [
        (('host = "localhost"\nport = {imaps}', 'host = "no-such-host.invalid"'), "收信：查找服务器", "DNS"),
        (("port = {imaps}", "port = 1"), "收信：连接", "端口"),
        (('ca_file = "{imap_ca}"\n', ""), "收信：加密和证书", "ca_file"),
        (("poll_seconds", 'folder = "NoSuch"\npoll_seconds'), "收信：读取文件夹", "NoSuch"),
    ],
)
def test_what_is_wrong_with_the_mailbox_is_named_with_its_cure(
    change: tuple[str, str], name: str, told: str, dovecot: Dovecot, box: str, host: SmtpHost, tmp_path: Path
) -> None:
    """At the stage where it went wrong, and the way out is looked at all the same."""
    office = OfficeHome.over(tmp_path / "home", dovecot, box, host)
    config = office.home / "config.toml"
    old, new = (text.format(imaps=dovecot.imaps, imap_ca=dovecot.ca_file) for text in change)
    before = config.read_text(encoding="utf-8")
    assert old in before
    config.write_text(before.replace(old, new, 1), encoding="utf-8")
    got = lines_of(office, code=1)
    assert got[name].startswith("不通过")
    assert told in got[name]
    assert got["发信：连接"] == "通过"


@pytest.mark.wire
def test_a_wrong_password_is_told_and_not_shown(
    dovecot: Dovecot, box: str, host: SmtpHost, tmp_path: Path
) -> None:
    """With the word on 授权码, which is what is wrong most of the time."""
    office = OfficeHome.over(tmp_path / "home", dovecot, box, host)
    office.environment["MAILBOT_MAILBOX_PASSWORD"] = "not-the-password"
    told = office.run("doctor", code=1)
    assert re.search(r"\[不通过\] 收信：登录.*授权码", told)
    assert "not-the-password" not in told
