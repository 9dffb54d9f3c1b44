"""install-service writes what a machine needs to run mailbot by itself, and starts nothing."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path, PureWindowsPath

import pytest
from conftest import need

from mailbot import cli, config
from mailbot.cli.words import packaged
from mailbot.config import Config
from mailbot.errors import ConfigError, StateError
from mailbot.workflow.office import homes, service

UNIT = packaged("templates/service/systemd.service").read_text("utf-8")
USER_UNIT = packaged("templates/service/systemd-user.service").read_text("utf-8")
WINDOWS = {
    name: packaged(f"templates/service/{name}").read_text("utf-8") for name in ("windows.bat", "windows.xml")
}
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def home_in(folder: Path, more: str = "") -> Config:
    homes.make(folder, packaged)
    if more:
        (folder / "config.toml").write_text(more, "utf-8")
    return config.load(folder / "config.toml", {}, complete=False)


def system_unit(settings: Config, **changes: object) -> service.Service:
    values: dict[str, object] = {
        "name": "mailbot",
        "user": False,
        "account": "mailbot",
        "template": UNIT,
        "environ": {"HOME": "/home/xxk"},
    }
    return service.systemd(settings, Path("/opt/mailbot/.venv/bin/mailbot"), **{**values, **changes})  # type: ignore[arg-type]


def parsed(made: service.Service) -> configparser.ConfigParser:
    (text,) = made.files.values()
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text.decode())
    return unit


def test_the_unit_runs_this_home_with_no_more_rights_than_it_needs(tmp_path: Path) -> None:
    """Its own account, its own folder to write to, passwords from a file of their own, never two at once."""
    made = system_unit(home_in(tmp_path / "office"))
    assert list(made.files) == [Path("/etc/systemd/system/mailbot.service")]
    unit = parsed(made)["Service"]
    assert unit["User"] == "mailbot"
    assert unit["ExecStart"] == "/opt/mailbot/.venv/bin/mailbot run"
    assert unit["Environment"] == f'"MAILBOT_HOME={tmp_path / "office"}"'
    assert unit["EnvironmentFile"] == "-/etc/mailbot/mailbot.env"
    assert unit["ProtectSystem"] == "strict"
    assert unit["ReadWritePaths"] == str(tmp_path / "office")
    assert unit["RestartPreventExitStatus"] == "2 3"


def test_what_lies_outside_of_the_home_may_be_written_to(tmp_path: Path) -> None:
    """Data and backups on other disks: strict protection would forbid them otherwise."""
    more = '[paths]\nvar = "/data/mailbot"\n[backup]\ndirectory = "/media/usb disk"\n'
    unit = parsed(system_unit(home_in(tmp_path / "office", more)))["Service"]
    assert shlex.split(unit["ReadWritePaths"]) == [
        str(tmp_path / "office"),
        "/data/mailbot",
        "/media/usb disk",
    ]


def test_a_user_unit_needs_no_root(tmp_path: Path) -> None:
    """In the account's own folder, without User=, for its own session."""
    made = system_unit(
        home_in(tmp_path / "office"),
        user=True,
        template=USER_UNIT,
        environ={"XDG_CONFIG_HOME": "/home/xxk/.config"},
    )
    assert list(made.files) == [Path("/home/xxk/.config/systemd/user/mailbot.service")]
    unit = parsed(made)
    assert "User" not in unit["Service"]
    assert unit["Install"]["WantedBy"] == "default.target"
    assert all(command[:2] == ("systemctl", "--user") for command in made.start)


def test_root_is_no_account_for_it(tmp_path: Path) -> None:
    """What parses strangers' mail does not run as root."""
    with pytest.raises(ConfigError, match="service_no_account"):
        system_unit(home_in(tmp_path / "office"), account="root")
    with pytest.raises(ConfigError, match="service_bad_path"):
        system_unit(home_in(tmp_path / 'a"b'))
    with pytest.raises(ConfigError, match="service_bad_name"):
        system_unit(home_in(tmp_path / "office"), name="../../cron.d/x")


