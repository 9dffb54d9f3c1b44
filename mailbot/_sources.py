"""Where the files of data/ and templates/ lie, and how one of them becomes a struct.

Looked for in the office home, then in the installed package, then in the checkout.  Bad data is refused with
ConfigError naming file, key and line.
"""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mailbot import _toml
from mailbot.errors import ConfigError

S = TypeVar("S", bound=msgspec.Struct)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a policy file: an unknown key is a slip of the pen, and refused."""


class Resources:
    """Finds the files of data/ and templates/: in the office home, else the package, else the checkout.

    Each file is looked for by itself, so that an office that rewords one letter keeps the others as shipped.
    """

    def __init__(self, home: Path | None) -> None:
        package = Path(str(files("mailbot")))
        roots = (home, package / "_resources", package.parent)
        self.roots: tuple[Path, ...] = tuple(root for root in roots if root is not None)

    def path(self, name: str) -> Path:
        """Where 'data/policy/intake.toml' lies; the first place looked at where it lies nowhere."""
        return next((root / name for root in self.roots if (root / name).is_file()), self.roots[0] / name)

    def text(self, name: str) -> str:
        """ConfigError 'config_missing', 'config_unreadable' or 'config_not_utf8'."""
        return _toml.text_of(self.path(name))

    def names(self, folder: str, *suffixes: str) -> tuple[str, ...]:
        """All files right in `folder` that end in one of `suffixes`, from every root, sorted by name."""
        found = (p.name for root in self.roots if (root / folder).is_dir() for p in (root / folder).iterdir())
        return tuple(f"{folder}/{name}" for name in sorted(set(found)) if name.endswith(suffixes))


def load_struct(resources: Resources, name: str, struct: type[S]) -> S:
    """A TOML file of policy or wording as `struct`; ConfigError names file, key and line."""
    path, text, values = read(resources, name)
    return _toml.convert(values, struct, text=text, path=path)


def read(resources: Resources, name: str) -> tuple[Path, str, dict[str, Any]]:
    """Path, text and values of a TOML file."""
    path = resources.path(name)
    text = _toml.text_of(path)
    return path, text, _toml.parse(text, path)


def check_known(word: str, known: list[str], key: str, path: Path, text: str) -> None:
    """ConfigError with the nearest known word where `word` is none of them."""
    if word not in known:
        near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
        raise fault("config_unknown_key", path, text, key, hint=near[0] if near else "")


def fault(code: str, path: Path, text: str, key: str, **details: str) -> ConfigError:
    """The error of one key, with the line it stands in."""
    return ConfigError(code, file=path, key=key, line=_toml.line_of(text, key), **details)
