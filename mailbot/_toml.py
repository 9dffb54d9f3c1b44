"""A TOML file written by a person -> a msgspec Struct, or ConfigError naming file, line, key and fault.

msgspec stops at the first fault and names it in English; here each fault gets a stable code, the line it
stands on and, for a key that nobody knows, the nearest one that exists.  Values are never quoted: one may be
a secret.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from mailbot.errors import ConfigError

S = TypeVar("S", bound=msgspec.Struct)

_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]*)`")
_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]")
_MEMBER = re.compile(r"(?P<name>[^\[\].]+)\[(?P<place>\d+)\](?:\.(?P<key>[^\[\]]+))?(?:\[\d+\])?")
_ASSIGNMENT = re.compile(r"\s*(?P<key>[^=#\[\]{}]+?)\s*=")


def text_of(path: Path) -> str:
    """The file's text.  A byte order mark (Windows editors) is taken, another encoding refused."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("config_missing", file=path) from None
    except OSError as error:
        raise ConfigError("config_unreadable", file=path, cause=error.strerror or error) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError("config_not_utf8", file=path, line=line) from None


def parse(text: str, path: Path) -> dict[str, Any]:
    """TOML text -> plain values; ConfigError 'config_syntax' with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line, column = place.groups() if place else (text.count("\n") + 1, 1)
        raise ConfigError("config_syntax", file=path, line=line, column=column) from None


def convert(
    values: Mapping[str, Any],
    struct: type[S],
    *,
    text: str,
    path: Path,
    dec_hook: Callable[[type, Any], Any] | None = None,
) -> S:
    """Plain values -> struct.  ConfigError config_unknown_key, _missing_key, _wrong_type, ..."""
    for key, known in _unknown(values, struct):
        near = difflib.get_close_matches(key.rpartition(".")[2], known, n=1, cutoff=0.6)
        line = line_of(text, key)
        raise ConfigError("config_unknown_key", file=path, key=key, line=line, hint=near[0] if near else "")
    try:
        return msgspec.convert(_without_blanks(values, struct), struct, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise _explained(str(error), struct, text, path) from None


def line_of(text: str, key: str) -> int:
    """The line on which dotted `key` is set, or its table begins; 0 where it cannot be told.

    `name[3].key` is looked for in the fourth [[name]].
    """
    if (member := _MEMBER.fullmatch(key)) and (found := _line_in_member(text, member)):
        return found
    key = re.sub(r"\[[^\]]*\]", "", key)
    section = key.rpartition(".")[0]
    current, table_line = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            current = header["name"].replace(" ", "")
            table_line = number if current in (section, key) else table_line
        elif (entry := _ASSIGNMENT.match(line)) and _full(current, entry["key"]) == key:
            return number
    return table_line


def _line_in_member(text: str, member: re.Match[str]) -> int:
    """The same inside one of several tables of a name; 0 where they are no tables of their own."""
    lines = text.splitlines()
    heads = [
        number
        for number, line in enumerate(lines, 1)
        if line.lstrip().startswith("[[") and (h := _HEADER.match(line)) and h["name"] == member["name"]
    ]
    if int(member["place"]) >= len(heads):
        return 0
    head = heads[int(member["place"])]
    for number, line in enumerate(lines[head:], head + 1):
        if _HEADER.match(line):
            break
        if (entry := _ASSIGNMENT.match(line)) and _full("", entry["key"]) == member["key"]:
            return number
    return head


def _full(section: str, written: str) -> str:
    bare = ".".join(part.strip().strip("\"'") for part in written.split("."))
    return f"{section}.{bare}" if section else bare


def _unknown(values: Mapping[str, Any], struct: type[Any], at: str = "") -> Iterator[tuple[str, list[str]]]:
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    for key, value in values.items():
        full = f"{at}.{key}" if at else key
        if key not in fields:
            yield full, list(fields)
        elif inner := _struct_in(fields[key]):
            members = enumerate(value) if isinstance(value, list) else [(None, value)]
            for place, member in members:
                if isinstance(member, Mapping):
                    yield from _unknown(member, inner, full if place is None else f"{full}[{place}]")


def _without_blanks(values: Mapping[str, Any], struct: type[Any]) -> dict[str, Any]:
    """ "" for what may be left out means left out: people blank a value sooner than they delete its line."""
    kept: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        value = values.get(field.encode_name)
        inner = _struct_in(field.type)
        if value is None or (value == "" and type(None) in _options(field.type)):
            continue
        nested = inner and isinstance(value, Mapping)
        kept[field.encode_name] = _without_blanks(value, inner) if inner and nested else value
    return kept


def _struct_in(kind: Any) -> type[Any] | None:
    """The table a key holds, or the one that it holds several of."""
    for option in _options(_member_of(kind)):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None


def _member_of(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is tuple else kind


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _explained(message: str, struct: type[Any], text: str, path: Path) -> ConfigError:
    at = _AT.search(message)
    key = at["path"].lstrip(".") if at else ""
    place = {"file": path, "key": key, "line": line_of(text, key)}
    if missing := re.match(r"Object missing required field `([^`]+)`", message):
        full = f"{key}.{missing[1]}" if key else missing[1]
        return ConfigError("config_missing_key", **{**place, "key": full})
    expected = _EXPECTED.match(message)
    if choices := _choices(struct, key):
        return ConfigError("config_not_a_choice", **place, choices=" ".join(choices))
    if bound := re.search(r"(>=|<=|>|<) (-?[\d.]+)$", _AT.sub("", message)):
        return ConfigError("config_out_of_range", **place, relation=bound[1], bound=bound[2])
    if expected and ", got " in message:
        return ConfigError("config_wrong_type", **place, expected=expected["expected"])
    return ConfigError("config_bad_value", **place)


def _choices(struct: type[Any], key: str) -> tuple[str, ...]:
    """The words a key may hold, where its type lists them."""
    kind: Any = struct
    for part in re.sub(r"\[[^\]]*\]", "", key).split("."):
        inner = _struct_in(kind)
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(inner)} if inner else {}
        kind = _member_of(fields.get(part))
    words: list[str] = []
    for option in _options(kind):
        words += [str(word) for word in get_args(option) if get_origin(option) is Literal]
        words += [f"{m.ge}-{m.le}" for m in getattr(option, "__metadata__", ()) if m.ge is not None]
    return tuple(words) if any(get_origin(option) is Literal for option in _options(kind)) else ()
