"""What config.toml must not hold, and what its values must be together: the part no type can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mailbot import _toml
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from mailbot.config import Config, MailboxConfig, SmtpConfig

# Matched against the file's lines before TOML is read: a bare Chinese key is no TOML, and whoever writes
# 授权码 = "..." must hear where the secret belongs, not that line 12 has a syntax error.  No key of ours is
# Chinese, so every Chinese one gets that advice.
_SECRET_KEY = re.compile(
    r"(?:(?P<header>^\s*\[+)|^|[{,])\s*(?P<key>[\"']?[^\s=#\"',{}\[\]]*"
    r"(?P<named>passw|pwd|passphrase|secret|token|auth_?code|credential|api_?key|[^\x00-\x7f])"
    r"[^\s=#\"',{}\[\]]*[\"']?)\s*(?(header)\]|=)",
    re.IGNORECASE,
)
_URL_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/@:\"']*:[^\s/@\"']+@", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def refuse_secrets(text: str, path: Path) -> None:
    """ConfigError 'config_secret_in_file' or 'config_chinese_key' naming key and line, never the value."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if named := _SECRET_KEY.search(line):
            code = "config_secret_in_file" if named["named"].isascii() else "config_chinese_key"
            raise ConfigError(code, file=path, key=named["key"].strip("\"'"), line=number)
        if _URL_WITH_SECRET.search(line):
            key = line.partition("=")[0].strip()
            raise ConfigError("config_secret_in_file", file=path, key=key, line=number)


def check(config: Config, text: str, path: Path, *, complete: bool) -> None:
    """The first thing wrong, as ConfigError; nothing where all is well."""
    for code, key, details in _faults(config, complete=complete):
        raise ConfigError(code, file=path, key=key, line=_toml.line_of(text, key), **details)


def shortcomings(config: Config) -> tuple[ConfigError, ...]:
    """All that is still missing before mail can be fetched and sent, at once: for doctor."""
    path = config.home / "config.toml"
    text = _toml.text_of(path)
    return tuple(
        ConfigError(code, file=path, key=key, line=_toml.line_of(text, key), **details)
        for code, key, details in _incomplete(config)
    )


Fault = tuple[str, str, dict[str, str]]


def _faults(config: Config, *, complete: bool) -> Iterator[Fault]:
    yield from _controls(config, "")
    yield from _connection("mailbox", config.mailbox)
    yield from _connection("smtp", config.smtp)
    yield from _after(config.mailbox)
    yield from _addresses(config)
    yield from _console(config)
    if complete:
        yield from _incomplete(config)


def _controls(value: Any, key: str) -> Iterator[Fault]:
    """Control characters: CR LF would inject a header or command, and "D:\\temp" holds a tab nobody typed."""
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _controls(getattr(value, field.name), f"{key}.{field.name}" if key else field.name)
    elif isinstance(value, tuple):
        for item in value:
            yield from _controls(item, key)
    elif isinstance(value, str | Path) and re.search(r"[\x00-\x1f\x7f\u2028\u2029]", str(value)):
        yield "config_control_character", key, {}


def _connection(name: str, section: MailboxConfig | SmtpConfig) -> Iterator[Fault]:
    if section.kind == "folder":
        return
    if section.host and not _HOST.fullmatch(section.host):
        yield "config_bad_host", f"{name}.host", {}
    if section.tls == "none" and not section.plain_text_is_accepted:
        yield "config_plain_text", f"{name}.tls", {"accept": f"{name}.plain_text_is_accepted"}


def _after(mailbox: MailboxConfig) -> Iterator[Fault]:
    possible = {"imap": "leave seen flag move", "pop3": "leave", "folder": "leave move"}[mailbox.kind]
    if mailbox.after not in possible.split():
        yield "config_not_a_choice", "mailbox.after", {"choices": possible}
    if mailbox.after == "move" and not mailbox.after_folder:
        yield "config_missing_key", "mailbox.after_folder", {}
    if mailbox.after == "move" and mailbox.after_folder in (mailbox.folder, *mailbox.extra_folders):
        yield "config_same_folder", "mailbox.after_folder", {}


def _addresses(config: Config) -> Iterator[Fault]:
    written = [
        ("office.section_address", config.office.section_address),
        ("smtp.from_address", config.smtp.from_address),
        *(("office.own_addresses", address) for address in config.office.own_addresses),
    ]
    for key, address in written:
        if address and not _ADDRESS.fullmatch(address):
            yield "config_bad_address", key, {}


def _console(config: Config) -> Iterator[Fault]:
    console = config.console
    if console.enabled and console.host not in _LOOPBACK and not console.allowed_hosts:
        yield "config_missing_key", "console.allowed_hosts", {}


def _incomplete(config: Config) -> Iterator[Fault]:
    """What must be filled in before mail can be fetched and sent, in the file's order.

    The way out falls back on the way in's name and password, so that what is missing there is told once.
    """
    mailbox, smtp = config.mailbox, config.smtp
    fetches, logs_in = mailbox.kind != "folder", smtp.kind == "smtp" and smtp.login
    needed = [
        ("office.name", config.office.name),
        ("mailbox.host", mailbox.host) if fetches else ("mailbox.path", mailbox.path),
        ("mailbox.username", mailbox.username or not fetches),
        ("smtp.host", smtp.host) if smtp.kind == "smtp" else ("smtp.path", smtp.path),
        ("smtp.username", smtp.username or fetches or not logs_in),
        ("smtp.from_address", smtp.from_address),
    ]
    yield from (("config_missing_key", key, {}) for key, value in needed if not value)
    if fetches and config.mailbox_password is None:
        yield "config_secret_missing", "mailbox", {"variable": "MAILBOT_MAILBOX_PASSWORD"}
    elif logs_in and config.smtp_password is None:
        yield "config_secret_missing", "smtp", {"variable": "MAILBOT_SMTP_PASSWORD"}
