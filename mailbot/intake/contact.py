"""A telephone number typed by a person, read as those of subjects are (labelling rules 18 to 21)."""

from __future__ import annotations

from mailbot.intake._phones import NumberKind, find_numbers
from mailbot.intake._vocabulary import vocabulary
from mailbot.lexicon import Lexicon

_NO_CONTACT = frozenset({NumberKind.BAD, NumberKind.ADDRESS})


def read_contact(text: str, lexicon: Lexicon) -> str | None:
    """The number as it is registered ('0539-6220001转802'); None where the text is not one number alone."""
    norm = vocabulary(lexicon).fold(text).strip()
    numbers = find_numbers(norm)
    if len(numbers) != 1 or numbers[0].kind in _NO_CONTACT:
        return None
    return numbers[0].value if (numbers[0].start, numbers[0].end) == (0, len(norm)) else None
