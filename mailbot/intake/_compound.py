"""The OLE compound file of .doc ([MS-CFB]) through olefile: its streams, and what kind of file they make it.

olefile raises errors of many classes on damaged files; here all of them become Fault(CORRUPT).
"""

from __future__ import annotations

import io
import re

import olefile

from mailbot.intake._kinds import OLE_MAGIC
from mailbot.intake._story import Fault
from mailbot.model import DocumentKind, Reason

_KINDS: tuple[tuple[str, str], ...] = (
    ("encryptedpackage", "sealed"),
    ("worddocument", "doc"),
    ("workbook", "xls"),
    ("book", "xls"),
    ("powerpoint document", "ppt"),
    ("__properties_version1.0", "msg"),
    ("visiodocument", "vsd"),
    ("matost", "wps"),
    ("fileheader", "hwp"),
    ("quill", "pub"),
)
_MACRO_STORAGES = frozenset({"macros", "vba", "_vba_project", "_vba_project_cur"})
_EMBEDDED = "objectpool"
_NATIVE = "\x01ole10native"
_PROGRAM = re.compile(
    rb"\.(?:exe|scr|com|bat|cmd|pif|jse?|vb[se]|ws[fh]|hta|lnk|ps1|msi|jar|cpl|dll|chm|reg)\x00",
    re.IGNORECASE,
)
_NATIVE_HEAD = 4096


class Compound:
    """A compound file: streams by name, in lower case, storages joined by '/'."""

    def __init__(self, content: bytes) -> None:
        try:
            self._file = olefile.OleFileIO(io.BytesIO(content))
            self._paths = self._file.listdir(streams=True, storages=True)
        except Exception:  # noqa: BLE001  (olefile states no error classes, and fails by a dozen on damaged files)
            raise Fault(Reason.CORRUPT, "structure", DocumentKind.DOC) from None
        self._names = {"/".join(path).lower(): path for path in self._paths}

    def kind(self) -> str:
        """doc, xls, ppt, msg ..., 'sealed' for an encrypted package, 'unknown' for any other."""
        return next((code for name, code in _KINDS if name in self._names), "unknown")

    def rights_managed(self) -> bool:
        return any("drmencrypted" in name for name in self._names)

    def macros(self) -> bool:
        """A VBA project of the document itself; what an embedded workbook carries stays asleep inside it."""
        return any(
            _MACRO_STORAGES & set(name.split("/")) and not name.startswith(_EMBEDDED) for name in self._names
        )

    def program(self) -> bool:
        """Whether a packaged file embedded in it is one that runs when opened."""
        return any(
            name.endswith(_NATIVE) and _PROGRAM.search(self.read(name)[:_NATIVE_HEAD]) is not None
            for name in self._names
        )

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def read(self, name: str) -> bytes:
        """A stream's bytes; KeyError for an unknown name."""
        path = self._names[name.lower()]
        try:
            data: bytes = self._file.openstream(path).read()
        except Exception:  # noqa: BLE001  (as above)
            raise Fault(Reason.CORRUPT, "truncated", DocumentKind.DOC) from None
        return data


def damaged_kind(content: bytes) -> str:
    """What a compound file too damaged to list was: by the names that stand in its directory all the same."""
    traces = (("xls", "Workbook"), ("ppt", "PowerPoint Document"))
    return next((code for code, name in traces if name.encode("utf-16-le") in content), "doc")


def has_program(content: bytes) -> bool:
    """Whether an object embedded in a .docx packs a program.  A damaged one cannot be opened by anybody."""
    try:
        return content.startswith(OLE_MAGIC) and Compound(content).program()
    except Fault:
        return False
