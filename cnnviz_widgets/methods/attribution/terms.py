"""What the parts of an input are called: pixels of an image, samples of a sound, letters of a text.

A network tells by its input what it reads; words for people follow it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...network import Network


@dataclass(frozen=True)
class Terms:
    """Words for what a network reads.

    Attributes:
        place: one part of the input that gets a value.
        places: several of them.
        whole: one input.
        wholes: several of them.
        nothing: places that hold nothing, as the usual baseline does.
        detail: what the first layers see.
        it: the pronoun of `detail`.
    """

    place: str
    places: str
    whole: str
    wholes: str
    nothing: str
    detail: str
    it: str = "them"


PICTURE = Terms("pixel", "pixels", "image", "images", "black pixels", "the image's edges")
SOUND = Terms("sample", "samples", "sound", "sounds", "silent samples", "the sound's onsets")
SEQUENCE = Terms("step", "steps", "sequence", "sequences", "steps of zeros", "the sequence's jumps")
VECTOR = Terms("value", "values", "input", "inputs", "values of zero", "the input's largest values")
LETTERS = Terms(
    "letter", "letters", "text", "texts", "letters whose vectors are zero", "striking letters"
)
TOKENS = Terms(
    "token", "tokens", "text", "texts", "tokens whose vectors are zero", "striking tokens"
)


def terms(net: Network) -> Terms:
    """The words for what a network reads.

    A sequence of one value a step counts as a sound. A text has letters where the network's
    `tokenize` gives one token for each character, else tokens.

    Example:
        >>> terms(cw.load("sounds")).places
        'samples'
    """
    if net.lookup is not None:
        spelt = net.tokenize is not None and all(len(x) == 1 for x in net.tokens("ab").labels)
        return LETTERS if spelt else TOKENS
    shape = net.input_shape
    if len(shape) == 3:
        return PICTURE
    if len(shape) == 2:
        return SOUND if shape[-1] == 1 else SEQUENCE
    return VECTOR