@pytest.mark.parametrize("name", ["信息 科", "50%", "c$HOME"])
def test_a_strange_path_reaches_systemd_whole(tmp_path: Path, name: str) -> None:
    """Spaces, Chinese, percent signs: the unit is valid, and what it reads is the path."""
    made = system_unit(home_in(tmp_path / name))
    unit = parsed(made)["Service"]
    (said,) = shlex.split(unit["Environment"])
    assert said.replace("%%", "%") == f"MAILBOT_HOME={tmp_path / name}"
    (writable,) = shlex.split(unit["ReadWritePaths"])
    assert writable.replace("%%", "%") == str(tmp_path / name)


@pytest.mark.parametrize("name", ["office", "信息 科", "50%", "c$HOME"])
@pytest.mark.parametrize("user", [False, True])
def test_systemd_itself_finds_no_fault_with_it(tmp_path: Path, name: str, user: bool) -> None:
    """As systemd-analyze reads it, with a program that is there."""
    need("systemd-analyze")
    program = tmp_path / name / "mailbot"
    home_in(program.parent)
    shutil.copy(shutil.which("true") or "/bin/true", program)
    made = service.systemd(
        config.load(program.parent / "config.toml", {}, complete=False),
        program,
        name="mailbot",
        user=user,
        account="daemon",
        template=USER_UNIT if user else UNIT,
        environ={"HOME": str(tmp_path)},
    )
    (text,) = made.files.values()
    unit = tmp_path / "mailbot.service"
    unit.write_bytes(text)
    done = subprocess.run(
        ["systemd-analyze", *(["--user"] if user else []), "verify", str(unit)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "mailbot.service" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


def test_the_windows_task_starts_once_at_boot_and_again_when_it_fails(tmp_path: Path) -> None:
    """The XML is what schtasks takes (UTF-16); the batch file names home and program."""
    settings = home_in(tmp_path / "office")
    program = PureWindowsPath(r"D:\mailbot-program\.venv\Scripts\mailbot.exe")
    made = service.windows(settings, program, name="mailbot", templates=WINDOWS)
    batch, task = (made.files[settings.home / name] for name in ("mailbot-service.bat", "mailbot-task.xml"))
    assert batch.count(b"\r\n") == batch.count(b"\n")
    assert f'"{program}" run' in batch.decode()
    root = ElementTree.fromstring(task)
    assert task[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert root.findtext(f".//{TASK}Command") == str(settings.home / "mailbot-service.bat")
    assert root.findtext(f".//{TASK}MultipleInstancesPolicy") == "IgnoreNew"
    assert root.find(f".//{TASK}BootTrigger") is not None


def test_a_file_that_says_something_else_is_left_alone(tmp_path: Path) -> None:
    """Written once; the same again is no change; another's file is refused."""
    made = service.Service(files={tmp_path / "a/mailbot.service": b"x"}, environment=tmp_path, start=())
    assert service.install(made) == [tmp_path / "a/mailbot.service"]
    assert service.install(made) == []
    (tmp_path / "a/mailbot.service").write_bytes(b"theirs")
    with pytest.raises(StateError, match="service_exists"):
        service.install(made)
    assert (tmp_path / "a/mailbot.service").read_bytes() == b"theirs"
    (tmp_path / "file").write_bytes(b"")
    nowhere = service.Service(files={tmp_path / "file/x.service": b"x"}, environment=tmp_path, start=())
    with pytest.raises(StateError, match="service_unwritable"):
        service.install(nowhere)


@pytest.mark.skipif(os.name == "nt", reason="systemd")
def test_the_command_writes_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--dry-run prints; without it the file is there; --now calls systemctl and tells what it answered."""
    home = home_in(tmp_path / "office").home
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    unit = tmp_path / "xdg/systemd/user/mailbot.service"
    assert cli.main(["--home", str(home), "install-service", "--user", "--dry-run"]) == 0
    assert "ExecStart=" in capsys.readouterr().out
    assert not unit.exists()
    assert cli.main(["--home", str(home), "install-service", "--user"]) == 0
    said = capsys.readouterr().out
    assert unit.is_file()
    assert "没有启动" in said
    assert "systemctl --user enable --now mailbot.service" in said
    log = tmp_path / "log"
    tool = tmp_path / "bin/systemctl"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" >> {log}\n[ "$2" != enable ] || exit 5\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    assert cli.main(["--home", str(home), "install-service", "--user", "--now"]) == 1
    assert "没有启动成功" in capsys.readouterr().err
    assert log.read_text().splitlines() == ["--user daemon-reload", "--user enable --now mailbot.service"]
