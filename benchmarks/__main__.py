"""`make bench`: measures everything, or the suites named, and writes the results.

python -m benchmarks [gradients] [ascents] [lucent] [patches] [attribution] [pointing] [views]
                     [weights] [start] [training] [architecture] [embedding]
"""

import argparse

from benchmarks import report
from benchmarks.suites import (
    architecture,
    ascents,
    attribution,
    embedding,
    gradients,
    lucent,
    patches,
    pointing,
    start,
    training,
    views,
    weights,
)

SUITES = {
    "gradients": gradients.measure,
    "ascents": ascents.measure,
    "lucent": lucent.measure,
    "patches": patches.measure,
    "attribution": attribution.measure,
    "pointing": pointing.measure,
    "views": views.measure,
    "weights": weights.measure,
    "start": start.measure,
    "training": training.measure,
    "architecture": architecture.measure,
    "embedding": embedding.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="all, if left out")
    for name in parser.parse_args().suites or SUITES:
        report.save(name, SUITES[name]())


main()
