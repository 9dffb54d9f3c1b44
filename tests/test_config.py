"""config.toml: what it may hold, what it refuses, and how it says so."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from mailbot import config
from mailbot.clock import SHANGHAI
from mailbot.config import Config, Secret, Sending, Timetable, load
from mailbot.errors import ConfigError
from mailbot.model import Month

ROOT = Path(__file__).parents[1]
PASSWORD = {"MAILBOT_MAILBOX_PASSWORD": "correct horse"}
WHOLE = """
[office]
name = "某县政府办公室信息科"
[mailbox]
host = "imap.example"
username = "xxk@county.example"
[smtp]
host = "smtp.example"
from_address = "xxk@county.example"
"""


def read(
    tmp_path: Path, text: str, environ: dict[str, str] | None = None, *, complete: bool = False
) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {}, complete=complete)


def refused(
    tmp_path: Path, text: str, environ: dict[str, str] | None = None, *, complete: bool = False
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, environ, complete=complete)
    return caught.value


def test_the_packaged_default_says_what_the_code_does() -> None:
    """A value in config.toml that differs from the Struct's default would mislead who deletes the line."""
    shipped = load(ROOT / "config.toml", {}, complete=False)
    plain = Config(home=shipped.home)
    for section in msgspec.structs.fields(config.Sections):
        written, default = getattr(shipped, section.name), getattr(plain, section.name)
        for field in msgspec.structs.fields(type(default)):
            if (section.name, field.name) not in {
                ("office", "name"),
                ("office", "issuer"),
                ("office", "phones"),
                ("paths", "var"),
            }:
                assert getattr(written, field.name) == getattr(default, field.name), (
                    f"{section.name}.{field.name}"
                )
    assert shipped.var == plain.var == ROOT / "data/var"


