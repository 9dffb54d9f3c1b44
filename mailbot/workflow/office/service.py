"""mailbot as a service of the machine: a systemd unit, or a task of Windows; text from templates/service.

Files are written, and nothing is started: that is the door's, and only where it was asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from xml.sax.saxutils import escape

from mailbot.config import Config
from mailbot.errors import ConfigError, StateError

SYSTEM_UNITS = Path("/etc/systemd/system")
SYSTEM_ENVIRONMENT = Path("/etc/mailbot")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Files to be written, and the commands that would start it then."""

    files: Mapping[Path, bytes]
    environment: Path
    """Where the variables with the passwords' files stand."""
    start: tuple[tuple[str, ...], ...]


def systemd(
    config: Config,
    program: Path,
    *,
    name: str,
    user: bool,
    account: str,
    template: str,
    environ: Mapping[str, str],
) -> Service:
    """A unit for this home; `user`: of the account that is logged in, else of the machine.

    ConfigError 'service_bad_name'; 'service_no_account' where the machine's would run as root.
    """
    _check(name)
    if not user and account in ("", "root"):
        raise ConfigError("service_no_account", file=config.home)
    base = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".config")
    folder = base / "systemd/user" if user else SYSTEM_UNITS
    environment = (base / "mailbot" if user else SYSTEM_ENVIRONMENT) / f"{name}.env"
    values = {
        "MAILBOT_HOME": _assigned("MAILBOT_HOME", config.home),
        "PROGRAM": _quoted(program),
        "ENVIRONMENT": _percent(str(environment)),
        "WRITABLE": " ".join(_quoted(path) for path in writable(config)),
        "ACCOUNT": account,
    }
    control = ("systemctl", "--user") if user else ("systemctl",)
    unit = folder / f"{name}.service"
    return Service(
        files={unit: _filled(template, values).encode()},
        environment=environment,
        start=((*control, "daemon-reload"), (*control, "enable", "--now", unit.name)),
    )


def windows(config: Config, program: PurePath, *, name: str, templates: Mapping[str, str]) -> Service:
    """A batch file that runs mailbot, and a task that runs the batch file when the machine starts."""
    _check(name)
    batch, task = config.home / f"{name}-service.bat", config.home / f"{name}-task.xml"
    environment = config.home / f"{name}-env.bat"
    values = {"HOME": str(config.home), "PROGRAM": str(program), "ENVIRONMENT": str(environment)}
    inside = {key: value.replace("%", "%%") for key, value in values.items()}
    # A task's XML must be UTF-16, a batch file without a mark and with CR LF.
    return Service(
        files={
            batch: _filled(templates["windows.bat"], inside).replace("\n", "\r\n").encode(),
            task: _filled(
                templates["windows.xml"], {"BATCH": escape(str(batch)), "HOME": escape(values["HOME"])}
            ).encode("utf-16"),
        },
        environment=environment,
        start=(
            ("schtasks", "/Create", "/TN", name, "/XML", str(task), "/RU", "SYSTEM"),
            ("schtasks", "/Run", "/TN", name),
        ),
    )


def writable(config: Config) -> tuple[Path, ...]:
    """Folders the service writes to: the home, and what config.toml places outside of it."""
    wanted = [config.var, config.backups, config.mailbox.path, config.smtp.path]
    outside = [path for path in wanted if path is not None and not path.is_relative_to(config.home)]
    return (config.home, *dict.fromkeys(outside))


def owner_of(home: Path) -> str:
    """Name of the account that the home belongs to; '' where it has none."""
    try:
        return home.owner()
    except (KeyError, NotImplementedError):
        return ""


def install(service: Service) -> list[Path]:
    """Write what is not there yet; those that were written.

    StateError 'service_exists' where another text stands under a name, 'service_unwritable'; nothing is
    written then.
    """
    new = {path: text for path, text in service.files.items() if not _stands(path, text)}
    for path, text in new.items():
        _attempt(path, partial(_put, path, text))
    return list(new)


def _stands(path: Path, text: bytes) -> bool:
    if not path.exists():
        return False
    if path.read_bytes() != text:
        raise StateError("service_exists", path=path)
    return True


def _put(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)


def _attempt(path: Path, act: Callable[[], None]) -> None:
    try:
        act()
    except OSError as error:
        raise StateError("service_unwritable", path=path, detail=error.strerror or error) from None


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError("service_bad_name", name=name)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], template)


def _percent(text: str) -> str:
    """systemd reads % as the start of a specifier.  What it takes in no program's name is refused everywhere:
    quotes, backslashes and ends of lines."""
    if re.search(r"[\x00-\x1f\x7f\"'\\]", text):
        raise ConfigError("service_bad_path", file=text)
    return text.replace("%", "%%")


def _quoted(path: PurePath) -> str:
    text = _percent(str(path))
    return f'"{text}"' if re.search(r"[\s;]", text) else text


def _assigned(name: str, path: PurePath) -> str:
    return f'"{name}={_percent(str(path))}"'


def default_program(executable: str) -> Path:
    """The `mailbot` beside this interpreter."""
    return Path(executable).parent / ("mailbot.exe" if os.name == "nt" else "mailbot")
