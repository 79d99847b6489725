"""The bundled networks by name: architecture, trained weights, classes and model card together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flax import nnx
from jaxtyping import Array, Float

from .images import PHOTOGRAPHS, unknown
from .models import DIGIT_CLASSES, DigitsCNN, DigitsGRU, PhotosCNN, SoundsCNN, TextsCNN
from .sounds import SOUND_LENGTH, sounds
from .texts import ID_COUNT, TEXT_LENGTH, languages, text
from .tokens import Tokens
from .vision_transformer import PhotosViT
from .weights import fill_streams, load_weights

WEIGHTS = Path(__file__).parent / "weights"

Tokenize = Callable[[str], Tokens]
Preprocess = Callable[[Float[Array, "n h w c"]], Float[Array, "n h w c"]]


@dataclass(frozen=True)
class Architecture:
    """What is known of a bundled network before it is trained.

    Attributes:
        build: makes the module with fresh weights.
        input_shape: (H, W, C) of one picture, (T, C) of one sound; `photos` and `sounds` take other
            sizes too.
        classes: what the outputs stand for, in order.
        preprocess: what to do with a batch of pictures in [0, 1] first, or None.
        value_range: of inputs that are no pictures.
        tokenize: what makes ids of a text, for a network that takes (T,) ids; else None.
    """

    build: Callable[[nnx.Rngs], nnx.Module]
    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    preprocess: Preprocess | None = None
    value_range: tuple[float, float] | None = None
    tokenize: Tokenize | None = None


@dataclass(frozen=True)
class Bundle:
    """A trained network and what is needed to use it.

    Attributes:
        module: the network in evaluation mode; ends in probabilities.
        input_shape: (H, W, C) of one picture, (T, C) of one sound; `photos` takes other sizes too,
            from 64x64 up, and `sounds` other lengths.
        classes: what the outputs stand for, in order.
        preprocess: what to do with a float32 batch (N, H, W, C) in [0, 1] first, or None.
        card: the model card in Markdown: data, licence, training, accuracy, limits.
        value_range: of inputs that are no pictures.
        tokenize: what makes ids of a text, for a network that takes (T,) int32 ids; else None.
    """

    module: nnx.Module
    input_shape: tuple[int, ...]
    classes: tuple[str, ...]
    preprocess: Preprocess | None
    card: str
    value_range: tuple[float, float] | None = None
    tokenize: Tokenize | None = None


def centred(batch: Float[Array, "n h w c"]) -> Float[Array, "n h w c"]:
    """Pictures in [0, 1] moved to [-2, 2], so that the padding's zero is a middle grey."""
    return (batch - 0.5) / 0.25


ARCHITECTURES = {
    "digits": Architecture(DigitsCNN, (28, 28, 1), DIGIT_CLASSES),
    "digits_gru": Architecture(DigitsGRU, (28, 28, 1), DIGIT_CLASSES),
    "photos": Architecture(
        lambda rngs: PhotosCNN(len(PHOTOGRAPHS), rngs), (128, 128, 3), PHOTOGRAPHS, centred
    ),
    "photos_vit": Architecture(
        lambda rngs: PhotosViT(len(PHOTOGRAPHS), rngs), (128, 128, 3), PHOTOGRAPHS, centred
    ),
    "sounds": Architecture(
        lambda rngs: SoundsCNN(len(sounds()), rngs),
        (SOUND_LENGTH, 1),
        sounds(),
        value_range=(-1.0, 1.0),
    ),
    "texts": Architecture(
        lambda rngs: TextsCNN(ID_COUNT, len(languages()), rngs),
        (TEXT_LENGTH,),
        languages(),
        tokenize=text,
    ),
}
NAMES = tuple(ARCHITECTURES)


def architecture(name: str) -> Architecture:
    """What is known of the network `name` before it is trained.

    Raises:
        ValueError: no network has this name; the message names the nearest ones.
    """
    if name not in ARCHITECTURES:
        raise ValueError(unknown("bundled network", name, NAMES))
    return ARCHITECTURES[name]


def build(name: str) -> nnx.Module:
    """A bundled network with fresh, untrained weights.

    Args:
        name: one of `NAMES`.

    Returns:
        The module, in training mode.

    Raises:
        ValueError: no network has this name; the message names the nearest ones.
    """
    return architecture(name).build(nnx.Rngs(0))


def pretrained(name: str) -> Bundle:
    """A bundled network with its trained weights.

    Args:
        name: one of `NAMES`.

    Returns:
        The network in evaluation mode, with its classes and its model card.

    Raises:
        ValueError: no network has this name; the message names the nearest ones.
        WeightsError: the installed weights are damaged.
    """
    known = architecture(name)
    module = nnx.eval_shape(lambda: build(name))  # draws no weights only to replace them
    load_weights(module, WEIGHTS / f"{name}.safetensors")
    fill_streams(module)
    module.eval()
    card = (WEIGHTS / f"{name}.md").read_text(encoding="utf-8")
    return Bundle(
        module, known.input_shape, known.classes, known.preprocess, card, known.value_range,
        known.tokenize,
    )  # fmt: skip