def test_the_packaged_default_shows_every_setting() -> None:
    """Whoever fills it in finds each key there, set or behind a #."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    for section in msgspec.structs.fields(config.Sections):
        _, _, rest = text.partition(f"\n[{section.name}]\n")
        body = rest.partition("\n[")[0]
        for field in msgspec.structs.fields(section.type):
            assert f"\n{field.name} = " in body or f"\n# {field.name} = " in body, (
                f"{section.name}.{field.name}"
            )


def test_a_whole_configuration_is_taken(tmp_path: Path) -> None:
    """Hosts, names, addresses and a password from the environment are all that is needed."""
    got = read(tmp_path, WHOLE, PASSWORD, complete=True)
    assert (got.mailbox.port_used, got.smtp.port_used) == (993, 465)
    assert got.mailbox_password == got.smtp_password == Secret("correct horse")
    assert got.smtp_username == "xxk@county.example"
    assert got.section_address == "xxk@county.example"
    assert got.from_name == "某县政府办公室信息科"
    assert got.home == tmp_path.resolve()
    assert got.var == tmp_path.resolve() / "data/var"


@pytest.mark.parametrize(
    ("kind", "tls", "port"),
    [("imap", "starttls", 143), ("pop3", "ssl", 995), ("pop3", "starttls", 110)],
)
def test_the_port_follows_kind_and_tls(tmp_path: Path, kind: str, tls: str, port: int) -> None:
    """Port 0 is the usual port, so that changing tls alone is enough."""
    assert read(tmp_path, f'[mailbox]\nkind = "{kind}"\ntls = "{tls}"').mailbox.port_used == port


def test_own_addresses_are_gathered_in_lower_case(tmp_path: Path) -> None:
    """Login, sender and aliases are all our own; a login that is no address is none."""
    got = read(
        tmp_path,
        '[office]\nown_addresses = ["Alias@County.example"]\n[mailbox]\nusername = "XXK@county.example"\n'
        '[smtp]\nusername = "relay"\nfrom_address = "xxk@county.example"',
    )
    assert got.own_addresses == {"alias@county.example", "xxk@county.example"}


@pytest.mark.parametrize(
    ("text", "code", "key", "line"),
    [
        ('[mailbox]\n\nhots = "x"', "config_unknown_key", "mailbox.hots", 3),
        ("[mailbx]\n", "config_unknown_key", "mailbx", 1),
        ('[mailbox]\nport = "993"', "config_wrong_type", "mailbox.port", 2),
        ("[mailbox]\nidle = 1", "config_wrong_type", "mailbox.idle", 2),
        ("mailbox = 3", "config_wrong_type", "mailbox", 1),
        ('[office]\nphones = "6106766"', "config_wrong_type", "office.phones", 2),
        ("[mailbox]\nport = 70000", "config_out_of_range", "mailbox.port", 2),
        ("[sending]\n# pace\npace_seconds = -1", "config_out_of_range", "sending.pace_seconds", 3),
        ('[mailbox]\nkind = "imap4"', "config_not_a_choice", "mailbox.kind", 2),
        ("[timetable]\nbulletin_day = 29", "config_not_a_choice", "timetable.bulletin_day", 2),
        ('[mailbox]\nkind = "pop3"\nafter = "move"', "config_not_a_choice", "mailbox.after", 3),
        ('[timetable]\ndigest_time = "24:00"', "config_bad_value", "timetable.digest_time", 2),
        ('[timetable]\nholidays = ["1 May"]', "config_bad_value", "timetable.holidays[0]", 2),
        ("[mailbox]\nca_file = 3", "config_bad_value", "mailbox.ca_file", 2),
        ('[mailbox]\nafter = "move"', "config_missing_key", "mailbox.after_folder", 1),
        (
            '[mailbox]\nafter = "move"\nafter_folder = "INBOX"',
            "config_same_folder",
            "mailbox.after_folder",
            3,
        ),
        ('[mailbox]\nhost = "https://mail.example"', "config_bad_host", "mailbox.host", 2),
        ('[smtp]\nhost = "mail.example:465"', "config_bad_host", "smtp.host", 2),
        ('[smtp]\nfrom_address = "科室 <a@b.example>"', "config_bad_address", "smtp.from_address", 2),
        ('[office]\nown_addresses = ["a@b@c.example"]', "config_bad_address", "office.own_addresses", 2),
        ('[smtp]\ntls = "none"', "config_plain_text", "smtp.tls", 2),
        ('[console]\nhost = "0.0.0.0"', "config_missing_key", "console.allowed_hosts", 1),
        ('[office]\nname = "a\\r\\nBcc: x@evil.example"', "config_control_character", "office.name", 2),
        ('[mailbox]\npath = "D:\\temp"', "config_control_character", "mailbox.path", 2),
        ("[mailbox\n", "config_syntax", "", 1),
        ('[mailbox]\nhost = "a"\nhost = "b"', "config_syntax", "", 3),
    ],
)
def test_each_fault_is_named_by_key_and_line(
    tmp_path: Path, text: str, code: str, key: str, line: int
) -> None:
    """Whoever edits the file is told where to look."""
    error = refused(tmp_path, text)
    assert (error.code, error.details.get("key", ""), error.details["line"]) == (code, key, str(line))
    assert error.details["file"] == str(tmp_path / "config.toml")
    assert error.exit_code == 2


def test_the_nearest_known_key_is_offered(tmp_path: Path) -> None:
    """A slip of the finger gets its cure, a wild guess gets none."""
    assert refused(tmp_path, '[mailbox]\nusernmae = "x"').details["hint"] == "username"
    assert refused(tmp_path, "[mailbox]\nzzz = 1").details["hint"] == ""


def test_a_choice_names_what_may_be_chosen(tmp_path: Path) -> None:
    """Also where a number is as good as a word."""
    assert refused(tmp_path, '[review]\nreceipts = "some"').details["choices"] == "none doubtful all"
    assert refused(tmp_path, "[timetable]\nbulletin_day = 31").details["choices"] == "1-28 last"


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ('[mailbox]\npassword = "hunter2"', "config_secret_in_file", "password"),
        ('[smtp]\nSMTP_PASSWD="hunter2"', "config_secret_in_file", "SMTP_PASSWD"),
        ('授权码 = "hunter2"', "config_chinese_key", "授权码"),
        ('[mailbox]\n"密码" = "hunter2"', "config_chinese_key", "密码"),
        ('mailbox.auth_code = "hunter2"', "config_secret_in_file", "mailbox.auth_code"),
        ('mailbox = { host = "a", token = "hunter2" }', "config_secret_in_file", "token"),
        ('[secrets]\nmailbox = "hunter2"', "config_secret_in_file", "secrets"),
        ('[mailbox]\nhost = "imaps://xxk:hunter2@mail.example"', "config_secret_in_file", "host"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, text: str, code: str, key: str
) -> None:
    """The file is sent around for help; the error message too."""
    error = refused(tmp_path, text)
    assert (error.code, error.details["key"]) == (code, key)
    assert "hunter2" not in repr(error) + str(error)


def test_a_comment_or_a_value_that_speaks_of_passwords_is_no_secret(tmp_path: Path) -> None:
    """Only keys and addresses with credentials count."""
    text = '# password = "no"\n[mailbox]\nextra_folders = ["密码本", "password"]\n'
    assert read(tmp_path, text).mailbox.extra_folders == ("密码本", "password")


def test_plain_text_needs_a_second_word(tmp_path: Path) -> None:
    """tls = "none" alone is refused; with the acceptance written out it is taken."""
    got = read(tmp_path, '[mailbox]\ntls = "none"\nplain_text_is_accepted = true')
    assert got.mailbox.port_used == 143


@pytest.mark.parametrize(
    ("left_out", "key"),
    [
        ('name = "某县政府办公室信息科"', "office.name"),
        ('host = "imap.example"', "mailbox.host"),
        ('username = "xxk@county.example"', "mailbox.username"),
        ('host = "smtp.example"', "smtp.host"),
        ('from_address = "xxk@county.example"', "smtp.from_address"),
    ],
)
def test_what_mail_needs_must_be_filled_in(tmp_path: Path, left_out: str, key: str) -> None:
    """But only for commands that fetch or send: the others take the home as it is."""
    text = WHOLE.replace(left_out, "")
    error = refused(tmp_path, text, PASSWORD, complete=True)
    assert (error.code, error.details["key"]) == ("config_missing_key", key)
    assert read(tmp_path, text).home == tmp_path.resolve()


def test_a_missing_password_names_its_variable(tmp_path: Path) -> None:
    """The message says where the password goes."""
    error = refused(tmp_path, WHOLE, complete=True)
    assert (error.code, error.details["variable"]) == ("config_secret_missing", "MAILBOT_MAILBOX_PASSWORD")


def test_folders_on_both_sides_need_no_password(tmp_path: Path) -> None:
    """An office that exchanges .eml files logs in nowhere."""
    got = read(
        tmp_path,
        '[office]\nname = "科"\n[mailbox]\nkind = "folder"\npath = "in"\n'
        '[smtp]\nkind = "folder"\npath = "out"\nfrom_address = "xxk@county.example"',
        complete=True,
    )
    assert got.mailbox.path == tmp_path.resolve() / "in"
    assert got.smtp.path == tmp_path.resolve() / "out"


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    """As systemd hands credentials over; the line end and a byte order mark are not part of it."""
    (tmp_path / "pw").write_bytes("\ufeff s p a c e \r\n".encode())
    got = read(tmp_path, WHOLE, {"MAILBOT_MAILBOX_PASSWORD_FILE": str(tmp_path / "pw")}, complete=True)
    assert got.mailbox_password is not None
    assert got.mailbox_password.reveal() == " s p a c e "


def test_the_smtp_password_may_differ(tmp_path: Path) -> None:
    """Its own variable goes before the mailbox's."""
    got = read(tmp_path, WHOLE, {**PASSWORD, "MAILBOT_SMTP_PASSWORD": "other"}, complete=True)
    assert (got.mailbox_password, got.smtp_password) == (Secret("correct horse"), Secret("other"))


