"""The bundled texts: sentences in twelve languages, and the characters that they are read by.

They are messages of the web framework Django and of Wagtail, which is made with it, and their
translations, as people wrote them; `sentences/CREDITS.md` has the licences. `messages.tsv` holds a
message a line, its languages side by side, and whether it is held out from training, in all of them
at once.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .images import unknown
from .tokens import Tokens

TEXTS = Path(__file__).parent / "sentences"

TEXT_LENGTH = 96
"""Characters of a text; shorter ones are padded."""

LONGEST = 10 * TEXT_LENGTH

LANGUAGES = {
    "cs": "Czech",
    "nl": "Dutch",
    "en": "English",
    "fi": "Finnish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "pl": "Polish",
    "pt": "Portuguese",
    "es": "Spanish",
    "sv": "Swedish",
    "tr": "Turkish",
}
"""Their names by their codes."""

PADDING, OTHER = 0, 1
"""Ids of what is no character, and of one that is not among `CHARACTERS`."""

CHARACTERS = (
    " abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôõöøùúûüýßąćčďęěğıłńňœřśšşťůźżž"
    "0123456789.,:;!?¿¡'\"()-/"
)
"""Small letters stand for capital ones, too, and plain marks for curly ones; the first has id 2."""

_ALIKE = str.maketrans("’‘‚“”„«»–—", '\'\'\'"""""--')
_IDS = {character: k + 2 for k, character in reversed(list(enumerate(CHARACTERS)))}
ID_COUNT = len(CHARACTERS) + 2


class Message(NamedTuple):
    """A sentence of the bundled texts.

    Attributes:
        number: of the message; its translations have the same.
        language: its name in English.
        text: the sentence.
        held_out: whether training never saw it, nor a translation of it.
    """

    number: int
    language: str
    text: str
    held_out: bool


def languages() -> tuple[str, ...]:
    """Names of the languages, which are the classes of the `texts` network."""
    return tuple(LANGUAGES.values())


def text(sentence: str) -> Tokens:
    """A text as the `texts` network takes it: an id for each character, filled up with padding.

    Args:
        sentence: up to 960 characters. Blanks of any kind are one blank.

    Returns:
        `Tokens` with 96 ids, or twice, three times… as many for a longer text; a character that
        the network does not know has the id 1, padding has 0.

    Raises:
        ValueError: the text is empty or too long.

    Example:
        >>> words = cw.text("Guten Morgen")
        >>> len(words), words.padding
        (12, 84)
    """
    plain = " ".join(unicodedata.normalize("NFC", sentence).split())
    if not 0 < len(plain) <= LONGEST:
        raise ValueError(f"expected a text of 1 to {LONGEST} characters, got {len(plain)}.")
    ids = np.full(-(-len(plain) // TEXT_LENGTH) * TEXT_LENGTH, PADDING, np.int32)
    ids[: len(plain)] = [_id(character) for character in plain]
    return Tokens(ids, plain, sentence)


def messages(language: str | None = None) -> tuple[Message, ...]:
    """The bundled sentences, by number and language.

    Args:
        language: the name of one; all if left out.

    Raises:
        ValueError: there is no such language; the message names the nearest ones.
    """
    if language is None:
        return _all_messages()
    if language not in languages():
        raise ValueError(unknown("language", language, languages()))
    return tuple(each for each in _all_messages() if each.language == language)


@lru_cache
def _all_messages() -> tuple[Message, ...]:
    head, *lines = (TEXTS / "messages.tsv").read_text(encoding="utf-8").splitlines()
    names = [LANGUAGES[code] for code in head.split("\t")[1:]]
    return tuple(
        Message(number, name, sentence, held_out == "1")
        for number, line in enumerate(lines)
        for held_out, *sentences in [line.split("\t")]
        for name, sentence in zip(names, sentences, strict=True)
        if sentence
    )


def _id(character: str) -> int:
    small = character.translate(_ALIKE).lower()[:1]  # the Turkish İ becomes an i and a dot
    return _IDS.get(small, OTHER)
