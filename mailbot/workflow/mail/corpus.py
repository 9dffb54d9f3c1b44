"""Reference texts for 网络抄袭 (考评办法 三(一)): the .txt files of data/corpus, and what resembles them.

A likeness only proposes: the section reads of it, no letter tells it, and no mark follows from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailbot.intake import likeness
from mailbot.model import CorpusHit
from mailbot.workflow.desk import WORKER, Desk

FOLDER = "data/corpus"
MAX_BYTES = 10 * 1024 * 1024
CANDIDATES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What reading the folder came to: counts of texts, and names of files that are no text."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    total: int = 0
    refused: tuple[str, ...] = ()


def index(desk: Desk, *, by: str = WORKER) -> Indexed:
    """Bring what is compared with into line with the folder; a file that did not change costs its reading.

    A file that cannot be read leaves what was read of it before.
    """
    known, new, changed = desk.store.references(), 0, 0
    names, refused = set(), []
    for name, path in _files(desk.config.home / FOLDER):
        names.add(name)
        content = _content(path)
        text = _text(content) if content is not None else None
        if content is None or text is None:
            refused.append(name)
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if known.get(name) == sha256:
            continue
        new, changed = new + (name not in known), changed + (name in known)
        with desk.store.transaction():
            hashes = likeness.fingerprints(text)
            desk.store.save_reference(name, sha256=sha256, text=text, hashes=hashes, now=desk.clock.now())
    gone = known.keys() - names
    _close(desk, new, changed, gone, by)
    total = len(desk.store.references())
    return Indexed(new=new, changed=changed, gone=len(gone), total=total, refused=tuple(refused))


def _close(desk: Desk, new: int, changed: int, gone: set[str], by: str) -> None:
    """Texts whose file is gone are compared with no more; the record says what changed."""
    if not (new or changed or gone):
        return
    with desk.store.transaction():
        for name in gone:
            desk.store.drop_reference(name)
        details = {"new": str(new), "changed": str(changed), "gone": str(len(gone))}
        desk.log("corpus_indexed", "corpus", details, who=by)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each text with its name: its path in the folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() == ".txt" and path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError:
        return None


def _text(content: bytes) -> str | None:
    """Notepad on a Chinese Windows writes GBK or UTF-8, with or without a mark; None for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def hits(desk: Desk, text: str) -> tuple[CorpusHit, ...]:
    """Reference texts in which much of `text` stands, the strongest first.

    Proposed by their share of fingerprints, then measured exactly.  A short text keeps twice the fingerprints
    of a long one, hence the low bound.
    """
    strong = desk.policy.intake.same_again.strong_likeness
    if not desk.store.references():
        return ()
    proposed = desk.store.resembling(likeness.fingerprints(text), limit=CANDIDATES)
    near = [(name, other) for name, other, share in proposed if share >= strong / 4]
    shares = likeness.containments(text, (other for _, other in near))
    found = [
        CorpusHit(source=name, share=share)
        for (name, _), share in zip(near, shares, strict=True)
        if share >= strong
    ]
    return tuple(sorted(found, key=lambda hit: (-hit.share, hit.source)))