@pytest.mark.parametrize("content", [None, b"", b"two\nlines\n", b"\xff\xfe\x00"])
def test_a_secret_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, several lines, no text: named by its variable, not quoted."""
    if content is not None:
        (tmp_path / "pw").write_bytes(content)
    error = refused(tmp_path, WHOLE, {"MAILBOT_MAILBOX_PASSWORD_FILE": str(tmp_path / "pw")})
    assert (error.code, error.details["variable"]) == ("config_secret_file", "MAILBOT_MAILBOX_PASSWORD_FILE")
    assert "lines" not in str(error)


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two counts would be a guess."""
    both = {**PASSWORD, "MAILBOT_MAILBOX_PASSWORD_FILE": "/nowhere"}
    assert refused(tmp_path, WHOLE, both).code == "config_secret_twice"


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    """Neither alone nor within the Config, and it cannot be pickled into a file."""
    got = read(tmp_path, WHOLE, PASSWORD, complete=True)
    shown = f"{got!r} {got.mailbox_password} {got.mailbox_password!r} {[got.mailbox_password]}"
    assert "correct horse" not in shown
    assert "***" in shown
    with pytest.raises(TypeError):
        pickle.dumps(got.mailbox_password)


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    """Notepad's ANSI is GBK on a Chinese Windows: told to save as UTF-8, with the line."""
    path = tmp_path / "config.toml"
    path.write_bytes('[office]\nname = "信息科"'.encode("gbk"))
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert (caught.value.code, caught.value.details["line"]) == ("config_not_utf8", "2")


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    """What Notepad writes as UTF-8."""
    path = tmp_path / "config.toml"
    path.write_bytes('\ufeff[office]\r\nname = "信息科"\r\n'.encode())
    assert load(path, {}, complete=False).office.name == "信息科"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", {})
    assert (caught.value.code, caught.value.details["file"]) == (
        "config_missing",
        str(tmp_path / "config.toml"),
    )


