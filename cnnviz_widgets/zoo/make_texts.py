"""Makes `sentences/messages.tsv` of the message catalogues that come inside Django and Wagtail.

Run it as `python -m cnnviz_widgets.zoo.make_texts django-….whl wagtail-….whl`, on the wheels that
`pip download --no-deps django wagtail` fetches; it needs Babel, which the package itself does not.
The same wheels give the same file.

Of each message the longest stretch is taken that holds no placeholder, markup or address: 15 to 96
characters of the Latin script, cut at a blank where it is longer. A message counts if at least
eight of the twelve languages have it. A fifth is held out, drawn with all translations; messages
that differ in case, digits and punctuation alone count as one.
"""

import argparse
import contextlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .texts import LANGUAGES, TEXT_LENGTH, TEXTS

SHORTEST = 15
LEAST_LANGUAGES = 8
HELD_OUT = 0.2
SEED = 0
_CODED = re.compile(
    r"%\(\w+\)\w|%[a-z%]|\{[^}]*\}|<[^>]*>|&\w+;|\S*(?:https?:|www\.|[\\_=`|#*@~^\[\]$+/])\S*"
)
_EDGES = " .,:;!?()'\"“”„«»‘’-–…"


def main() -> None:
    """Writes the sentences of wheels into a file (the package's own by default)."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheels", type=Path, nargs="+")
    parser.add_argument("--file", type=Path, default=TEXTS / "messages.tsv")
    options = parser.parse_args()
    found: dict[str, dict[str, str]] = {}
    for path in options.wheels:
        with zipfile.ZipFile(path) as wheel:
            _collect(wheel, found)
    rows = sorted(
        (row for row in found.values() if len(row) >= LEAST_LANGUAGES), key=lambda row: row["en"]
    )
    held_out = np.random.default_rng(SEED).random(len(rows)) < HELD_OUT
    lines = ["\t".join(["held_out", *LANGUAGES])]
    for row, out in zip(rows, held_out, strict=True):
        lines.append("\t".join([str(int(out)), *(row.get(code, "") for code in LANGUAGES)]))
    options.file.parent.mkdir(parents=True, exist_ok=True)
    options.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} messages, {held_out.sum()} of them held out, in {options.file}")


def _collect(wheel: zipfile.ZipFile, found: dict[str, dict[str, str]]) -> None:
    """For each message of a wheel its sentences by the language's code."""
    for code in LANGUAGES:
        folder = re.compile(rf"/locale/{code}(_{code.upper()})?/LC_MESSAGES/\w+\.po$")
        for name in sorted(name for name in wheel.namelist() if folder.search(name)):
            for english, sentence in _pairs(wheel.read(name)):
                row = found.setdefault(_letters(english), {"en": english})
                if code != "en" and sentence != english:
                    row.setdefault(code, sentence)


def _pairs(content: bytes) -> Iterator[tuple[str, str]]:
    """Messages of a catalogue and their translations, as far as both are plain sentences."""
    from babel.messages.pofile import read_po

    with contextlib.redirect_stdout(None):  # Babel tells of each plural that it doubts
        catalogue = list(read_po(io.BytesIO(content)))
    for message in catalogue:
        if message.fuzzy or not message.id:
            continue
        forms = zip(*(_forms(each) for each in (message.id, message.string)), strict=False)
        english, sentence = (_plain(each) for each in next(forms, ("", "")))
        if english and (sentence or not any(_forms(message.string))):
            yield english, sentence or english


def _forms(message: object) -> tuple[str, ...]:
    """The singular and the plurals, as far as there are any."""
    return tuple(message) if isinstance(message, tuple | list) else (str(message),)


def _plain(message: str) -> str:
    """The longest stretch of a message that is plain words; "" if none is long enough."""
    stretches = [" ".join(each.split()) for each in _CODED.split(message)]
    longest = max(stretches, key=len).lstrip(_EDGES)
    if len(stretches) > 1:
        longest = longest.rstrip(_EDGES)
    if len(longest) > TEXT_LENGTH:
        longest = longest[: TEXT_LENGTH + 1].rpartition(" ")[0]
    latin = all(unicodedata.name(c, "").startswith("LATIN") for c in longest if c.isalpha())
    return longest if latin and len(longest) >= SHORTEST else ""


def _letters(sentence: str) -> str:
    return re.sub(r"[\W\d]+", " ", sentence.lower()).strip()


if __name__ == "__main__":
    main()
