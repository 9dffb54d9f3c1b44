"""A lexicon made ready for matching: compiled once, kept as long as the lexicon itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from mailbot.intake._line import fold_table
from mailbot.lexicon import Lexicon

LABEL_FIELDS = (
    "title",
    "unit",
    "person",
    "liaison",
    "contact",
    "short_number",
    "reviewer",
    "signer",
    "other",
)
_GAP = " {0,2}"


class Vocabulary:
    """Compiled forms of a Lexicon's words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.table = fold_table(lexicon.variants)
        self.label_kind = {
            self._fold(w): kind for kind in LABEL_FIELDS for w in getattr(lexicon.labels, kind)
        }
        self.weak_labels = frozenset(map(self._fold, lexicon.weak_labels))
        self.label = re.compile(_alternatives(self.label_kind, spaced=True))
        approving = [word for word, kind in self.label_kind.items() if kind in ("reviewer", "signer")]
        self.approval = re.compile(_alternatives(approving, spaced=True))
        self.prefix = _prefix((*lexicon.prefixes.reply, *lexicon.prefixes.receipt))
        self.registered = _prefix(lexicon.prefixes.registered)
        self.reply_prefix = _prefix(lexicon.prefixes.reply)
        # The word of a machine stands by itself: one that runs on into a sentence begins a title.
        ends = r"(?:(?<=[a-z])(?![a-z])| *[:\])\u3011]| *$)"
        self.machine = re.compile(rf"[\[(\u3010]?(?:{_alternatives(lexicon.prefixes.machine)}){ends}")
        self.tag = re.compile("|".join(f"(?:{p})" for p in lexicon.tags.patterns))
        self.placeholder = re.compile("|".join(f"(?:{p})" for p in lexicon.tags.placeholders))
        self._compile_courtesy(lexicon)
        self._compile_people(lexicon)
        ends = _alternatives(lexicon.files.extensions)
        self.extension = re.compile(
            rf"(?: ?\([0-9一二三]{{1,2}}\)| ?- ?副本)?\.(?:{ends})(?: ?\([0-9]{{1,2}}\))?(?![a-z0-9])"
        )

    def fold(self, text: str) -> str:
        """The text half width, simplified, lower case; of the same length."""
        return text.translate(self.table)

    _fold = fold

    def _compile_courtesy(self, lexicon: Lexicon) -> None:
        words = lexicon.courtesy
        self.front = re.compile("|".join(f"(?:{p})" for p in words.front))
        self.verbs = re.compile("|".join(f"(?:{p})" for p in words.verbs))
        self.after_unit = re.compile("|".join(f"(?:{p})" for p in words.after_unit))
        self.nouns = re.compile("|".join(f"(?:{p})" for p in words.nouns))
        self.back = re.compile("(?:" + "|".join(f"(?:{p})" for p in words.back) + r")[ \x00]*$")

    def _compile_people(self, lexicon: Lexicon) -> None:
        people = lexicon.people
        self.rare_surnames = frozenset(people.rare_surnames)
        self.surnames = frozenset(people.surnames) | self.rare_surnames
        self.compound = frozenset(people.compound_surnames)
        self.given = frozenset(people.common_given)
        self.transliterated = frozenset(people.transliterated)
        self.office_ends = frozenset(people.office_ends)
        self.not_names = frozenset(people.not_names.split())
        self.doubtful_names = frozenset(people.doubtful_names.split())
        around = _alternatives((*people.ranks, *people.inner))
        self.rank_head = re.compile(rf"(?:(?:{around})[ :的]?)+")
        self.rank_tail = re.compile(rf"(?: ?(?:{around}))+$")
        self.rank_only = re.compile(rf"(?:(?:{around}|的| |[/、])+)$")
        self.joiners = frozenset(people.joiners)


@lru_cache(maxsize=8)
def vocabulary(lexicon: Lexicon) -> Vocabulary:
    """The compiled form of this very lexicon (lexicons compare by identity)."""
    return Vocabulary(lexicon)


def _alternatives(words: Iterable[str], *, spaced: bool = False) -> str:
    ordered = sorted(set(words), key=len, reverse=True)
    return "|".join(_GAP.join(map(re.escape, w)) if spaced else re.escape(w) for w in ordered)


def _prefix(words: Iterable[str]) -> re.Pattern[str]:
    gap = " {0,3}"
    return re.compile(
        rf"(?:{_alternatives(words)}){gap}(?:\[[0-9]{{1,3}}\]|\([0-9]{{1,3}}\)|[0-9]{{1,2}})?{gap}:+"
    )
