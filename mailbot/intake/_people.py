"""Whether a run of characters is a person's name, by surname, length and given name; ranks are taken off.

A score of about 2 is a likely name, 0 or less an unlikely one; None is no name at all.  Rules 15 to 17.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.intake._vocabulary import Vocabulary

NOT_IN_NAMES = frozenset(
    "的了是在为我你他她它们这那之于对从到把被让将就都也很及与或但而且因所以其此每各某些等着过吗呢吧啊0123456789"
)


@dataclass(frozen=True, slots=True)
class PersonReading:
    """The names in a run (none for 李科长) and how likely the run is a person."""

    names: tuple[str, ...]
    score: float


def read_person(text: str, norm: str, words: Vocabulary, liked: frozenset[str]) -> PersonReading | None:
    """Reads a whole run as a person with or without rank; `liked` are names known of the sender."""
    text, norm = _trim(text, norm)
    if not 1 < len(norm) <= 16 or words.rank_only.match(norm):
        return None
    whole = _one(text, norm, words, liked)
    if whole and not _surname_and_rank(norm, words):
        return whole
    return _without_rank(text, norm, words, liked) or _joined(text, norm, words, liked)


def likelier(first: PersonReading | None, second: PersonReading | None) -> PersonReading | None:
    """The reading with the higher score, the first of equals; a title of address alone (李科长) stays."""
    if first is None or second is None:
        return first or second
    return second if first.names and second.score > first.score else first


def is_han(norm: str) -> bool:
    """Whether every character is a Chinese one."""
    return all("\u3400" <= c <= "\U0003ffff" for c in norm)


def strip_rank(text: str, norm: str, words: Vocabulary) -> tuple[str, str, bool]:
    """The run and its folding without ranks and offices around it; whether there were any."""
    text, norm = _trim(text, norm)
    start, end = 0, len(norm)
    head = words.rank_head.match(norm)
    if head and head.end() < end - 1:
        start = head.end()
    tail = words.rank_tail.search(norm)
    if tail and tail.start() > start + 1:
        end = tail.start()
    name, folded = _trim(text[start:end], norm[start:end])
    return "".join(name.split()), folded.replace(" ", ""), (start, end) != (0, len(norm))


def name_score(norm: str, words: Vocabulary) -> float | None:
    """How much a run without spaces looks like one personal name."""
    length = len(norm)
    if not 2 <= length <= 4 or norm in words.label_kind or not is_han(norm):
        return None
    if norm[:2] in words.compound and not any(c in NOT_IN_NAMES for c in norm[2:]):
        return 2.6 if length > 2 else 1.2 if norm[0] in words.surnames and norm[1] in words.given else None
    if norm[0] not in words.surnames:
        return None
    if length == 4:
        double = norm[1] in words.surnames and norm[1] not in words.rare_surnames
        usual = all(c in words.given for c in norm[2:])
        return 1.0 if double and usual and norm[:2] not in words.not_names else None
    rare = norm[0] in words.rare_surnames
    usual_given = sum(c in words.given for c in norm[1:])
    score = (1.0 if rare else 2.0) + 0.3 * usual_given - (0.0 if norm[-1] in words.given else 0.2)
    score -= 0.5 if rare and not usual_given else 0.0
    given = norm[1:].removesuffix("之") if length == 3 and not rare else norm[1:]
    score -= 2.5 if any(c in NOT_IN_NAMES for c in given) else 0.0
    if length == 3 and norm[-1] in words.office_ends:
        score -= 3.0 if norm[1] in words.given else 4.0
    if norm in words.doubtful_names:
        score -= 0.9
    elif norm in words.not_names:
        score -= 2.8
    elif length == 3 and (norm[:2] in words.not_names or norm[1:] in words.not_names):
        score -= 1.5
    return score


def _one(text: str, norm: str, words: Vocabulary, liked: frozenset[str]) -> PersonReading | None:
    if text in liked:
        return PersonReading((text,), 3.5)
    score = name_score(norm, words)
    return PersonReading((text,), score) if score is not None else None


def _surname_and_rank(norm: str, words: Vocabulary) -> bool:
    tail = words.rank_tail.search(norm)
    head = norm[: tail.start()] if tail else ""
    return len(head) == 1 or head in words.compound


def _without_rank(text: str, norm: str, words: Vocabulary, liked: frozenset[str]) -> PersonReading | None:
    start, end = 0, len(norm)
    head = words.rank_head.match(norm)
    if head and head.end() < end:
        start = head.end()
    tail = words.rank_tail.search(norm)
    if tail and tail.start() > start:
        end = tail.start()
    if (start, end) == (0, len(norm)):
        return None
    core_text, core = _trim(text[start:end], norm[start:end])
    if (
        len(core) == 1
        or (len(core) == 2 and core in words.compound)
        or (core[:1] in "小老" and len(core) == 2)
    ):
        return PersonReading((), 1.5) if core[-1:] in words.surnames or core in words.compound else None
    core_text, core = core_text.replace(" ", ""), core.replace(" ", "")
    found = _one(core_text, core, words, liked)
    return PersonReading(found.names, found.score + 0.8) if found else None


def _joined(text: str, norm: str, words: Vocabulary, liked: frozenset[str]) -> PersonReading | None:
    for at in range(2, len(norm) - 2):
        if norm[at] not in words.joiners:
            continue
        first = read_person(text[:at], norm[:at], words, liked)
        second = read_person(text[at + 1 :], norm[at + 1 :], words, liked)
        if first and second and min(first.score, second.score) > 0.5:
            return PersonReading(first.names + second.names, min(first.score, second.score))
    return None


def _trim(text: str, norm: str) -> tuple[str, str]:
    start, end = 0, len(norm)
    while start < end and norm[start] in " :-.,、":
        start += 1
    while start < end and norm[end - 1] in " :-.,、":
        end -= 1
    return text[start:end], norm[start:end]
