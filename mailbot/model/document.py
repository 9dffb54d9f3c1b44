"""A Word file as read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailbot.model.judgement import Reason


class DocumentKind(StrEnum):
    """What a file is by its content."""

    DOCX = "docx"
    DOC = "doc"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCount:
    """字数 in the three readings of the notice 二(二)."""

    whole: int = 0
    """As Word's status bar shows it: 中文字符 and 非中文单词 of body, tables, text boxes and notes."""
    body: int = 0
    """The same without title line, 落款 and contact line."""
    han: int = 0
    """Chinese characters alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """信息稿: an attachment looked into.  A faulty one has `fault` and mostly no text."""

    name: str
    sha256: str
    size: int
    kind: DocumentKind
    fault: Reason | None = None
    fault_detail: str = ""
    """Which type it really is (pdf, rtf, zip ...), for the remedy."""
    paragraphs: tuple[str, ...] = ()
    """Body paragraphs and table cells in reading order; deletions out, insertions in."""
    title: str = ""
    """The title line as recognised; '' where none is."""
    sign_off: str = ""
    """The closing lines (落款, date, contact line), joined by newlines."""
    words: WordCount = WordCount()
    text_digest: str = ""
    """sha256 of the text without spaces and punctuation: the same for a .doc and a .docx of one text."""

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)
