"""File names of parts: RFC 2231, RFC 2047, percent and raw forms, also broken ones; and parameters."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote_to_bytes

from mailbot.intake._mail.charset import codec_of, decode
from mailbot.intake._mail.headers import clean_line, decode_words

LONGEST_NAME = 200
_LONGEST_EXTENSION = 16
_MOST_PARAMETERS = 2000
_VALUE_BYTES = 64 * 1024
_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]?")
_PARAMETER = re.compile(r'\s*([A-Za-z0-9_.*-]{1,60})\s*=\s*("(?:[^"\\]|\\.)*+"?|[^;]*)[^;]*', re.DOTALL)
_SEGMENT = re.compile(r"\*(\d{1,4})(\*?)")
_DECLARED = re.compile(r"([A-Za-z0-9_.:-]*)'([A-Za-z0-9_-]*)'(.*)", re.DOTALL)
_HIGH_TRIPLET = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
_TORN_TRIPLET = re.compile(r"%[0-9A-Fa-f]?\Z")
_ENTITY = re.compile(r"&#(?:\d{2,7}|x[0-9A-Fa-f]{2,6});")
_DAMAGE = re.compile("\ufffd|\\?{2,}|^\\?+\\.")


def parameters(value: bytes) -> list[tuple[str, str]]:
    """Lower-case names and values of the parameters of a Content-* header, in their order."""
    text = decode(_FOLD.sub(b" ", value[:_VALUE_BYTES]))
    found: list[tuple[str, str]] = []
    at = text.find(";")
    while 0 <= at < len(text) and len(found) < _MOST_PARAMETERS:
        match = _PARAMETER.match(text, at + 1)
        if match:
            found.append((match[1].lower(), _unquoted(match[2].strip())))
            at = match.end()
            continue
        stop = text.find(";", at + 1)
        stray = text[at : stop if stop >= 0 else None]
        if found and stray.strip(" ;\t"):  # an unquoted value with a semicolon in it
            found[-1] = (found[-1][0], found[-1][1] + stray.rstrip())
        at = stop
    return found


def _unquoted(value: str) -> str:
    """Without quotes.  A backslash is only taken away before a quote: others belong to a Windows path."""
    if not value.startswith('"'):
        return value.strip("'") if value.startswith("'") and value.endswith("'") else value
    inner = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    return inner.replace('\\"', '"').replace("\\\\", "\\") if "\\" in inner else inner


def parameter(value: bytes, name: str) -> str:
    """One plain parameter, such as boundary, charset or report-type; '' where it is missing."""
    found = dict(reversed(parameters(value)))
    plain = found.get(name)
    if plain is not None:
        return plain.strip()
    extended = found.get(name + "*") or found.get(name + "*0*") or found.get(name + "*0") or ""
    return extended.rpartition("'")[2].strip()


def file_name(disposition: bytes | None, content_type: bytes | None, description: bytes | None = None) -> str:
    """The cleaned name of a part, '' if it has none.  Of several forms the first undamaged one is taken."""
    candidates: list[str] = []
    for value, base in ((disposition, "filename"), (content_type, "name")):
        if value and b"name" in value.lower():
            candidates += _candidates(parameters(value), base)
    if description and not candidates:
        candidates += [d for d in [decode_words(description)] if re.search(r"\.[A-Za-z]{2,4}\s*$", d)]
    names = [clean for c in candidates if (clean := clean_name(c))]
    return min(names, key=lambda n: bool(_DAMAGE.search(n)), default="")


def _candidates(found: list[tuple[str, str]], base: str) -> list[str]:
    plain = [v for k, v in found if k == base]
    starred = [v for k, v in found if k == base + "*"]
    segments: dict[int, tuple[bool, str]] = {}
    for key, value in found:
        match = _SEGMENT.fullmatch(key[len(base) :]) if key.startswith(base) else None
        if match:
            segments.setdefault(int(match[1]), (bool(match[2]), value))
    joined = [_continued([segments[i] for i in sorted(segments)])] if segments else []
    return [*joined, *(_extended(v) for v in starred), *(_plain(v) for v in plain)]


def _continued(segments: list[tuple[bool, str]]) -> str:
    """RFC 2231 section 3.  Mailers also cut inside %XX, and forget the star on later segments."""
    if not any(star for star, _ in segments):
        return _plain("".join(text for _, text in segments))
    torn = any(_TORN_TRIPLET.search(text) for _, text in segments[:-1])
    forgotten = any(not star and _HIGH_TRIPLET.search(text) for star, text in segments)
    if torn or forgotten:
        return _extended("".join(text for _, text in segments))
    return _extended("".join(text if star else text.replace("%", "%25") for star, text in segments))


def _extended(value: str) -> str:
    """charset'language'text of RFC 2231 section 4; also without either, or with an encoded word instead."""
    match = _DECLARED.fullmatch(value)
    charset, text = (match[1], match[3]) if match else ("", value)
    if "=?" in text:
        return decode_words(text.encode())
    data = text.encode(codec_of(charset) or "utf-8", "replace")
    return decode(unquote_to_bytes(data), charset)


def _plain(value: str) -> str:
    if "=?" in value:
        return decode_words(value.encode())
    if value.isascii() and _HIGH_TRIPLET.search(value):
        return decode(unquote_to_bytes(value))
    return _ENTITY.sub(lambda m: html.unescape(m[0]), value) if "&#" in value else value


def clean_name(written: str) -> str:
    """A name fit to be shown: no path, controls, direction marks; at most 200 characters, extension kept."""
    line = clean_line(written).strip("\"'")
    name = re.split(r"[/\\]", line)[-1]
    name = re.sub(r"^[A-Za-z]:", "", name).strip().rstrip(". \u3000")
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return name[:LONGEST_NAME]
    return stem[: LONGEST_NAME - len(extension) - 1] + dot + extension
