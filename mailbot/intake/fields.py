"""Title, unit, submitters and contacts of a mail: from subject, body, Word file and register, each with its source.

Notice 三(四): 邮件主题需注明信息标题，以及报送单位、报送人和联系方式.  The subject comes first; a field it lacks is
sought in the writer's own text, then in the Word file, then in the register of confirmed correspondents.
"""

from __future__ import annotations

from mailbot.intake._subject import read_subject
from mailbot.lexicon import Lexicon
from mailbot.model import Correspondent, Document, Fields, Found, IncomingMail, Source
from mailbot.roster import Roster

__all__ = ["find", "read_subject"]


def find(
    mail: IncomingMail,
    document: Document | None,
    correspondent: Correspondent | None,
    roster: Roster,
    lexicon: Lexicon,
) -> Fields:
    """The fields of a mail.  A field found nowhere is None: nothing is guessed."""
    sender = mail.sender
    subject = read_subject(
        mail.subject,
        roster,
        lexicon,
        sender_name=sender.name if sender else None,
        known=(correspondent,) if correspondent else (),
    )
    return Fields(
        title=Found(subject.title, Source.SUBJECT) if subject.title else None,
        unit=Found(subject.unit, Source.SUBJECT) if subject.unit else None,
        unit_as_written=subject.unit_as_written,
        co_units=subject.co_units,
        submitters=Found(subject.submitters, Source.SUBJECT) if subject.submitters else None,
        contacts=Found(subject.contacts, Source.SUBJECT) if subject.contacts else None,
        bad_contacts=subject.bad_contacts,
        reviewer=subject.reviewer,
        signer=subject.signer,
        tags=subject.tags,
        solicitation=subject.solicitation,
        confidence=subject.confidence,
    )
