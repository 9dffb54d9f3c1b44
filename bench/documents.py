"""Time of what a mail costs beside its subject: the mail, its Word file, likeness, receipt; hostile ones too.

python bench/documents.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import build
import build_word as bw
from corpus_submissions import prose
from mails import read
from test_letters import WORDING, facts, frozen

from mailbot.intake.likeness import containment, fingerprints, shared_passages
from mailbot.intake.word import inspect
from mailbot.model import Attachment, LetterKind
from mailbot.policy import DocumentLimits
from mailbot.render.letters import compose

ROUNDS = 9


def timed(name: str, work: Callable[[], object], times: int = 1) -> None:
    """Median of the rounds, in milliseconds for one; the first round only warms up."""
    rounds = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - began) / times)
    print(f"{name:>44}: {statistics.median(rounds[1:]) * 1e3:8.2f} ms")


def look(name: str, content: bytes) -> object:
    return inspect(Attachment(name=name, content_type="", content=content), DocumentLimits())


def compared(a: str, b: str) -> None:
    fingerprints(a)
    containment(a, b)
    shared_passages(a, b)


def usual() -> None:
    """One mail with one file of 1,500 characters."""
    paragraphs = prose(1, 1500)
    docx, doc = build.docx(*paragraphs), bw.doc("\r".join(paragraphs) + "\r")
    a, b = "".join(paragraphs), "".join(prose(2, 1500))
    made = facts()
    timed("mail of one .docx, read", lambda: read(build.mail(files=[("稿.docx", docx)])), 10)
    timed(".docx, inspected", lambda: look("稿.docx", docx), 10)
    timed(".doc, inspected", lambda: look("稿.doc", doc), 10)
    timed("two texts, compared", lambda: compared(a, b), 5)
    timed("receipt, composed and frozen", lambda: frozen(compose(LetterKind.RECEIPT, made, WORDING)), 50)


def hostile() -> None:
    """What was made to be slow, up to the limits."""
    bomb = bw.package("<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 500_000)
    timed(".docx of 500,000 paragraphs", lambda: look("稿.docx", bomb))
    for unit in ("\x13\x14a", "a\x0b", "——"):
        content = bw.doc(unit * (1_800_000 // len(unit)) + "\r")
        timed(f".doc of 1,800,000 characters {unit!r}", lambda content=content: look("稿.doc", content))
    dashes = bw.package(bw.p("线" + "—" * 300_000))
    timed(".docx of 300,000 dashes", lambda: look("稿.docx", dashes))
    same = "的" * 100_000
    timed("two texts of 100,000 equal characters", lambda: compared(same, same))
    html = build.mail(text=None, html="<a " * 330_000)
    timed("mail of 330,000 unclosed tags", lambda: read(html))


if __name__ == "__main__":
    usual()
    hostile()
