"""The class of content that a writer states (notice 二(一)): as a tag of the subject, or behind 信息类别：.

Recorded where stated, never asked for and never guessed from the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.intake._vocabulary import Vocabulary
from mailbot.lexicon import Lexicon

_LONGEST_LINE = 60


def topic_of(tags: Iterable[str], lines: Iterable[str], lexicon: Lexicon, words: Vocabulary) -> str | None:
    """The class by its name in lexicon.toml; None where none of them is stated."""
    labels = "|".join(map(re.escape, sorted(lexicon.topics.labels, key=len, reverse=True)))
    label = re.compile(rf"(?:^|[ ,;(\[【])(?:{labels}) ?[:=] ?([^ ,;)\]】]{{2,20}})")
    short = (words.fold(line) for line in lines if len(line) <= _LONGEST_LINE)
    stated = (match[1] for line in short if (match := label.search(line)))
    for said in (*map(words.fold, tags), *stated):
        for topic in lexicon.topics.classes:
            if any(word in said for word in topic.words):
                return topic.name
    return None
