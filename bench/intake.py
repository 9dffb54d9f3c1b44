"""Intake from Dovecot with receipts to a sink: speed, memory, and what was read against truth.jsonl.

python bench/intake.py --corpus DIR [--n N]
python bench/intake.py --made N
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import build
import psutil
from aiosmtpd.controller import Controller
from servers import PASSWORD, Dovecot, free_port

CONFIG = """
[office]
name = "郯城县政府办公室信息科"
phones = ["6106766", "6109100"]
own_addresses = ["xxk@oa.tancheng.example"]
section_address = "section@oa.tancheng.example"
[mailbox]
kind = "imap"
host = "localhost"
port = {imaps}
ca_file = "{ca}"
username = "{user}"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
plain_text_is_accepted = true
login = false
from_address = "xxk@oa.tancheng.example"
[sending]
pace_seconds = 0
per_connection = 200
[brakes]
no_attachment_per_day = 100000
same_text_per_hour = 100000
per_address_per_day = 100000
total_per_day = 100000
[review]
receipts = "none"
[intake]
answer_since = 2000-01-01
[console]
enabled = false
"""


class Sink:
    """Takes everything and counts it."""

    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        self.count += 1
        return "250 taken"


def sink_process(port: int, ready: str) -> None:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    Path(ready).touch()
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.2)
            Path(ready).write_text(str(sink.count))


@contextlib.contextmanager
def sink_beside(work: Path) -> Iterator[tuple[int, Path]]:
    port, ready = free_port(), work / "sink"
    process = subprocess.Popen([sys.executable, __file__, "--sink", str(port), str(ready)])
    while not ready.exists():
        time.sleep(0.05)
    try:
        yield port, ready
    finally:
        process.terminate()
        process.wait()


def measured(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Wall and CPU seconds of a command and its children, and the peak memory of its tree in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    watched = psutil.Process(process.pid)
    done = threading.Event()
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            tree = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(p.memory_info().rss for p in tree))
        done.wait(0.03)
    assert process.returncode in (0, 1), process.returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": time.perf_counter() - began, "cpu": cpu, "peak_mb": peak / 1e6}


def fill(dovecot: Dovecot, box: str, mails: list[bytes]) -> None:
    """Straight into the Maildir, as the host's delivery does; then one look, so that the index is there."""
    folder = dovecot.home / "mail" / box / "new"
    for sub in ("cur", "new", "tmp"):
        (folder.parent / sub).mkdir(parents=True, exist_ok=True)
    for index, raw in enumerate(mails):
        path = folder / f"{1700000000 + index}.M{index:06d}P1.bench"
        path.write_bytes(raw.replace(b"\r\n", b"\n"))
        os.utime(path, (1700000000 + index,) * 2)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{dovecot.user}:{dovecot.group}", str(folder.parent)], check=True)
    with dovecot.client(box) as client:
        client.select_folder("INBOX", readonly=True)
        assert len(client.search("ALL")) == len(mails)


