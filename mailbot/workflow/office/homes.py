"""Making an office home: config.toml, policy, templates and an empty data/var, out of the package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mailbot.errors import ConfigError

# The console's pages stay in the package: a copy would outlive the upgrade that changes what fills them.
_TREES = (
    *("data/policy", "data/corpus"),
    *("templates/letters", "templates/bulletin", "templates/gazette", "templates/sheets"),
)
_FILES = ("config.toml",)
_WRITTEN = {"data/.gitignore": "/var/\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Names, relative to the home, with '/': what was written, and what was there and stayed as it was."""

    created: tuple[str, ...]
    kept: tuple[str, ...]


def make(target: Path, packaged: Callable[[str], Path]) -> Made:
    """Write what is missing in `target`; overwrite nothing.

    `packaged` finds a resource by its name.  ConfigError 'init_not_a_directory' or 'init_unwritable'.
    """
    if target.exists() and not target.is_dir():
        raise ConfigError("init_not_a_directory", file=target)
    created: list[str] = []
    kept: list[str] = []
    try:
        for name, content in _contents(packaged):
            (created if _write(target / name, content) else kept).append(name)
        (target / "data/var").mkdir(parents=True, exist_ok=True)
        (target / "data/var").chmod(0o700)
    except OSError as error:
        raise ConfigError("init_unwritable", file=error.filename or target, cause=error.strerror) from None
    return Made(created=tuple(created), kept=tuple(kept))


def _contents(packaged: Callable[[str], Path]) -> Iterator[tuple[str, bytes]]:
    for name in _FILES:
        yield name, packaged(name).read_bytes()
    for name in (*_TREES, "templates/home"):
        root = packaged(name)
        at = PurePosixPath("" if name == "templates/home" else name)
        for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            yield str(at / path.relative_to(root).as_posix()), path.read_bytes()
    for name, text in _WRITTEN.items():
        yield name, text.encode()


def _write(path: Path, content: bytes) -> bool:
    """False where the file exists: it may have been edited."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
