"""What the readers of .docx and .doc hand back: the text of a Word file by stories, or the fault met in it.

A story is what Word calls a text of its own: the body with its tables, the notes, the text boxes.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.model import DocumentKind, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the body that has text: what a paragraph mark, cell mark or manual line break ends."""

    text: str
    centred: bool = False
    cell: bool = False
    """It stands in a table."""
    broken: bool = False
    """Ended by a manual line break: the next line belongs to the same paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """The text of one Word file.  `asides` are notes, then text boxes, in that order for both formats."""

    kind: DocumentKind
    body: tuple[Line, ...] = ()
    asides: tuple[str, ...] = ()
    pictures: bool = False


class Fields:
    """The fields open at a place of a text: text counts outside them and in results, not in their codes."""

    def __init__(self) -> None:
        self._in_result: list[bool] = []
        self._codes = 0

    @property
    def open(self) -> bool:
        return bool(self._in_result)

    @property
    def in_code(self) -> bool:
        return self._codes > 0

    def begin(self) -> None:
        self._in_result.append(False)
        self._codes += 1

    def separate(self) -> None:
        if self._in_result and not self._in_result[-1]:
            self._in_result[-1] = True
            self._codes -= 1

    def end(self) -> None:
        if self._in_result and not self._in_result.pop():
            self._codes -= 1


class Fault(Exception):  # noqa: N818  (a finding about a file, never an error that reaches a door)
    """Why a file is not taken; `detail` is the stable code of what it really is, or of what is wrong."""

    def __init__(self, reason: Reason, detail: str = "", kind: DocumentKind = DocumentKind.OTHER) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.kind = kind