def squash(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


def compare(home: Path, rows: list[dict]) -> None:
    """What the register holds against what the mails hold."""
    with sqlite3.connect(home / "data/var/mailbot.sqlite") as db:
        got: dict[str, list[tuple]] = {}
        for mid, subject, outcome, verdict in db.execute(
            "SELECT message_id, subject, outcome, verdict FROM mail"
        ):
            got.setdefault(mid, []).append((subject, outcome, json.loads(verdict)))
    counts: Counter[str] = Counter()
    wrong: list[object] = []
    for row in rows:
        found = got.get(row["message_id"], [])
        counts["stored"] += bool(found)
        outcomes = [plain_outcome(outcome, verdict) for _, outcome, verdict in found]
        counts["outcome right"] += row["expect"] in outcomes
        if row["expect"] not in outcomes:
            wrong.append((row["idx"], row["kind"], row["subject"], row["expect"], outcomes))
        subject, _, verdict = found[0] if found else ("", "", {})
        counts["subject right"] += squash(subject) == squash(row["subject"])
        document = verdict.get("document")
        for attached in row["attachments"]:
            names = [*(verdict.get("not_taken") or ()), *([document["name"]] if document else ())]
            counts["files"] += 1
            counts["file name right"] += attached["name"] in names or not names
        if row["kind"] == "plain":
            counts["plain"] += 1
            counts["fields right"] += same_fields(row["fields"], verdict.get("fields") or {}, wrong, row)
    print(json.dumps(counts, ensure_ascii=False))
    for one in wrong[:20]:
        print("  ", one)


def plain_outcome(outcome: str, verdict: dict) -> str:
    """The corpus knows nothing of 400 and 2000 characters: a mail that drew no other remark was accepted."""
    reasons = {f["reason"] for f in verdict["findings"]}
    remarked = reasons - {"over_short_limit", "over_long_limit", "sender_not_registered", "weak_likeness"}
    return "accepted" if outcome == "accepted_with_remarks" and not remarked else outcome


def same_fields(truth: dict, fields: dict, wrong: list[object], row: dict) -> bool:
    value = {k: (fields.get(k) or {}).get("value") for k in ("title", "unit", "submitters", "contacts")}
    right = (
        squash(value["title"]) == squash(truth["title"])
        and value["unit"] == truth["unit"]
        and list(value["submitters"] or []) == truth["submitters"]
        and list(value["contacts"] or []) == truth["contacts"]
    )
    if not right:
        wrong.append((row["idx"], "fields", row["subject"], truth, value))
    return right


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", type=Path)
    options.add_argument("--n", type=int, default=100_000)
    options.add_argument("--made", type=int, default=0)
    options.add_argument("--sink", nargs=2)
    chosen = options.parse_args()
    if chosen.sink:
        sink_process(int(chosen.sink[0]), chosen.sink[1])
        return
    rows: list[dict] = []
    if chosen.corpus:
        lines = (chosen.corpus / "truth.jsonl").read_text("utf-8").splitlines()[: chosen.n]
        rows = [json.loads(line) for line in lines]
        mails = [(chosen.corpus / row["file"]).read_bytes() for row in rows]
    else:
        body = ["今年以来，我镇扎实推进各项工作，完成投资3.2亿元，惠及群众1200户。" * 8] * 4
        mails = [
            build.mail(
                subject=f"第{i}号信息稿的标题-马头镇-张三-13900000001",
                files=[("稿.docx", build.docx(*body, f"第{i}号"))],
            )
            for i in range(chosen.made or 500)
        ]
    work = Path(tempfile.mkdtemp(prefix="mailbot-bench-"))
    with Dovecot() as dovecot, sink_beside(work) as (port, count):
        box = "bench@oa.tancheng.example"
        fill(dovecot, box, mails)
        home = work / "office"
        home.mkdir()
        text = CONFIG.format(imaps=dovecot.imaps, ca=dovecot.ca_file, user=box, smtp=port)
        (home / "config.toml").write_text(text, encoding="utf-8")
        environment = {**os.environ, "MAILBOT_MAILBOX_PASSWORD": PASSWORD}
        command = [sys.executable, "-m", "mailbot", "--home", str(home)]
        poll = measured([*command, "poll"], environment)
        send = measured([*command, "send"], environment)
        time.sleep(0.5)
        n = len(mails)
        print(f"{n} mails, {count.read_text()} letters taken by the sink")
        for name, one in (("poll", poll), ("send", send)):
            print(
                f"{name}: {one['wall']:.2f} s, {one['cpu'] / n * 1000:.2f} CPU s per 1,000, "
                f"peak {one['peak_mb']:.0f} MB"
            )
        both = poll["wall"] + send["wall"]
        print(f"together: {n / both:.0f} mails/s")
        if rows:
            compare(home, rows)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