def test_a_blanked_optional_value_counts_as_left_out(tmp_path: Path) -> None:
    """People blank a value sooner than they delete its line."""
    got = read(
        tmp_path, '[mailbox]\nca_file = ""\n[review]\nrelease_after_minutes = ""\n[intake]\nanswer_since = ""'
    )
    assert (got.mailbox.ca_file, got.review.release_after_minutes, got.intake.answer_since) == (
        None,
        None,
        None,
    )


def test_dates_are_taken_with_and_without_quotation_marks(tmp_path: Path) -> None:
    """Both are natural to write."""
    got = read(
        tmp_path, '[intake]\nanswer_since = 2026-03-01\n[timetable]\nholidays = ["2026-10-01", 2026-10-02]'
    )
    assert got.intake.answer_since == date(2026, 3, 1)
    assert got.timetable.holidays == (date(2026, 10, 1), date(2026, 10, 2))


def test_retries_double_up_to_the_longest_wait() -> None:
    """5, 10, 20, 40, 66, 66 ... minutes."""
    waits = [Sending().retry_after(n) for n in range(1, 8)]
    assert waits == [timedelta(minutes=m) for m in (5, 10, 20, 40, 66, 66, 66)]
    assert Sending().retry_after(10_000) == timedelta(minutes=66)


@pytest.mark.parametrize(
    ("day", "month", "due"),
    [
        (1, Month(2026, 3), datetime(2026, 4, 1, 8, 0, tzinfo=SHANGHAI)),
        (28, Month(2026, 12), datetime(2027, 1, 28, 8, 0, tzinfo=SHANGHAI)),
        ("last", Month(2028, 2), datetime(2028, 2, 29, 8, 0, tzinfo=SHANGHAI)),
    ],
)
def test_the_bulletin_is_due_in_the_following_month_or_on_the_last_day(
    day: int | str, month: Month, due: datetime
) -> None:
    """'last' is the month's own last day."""
    assert Timetable(bulletin_day=day).bulletin_due(month) == due  # type: ignore[arg-type]


def test_the_digest_keeps_to_workdays() -> None:
    """Weekends and holidays have none, weekend days worked in exchange have one."""
    table = Timetable(holidays=(date(2026, 10, 1),), working_weekends=(date(2026, 10, 10),))
    assert table.digest_due(date(2026, 10, 1)) is None
    assert table.digest_due(date(2026, 10, 11)) is None
    assert table.digest_due(date(2026, 10, 10)) == datetime(2026, 10, 10, 17, 0, tzinfo=SHANGHAI)
    assert Timetable(workdays_only=False).digest_due(date(2026, 10, 11)) is not None
    assert Timetable(digest=False).digest_due(date(2026, 10, 9)) is None


def test_what_both_sides_share_is_missed_once(tmp_path: Path) -> None:
    """The way out falls back on the way in's name and password; without a way in it needs its own."""
    blank = read(tmp_path, WHOLE.replace('username = "xxk@county.example"', ""))
    missing = [(e.code, e.details["key"]) for e in config.shortcomings(blank)]
    assert missing == [("config_missing_key", "mailbox.username"), ("config_secret_missing", "mailbox")]
    folder = read(
        tmp_path,
        WHOLE.replace(
            'host = "imap.example"\nusername = "xxk@county.example"', 'kind = "folder"\npath = "in"'
        ),
    )
    missing = [(e.code, e.details["key"]) for e in config.shortcomings(folder)]
    assert missing == [("config_missing_key", "smtp.username"), ("config_secret_missing", "smtp")]
