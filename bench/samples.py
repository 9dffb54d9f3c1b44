"""All sample mails and documents of the tests and the demo: what became of each, and how long it took.

    python bench/samples.py [--summary] [WORD ...]

Each mail runs the whole road in this process (spool, ledger, reading, verdict, letter), each group in an
office of its own; each document is inspected by itself.  WORD narrows the table to names that hold one.
"""

from __future__ import annotations

import argparse
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import build
import corpus_machines
import corpus_submissions
import test_corpus_clients as clients
import test_corpus_hostile as hostile
from road import POLICY, Road

from mailbot.intake import word
from mailbot.model import Attachment

ROOT = Path(__file__).parents[1]
NAME = 72
FAKES = ("rtf", "html", "mht", "pdf", "zip", "xls", "xlsx", "jpg", "png", "rar", "text", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sample."""

    group: str
    name: str
    outcome: str
    seconds: float


def timed(work: Callable[[], str]) -> tuple[str, float]:
    """Outcome and time; what breaks is an outcome too."""
    began = time.perf_counter()
    try:
        outcome = work()
    except Exception as error:  # noqa: BLE001  (the table names it)
        outcome = f"BROKEN {type(error).__name__}: {error}"
    return outcome, time.perf_counter() - began


def mails() -> Iterator[tuple[str, str, bytes]]:
    """Group, name, bytes."""
    for path in sorted((ROOT / "data/demo").glob("*.eml")):
        yield "demo", path.name, path.read_bytes()
    for sample in corpus_machines.SAMPLES:
        yield "machines", sample.name, sample.raw
    for row in corpus_submissions.ROWS:
        yield "submissions", row.name, row.raw
    for one in (*clients.SUBJECTS, *clients.NAMES, *clients.TREES):
        yield "clients", one.name, one.raw
    for name, raw in hostile.MAILS:
        yield "hostile", name, raw


def documents() -> Iterator[tuple[str, bytes]]:
    """Name and bytes."""
    for path in sorted((ROOT / "tests/data/word").iterdir()):
        if path.is_file():
            yield path.name, path.read_bytes()
    for kind in dict.fromkeys(corpus_submissions.KINDS):
        for file in corpus_submissions.files(kind, "春耕备耕物资供应充足", 1)[0]:
            if isinstance(file, tuple):
                yield f"{kind}: {file[0]}", file[1]
    for fake in FAKES:
        yield f"{fake} named .docx", build.fake(fake)
    for name, content, _ in hostile.FILES:
        yield f"{name}.docx", content
    for name, content in hostile.LARGE.items():
        yield f"large {name}.docx", content


def of_mails() -> Iterator[Line]:
    group, road = "", Road()
    for kind, name, raw in mails():
        if kind != group or kind == "clients":  # these share one Word file
            if group:
                road.__exit__(None, None, None)
            group, road = kind, Road().__enter__()
            road.take(b"Subject: warm\r\n\r\n")

        def work(road: Road = road, raw: bytes = raw) -> str:
            seen = road.take(raw)
            return f"{seen.outcome} ({', '.join(seen.verdict.reasons)})"

        outcome, seconds = timed(work)
        yield Line(group=kind, name=name, outcome=outcome, seconds=seconds)
    road.__exit__(None, None, None)


def of_documents() -> Iterator[Line]:
    for name, content in documents():
        attachment = Attachment(name=name, content_type="", content=content)

        def work(attachment: Attachment = attachment) -> str:
            found = word.inspect(attachment, POLICY.intake.document)
            return found.fault or f"{found.kind}, {found.words.whole} words"

        outcome, seconds = timed(work)
        yield Line(group="documents", name=name, outcome=outcome, seconds=seconds)


def padded(text: str, width: int) -> str:
    """Cut or filled to columns of a terminal, where a Chinese character takes two."""
    out, used = "", 0
    for character in " ".join(text.split()):
        columns = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used + columns > width:
            break
        out, used = out + character, used + columns
    return out + " " * (width - used)


def summary(lines: list[Line], what: str) -> str:
    times = sorted(line.seconds for line in lines)
    slowest = max(lines, key=lambda line: line.seconds)
    p50, p99 = times[len(times) // 2], times[min(len(times) * 99 // 100, len(times) - 1)]
    return (
        f"{what:>12}: {len(lines):4}  p50 {p50 * 1e3:7.1f} ms  p99 {p99 * 1e3:7.1f} ms  "
        f"slowest {slowest.seconds * 1e3:7.1f} ms  {' '.join(slowest.name.split())[:60]}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--summary", action="store_true", help="only the last lines")
    options.add_argument("words", nargs="*")
    chosen = options.parse_args()
    lines = [*of_mails(), *of_documents()]
    for line in lines:
        if not chosen.summary and (not chosen.words or any(w in line.name for w in chosen.words)):
            print(f"{line.group:12} {padded(line.name, NAME)} {line.seconds * 1e3:8.1f} ms  {line.outcome}")
    groups = dict.fromkeys(line.group for line in lines)
    for group in groups:
        print(summary([line for line in lines if line.group == group], group))
    print(summary([line for line in lines if line.group not in ("documents", "hostile")], "all mails"))
    print(f"broken: {sum(line.outcome.startswith('BROKEN') for line in lines)}")


if __name__ == "__main__":
    main()
