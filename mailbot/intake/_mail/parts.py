"""Which leaves of a mail are attachments, and which of those are mere decoration."""

from __future__ import annotations

from collections.abc import Iterable

from mailbot.intake._mail.mime import Leaf, is_text
from mailbot.model import Attachment

_NO_ATTACHMENT = frozenset(
    (
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
        "application/applefile",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
        "text/rfc822-headers",
        "text/x-amp-html",
        "text/x-moz-deleted",
    )
)
_NO_ATTACHMENT_NAMES = (".vcf", ".p7s", ".sig", "signature.asc")
_PICTURES = (".png", ".gif", ".jpg", ".jpeg", ".bmp", ".webp", ".emz", ".wmz", ".svg")
_PICTURE_MAGIC = (b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"BM")
_SMALL = 30 * 1024


def attachments(leaves: Iterable[Leaf], shown: frozenset[str]) -> tuple[Attachment, ...]:
    """Every part that is neither text nor signature of the mail, in order; `shown` as Bodies has it."""
    return tuple(
        Attachment(
            name=leaf.name,
            content_type=leaf.content_type,
            content=leaf.content,
            origin=leaf.origin,
            decoration=_decorates(leaf, shown),
        )
        for leaf in leaves
        if not is_text(leaf) and _counts(leaf)
    )


def _counts(leaf: Leaf) -> bool:
    if leaf.content_type in _NO_ATTACHMENT or leaf.name.lower().endswith(_NO_ATTACHMENT_NAMES):
        return False
    if leaf.name or leaf.disposition == "attachment":
        return True
    # Invitations stand in the alternative; gateways leave empty nameless parts of what they took out.
    return leaf.content_type != "text/calendar" and bool(leaf.content.strip())


def _decorates(leaf: Leaf, shown: frozenset[str]) -> bool:
    """A picture that the HTML shows, or a small one that is meant to be shown."""
    picture = leaf.content_type.startswith("image/") or (
        leaf.name.lower().endswith(_PICTURES) and leaf.content.startswith(_PICTURE_MAGIC)
    )
    if not picture:
        return False
    if {leaf.content_id.lower(), leaf.location.lower(), f"cid:{leaf.content_id.lower()}"} & shown - {""}:
        return True
    inline = leaf.disposition == "inline" or (bool(leaf.content_id) and leaf.disposition != "attachment")
    return inline and len(leaf.content) <= _SMALL
