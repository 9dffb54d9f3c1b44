"""A mail's whole life in the store, run as a program so that it can be killed anywhere: `store_life.py VAR`.

Spool, admit, judge with item, letter and event, send.  Run again after a kill it goes on where it was cut.
"""

from __future__ import annotations

import sys
from pathlib import Path

from store_samples import NOW, admit, document, fields, letter, read, verdict

from mailbot.model import Event, LedgerMail, LetterKind, SubmissionState
from mailbot.store import Store


def live(var: Path) -> Store:
    store = Store.open(var)
    store.adopt_orphans(NOW)
    for uid, raw in enumerate((b"one", b"two"), start=1):
        admit(store, raw, uid)
    for mail in store.pending(10):
        judge(store, mail)
    for one in store.interrupted():
        store.mark_retry(one.id, NOW, "interrupted")
    while one := store.claim_letter(NOW):
        store.mark_at_dot(one.id, NOW)
        store.mark_sent(one.id, "250 OK", NOW)
    return store


def judge(store: Store, mail: LedgerMail) -> None:
    number = store.number_for(mail)
    paper = document(f"正文 {mail.sha256}")
    with store.transaction():
        store.record(mail.id, number=number, mail=read(), verdict=verdict(document=paper), now=NOW)
        store.save_document(paper, range(8))
        store.save_submission(
            number=number,
            state=SubmissionState.ACCEPTED,
            fields=fields(),
            sender="gangshang@tancheng.example",
            arrived_at=mail.arrived_at,
            mail_id=mail.id,
            document=paper,
            now=NOW,
        )
        store.add_letter(
            letter(f"<r.{number}@tancheng.example>", mail_id=mail.id, number=number, kind=LetterKind.RECEIPT),
            NOW,
        )
        store.add_event(Event(at=NOW, who="mailbot", verb="judged", subject=f"mail:{mail.id}"))


if __name__ == "__main__":
    live(Path(sys.argv[1])).close()
