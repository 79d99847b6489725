"""Whether the default preset fires every channel as much as the strongest of 10,000 patches."""

from benchmarks.ascent_against_patches import compared
from benchmarks.measured import Measured

PATCHES = 10_000
NETWORKS = ("digits", "photos")


def measure() -> list[Measured]:
    """A row for each network."""
    return [_row(name) for name in NETWORKS]


def _row(name: str) -> Measured:
    layers = []
    for layer in compared(name, patches=PATCHES):
        print(f"    {name} {layer}", flush=True)  # it takes long
        layers.append(layer)
    share, least = min((100 * layer.above / layer.total, layer.name) for layer in layers)
    above, total = sum(layer.above for layer in layers), sum(layer.total for layer in layers)
    rest = "; ".join(str(layer) for layer in layers if layer.below or layer.dead)
    return Measured(
        f'Channels of "{name}" that the default preset fires as much as the strongest of '
        f"{PATCHES:,} real patches (to a thousandth), or more, in the layer with the fewest",
        "%",
        share,
        95.0,
        more_is_better=True,
        details=f"{least}; {above} of {total} over {len(layers)} layers; {rest or 'none short'}",
    )
