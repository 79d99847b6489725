"""What the `texts` network is trained and judged on: messages and their translations.

Training sees a sentence as a whole or a piece of it from one word to another, so that it learns to
decide from a little. The judgement is on whole sentences, of messages of which no translation was
seen in training.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .examples import Examples
from .texts import Message, languages, messages, text

BATCH = 96
_WHOLE = 0.4  # of the sentences; of the others a piece
_SHORTEST = 12  # characters of a piece


def training_batches(rng: np.random.Generator) -> Iterator[Examples]:
    """Endless batches of ids, int32 (96, 96), and int32 (96,) classes; all languages alike."""
    by_class = [[each.text for each in known if not each.held_out] for known in _by_language()]
    while True:
        classes = rng.integers(len(by_class), size=BATCH).astype(np.int32)
        drawn = [by_class[k][rng.integers(len(by_class[k]))] for k in classes]
        yield np.stack([text(_piece(each, rng)).ids for each in drawn]), classes


@lru_cache
def held_out_texts() -> Examples:
    """All held-out sentences: int32 ids (N, 96) and int32 (N,) classes."""
    kept = [(k, m) for k, known in enumerate(_by_language()) for m in known if m.held_out]
    ids = np.stack([text(message.text).ids for _, message in kept])
    return ids, np.array([k for k, _ in kept], np.int32)


def _by_language() -> list[tuple[Message, ...]]:
    return [messages(language) for language in languages()]


def _piece(sentence: str, rng: np.random.Generator) -> str:
    if rng.random() < _WHOLE:
        return sentence
    starts = [0, *(k + 1 for k, character in enumerate(sentence) if character == " ")]
    starts = [start for start in starts if len(sentence) - start >= _SHORTEST]
    start = starts[rng.integers(len(starts))]
    ends = [k for k, c in enumerate(sentence) if c == " " and k - start >= _SHORTEST]
    ends = [*ends, len(sentence)]
    return sentence[start : ends[rng.integers(len(ends))]]
