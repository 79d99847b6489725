"""Makes the files in `pictures/` from pictures that come inside scikit-image and scikit-learn.

Run it as `python -m cnnviz_widgets.zoo.make_pictures [FOLDER]`; it needs both libraries, which
the package itself does not. It draws no random numbers and downloads nothing, so the same
versions of Pillow and of the two libraries give the same files.

Photographs are shrunk to at most 512 pixels on the longer side and kept as JPEG. The sheet of
digits shows only digits from the held-out fifth: the `digits` network has seen none of them.
`pictures/CREDITS.md` says where each picture comes from.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from .cells import compose
from .digits_data import held_out_digits
from .images import DIGIT_CELLS, PICTURES

LONGER_SIDE = 512
JPEG_QUALITY = 90

SOURCES = {
    "astronaut": "skimage/data/astronaut.png",
    "brick": "skimage/data/brick.png",
    "cat": "skimage/data/chelsea.png",
    "coffee": "skimage/data/coffee.png",
    "coins": "skimage/data/coins.png",
    "flower": "sklearn/datasets/images/flower.jpg",
    "galaxies": "skimage/data/hubble_deep_field.jpg",
    "grass": "skimage/data/grass.png",
    "gravel": "skimage/data/gravel.png",
    "moon": "skimage/data/moon.png",
    "motorcycle": "skimage/data/motorcycle_left.png",
    "photographer": "skimage/data/camera.png",
    "retina": "skimage/data/retina.jpg",
    "rocket": "skimage/data/rocket.jpg",
    "temple": "sklearn/datasets/images/china.jpg",
    "tissue": "skimage/data/ihc.png",
}


def photograph(source: Path) -> Image.Image:
    """The photograph at `source`, grey or RGB, at most 512 pixels on the longer side."""
    with Image.open(source) as picture:
        picture.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
        return Image.fromarray(np.asarray(picture))  # pixels only, no colour profile or comments


def digit_sheet() -> Image.Image:
    """The sheet of held-out handwritten digits: as `DIGIT_CELLS` says, one row for each class."""
    digits, labels = held_out_digits()
    unused = {str(label): iter(digits[labels == label, :, :, 0]) for label in range(10)}
    sheet = compose(DIGIT_CELLS, lambda label: next(unused[label]))
    return Image.fromarray(np.round(sheet * 255).astype(np.uint8))


def main() -> None:
    """Writes every picture into a folder (the package's own unless told otherwise)."""
    import skimage
    import sklearn

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=PICTURES)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    homes = {library.__name__: Path(library.__path__[0]) for library in (skimage, sklearn)}
    for name, source in SOURCES.items():
        library, inside = source.split("/", 1)
        photograph(homes[library] / inside).save(
            folder / f"{name}.jpg", quality=JPEG_QUALITY, subsampling=0, optimize=True
        )
    digit_sheet().save(folder / "digits.png", optimize=True)


if __name__ == "__main__":
    main()
