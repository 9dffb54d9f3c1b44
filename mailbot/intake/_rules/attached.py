"""What is attached: faults of files, several files, length (notice 三(四) and 二(二))."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.intake._rules.phrases import squeeze
from mailbot.intake._rules.view import View
from mailbot.model import CloudLink, Document, DocumentKind, Finding, Reason

_MIB = 1024 * 1024
_EXTENSIONS = {DocumentKind.DOCX: ".docx", DocumentKind.DOC: ".doc"}


def mail_too_large(view: View) -> Iterator[Finding]:
    """Over the bound of one mail: only its header was fetched, or it came by a source that has no such bound.
    Where the source's own bound was lower than ours, it is not known here."""
    limit = view.intake.mail.mail_bytes
    if view.too_large:
        bound = _mebibytes(limit) if view.mail.size > limit else ""
        details = {"size": _mebibytes(view.mail.size), "limit": bound}
        yield Finding(reason=Reason.MAIL_TOO_LARGE, details=details)


def sealed_mail(view: View) -> Iterator[Finding]:
    """Encrypted as a whole: nothing in it can be read here."""
    if view.mail.sealed:
        yield Finding(reason=Reason.SEALED_MAIL)


def several_documents(view: View) -> Iterator[Finding]:
    """一事一报 (notice 二(四)): which of them is the item, a person must say."""
    if len(view.good) > 1:
        names = "、".join(f"“{document.name}”" for document in view.good)
        details = {"count": str(len(view.good)), "names": names}
        yield Finding(reason=Reason.SEVERAL_DOCUMENTS, details=details)


def no_document(view: View) -> Iterator[Finding]:
    """No Word file that can be taken: each attachment's own fault, or that there is none."""
    if view.has_document:
        return
    for document in view.case.documents:
        if document.fault is not None:
            yield Finding(reason=document.fault, details=_fault(view, document))
    for link in view.mail.cloud_links:
        yield Finding(reason=Reason.CLOUD_ATTACHMENT, details=_link(link))
    if not view.carries:
        pasted = len(squeeze(view.mail.text)) >= view.intake.matters.pasted_chars
        yield Finding(reason=Reason.NO_ATTACHMENT, details={"pasted": "yes" if pasted else ""})


def _fault(view: View, document: Document) -> dict[str, str]:
    """What the sentence needs.  Of a hostile file not even its type is passed on."""
    if document.fault is Reason.HOSTILE_DOCUMENT:
        return {"name": document.name}
    details = {"name": document.name, "type": document.fault_detail}
    if document.fault is Reason.TOO_LARGE:
        limit = _mebibytes(view.intake.document.file_bytes)
        return {**details, "size": _mebibytes(document.size), "limit": limit}
    return details


def _link(link: CloudLink) -> dict[str, str]:
    return {"name": link.name, "host": link.host, "expires": link.expires, "size": link.size}


def _mebibytes(count: int) -> str:
    return f"{count / _MIB:.1f}".removesuffix(".0")


def others_not_taken(view: View) -> Iterator[Finding]:
    """A good Word file is taken; what comes beside it is named."""
    if view.taken is None or len(view.good) > 1:
        return
    names = [d.name for d in view.case.documents if d.sha256 != view.taken.sha256]
    names += [link.name for link in view.mail.cloud_links if link.name]
    for name in dict.fromkeys(names):
        yield Finding(reason=Reason.OTHERS_NOT_TAKEN, details={"name": name})


def length(view: View) -> Iterator[Finding]:
    """Notice 二(二), 原则上: a remark with the count that Word's status bar shows."""
    if view.taken is None or len(view.good) > 1:
        return
    limits, count = view.intake.length, view.taken.words.whole
    details = {"count": str(count), "short": str(limits.short), "long": str(limits.long)}
    if count > limits.long * (1 + limits.tolerance):
        yield Finding(reason=Reason.OVER_LONG_LIMIT, details=details)
    elif count > limits.short * (1 + limits.tolerance):
        yield Finding(reason=Reason.OVER_SHORT_LIMIT, details=details)


def wrong_extension(view: View) -> Iterator[Finding]:
    """A .docx named .doc, or a Word file under any other name: taken, and told to the section."""
    document = view.taken
    extension = _EXTENSIONS.get(document.kind) if document is not None else None
    if document is not None and extension and document.name and not document.name.lower().endswith(extension):
        details = {"name": document.name, "extension": extension}
        yield Finding(reason=Reason.WRONG_EXTENSION, details=details)
