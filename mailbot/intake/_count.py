"""字数 as Word's status bar shows it, and the digest of a text.

Word: 字数 = 中文字符和朝鲜语单词 + 非中文单词.  A Far-East character counts 1, its full-width punctuation
too; a run of other characters between white space, Far-East characters and ends of lines counts 1 (2019,
8.5%, GDP, 0539-6106766, a URL).

Chinese and Western text share characters below U+3000 (“ ” ‘ ’ — … · ① ★ ℃ × → and their blocks).  They
are Far-East to Word where the run says so (w:rFonts w:hint="eastAsia").  Decided here: a run of them counts 1
each where it stands next to a Far-East character or is so hinted, else it is part of the word around it.  So
“三夏” is 4, 推进“3+1”工程 is 7, don’t is 1, and 2018—2019 is 1, or 3 where hinted as a Chinese input method
hints it.  No hint is read from a .doc.  Expect to be within 1 to 2 per cent of Word.  What a file itself says
(docProps/app.xml, SummaryInformation) is an estimate for Chinese text and not used.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FAR_EAST = (
    "\u1100-\u11ff\u2e80-\u2fff\u3001-\u303f\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\ufe10-\ufe1f"
    "\ufe30-\ufe4f\uff01-\uffef\U0001f200-\U0001f2ff\U00020000-\U0003ffff"
)
_SHARED = "\u00a4\u00a7\u00a8\u00b0\u00b1\u00b7\u00d7\u00f7\u2010-\u2027\u2030-\u205e\u2100-\u2bff"
_HINT_OFFSET = 0x100000
"""Shared characters in a hinted run travel as private-use characters of plane 16 until they are counted."""
_HINTED = f"{chr(_HINT_OFFSET)}-{chr(_HINT_OFFSET + 0x2BFF)}"

_IGNORED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]+")
_SHARED_CHAR = re.compile(f"[{_SHARED}]")
_HINTED_CHAR = re.compile(f"[{_HINTED}]")
_SHARED_RUN = re.compile(f"[{_SHARED}]+")
_FAR_EAST_CHAR = re.compile(f"[{_FAR_EAST}{_HINTED}]")
_OTHER_WORD = re.compile(f"[^\\s{_FAR_EAST}{_HINTED}]+")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_NOT_BARE = re.compile(r"[\W_]+")

_SHORTEST_DIGEST = 20


def hinted(text: str) -> str:
    """Mark the shared characters of a run that is hinted eastAsia.  `unhinted` takes the marks off."""
    return text if text.isascii() else _SHARED_CHAR.sub(lambda m: chr(ord(m[0]) + _HINT_OFFSET), text)


def unhinted(text: str) -> str:
    return _HINTED_CHAR.sub(lambda m: chr(ord(m[0]) - _HINT_OFFSET), text)


def count_words(lines: Iterable[str]) -> int:
    """字数 of lines, each of which ends a word."""
    text = _IGNORED.sub("", "\n".join(lines))
    text = _SHARED_RUN.sub(_as_counted, text)
    others = _OTHER_WORD.findall(text)
    return len("".join(text.split())) - sum(map(len, others)) + len(others)


def _as_counted(run: re.Match[str]) -> str:
    """A run of shared characters as it counts: next to a Far-East character each of them is one too."""
    text, start, end = run.string, run.start(), run.end()
    beside = text[start - 1 : start] + text[end : end + 1]
    return "、" * (end - start) if _FAR_EAST_CHAR.search(beside) else run[0]


def count_han(lines: Iterable[str]) -> int:
    """Chinese characters alone."""
    return sum(map(len, _HAN_RUN.findall("\n".join(lines))))


def bare(text: str) -> str:
    """A text as compared: NFKC, letters and digits only."""
    return _NOT_BARE.sub("", unicodedata.normalize("NFKC", text))


def digest(text: str) -> str:
    """sha256 of the bare text in hexadecimal; '' where it has under 20 characters and so means nothing."""
    plain = bare(text)
    return (
        hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest() if len(plain) >= _SHORTEST_DIGEST else ""
    )
