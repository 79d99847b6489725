"""Trains a bundled network from scratch and writes its weights and its model card.

    python -m cnnviz_widgets.zoo.train digits
    python -m cnnviz_widgets.zoo.train photos --output photos.safetensors

The card stands beside the weights, with the suffix `.md`; its figures are those measured here.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

import jax
from flax import nnx

from .bundles import NAMES, architecture
from .training import RECIPES, Scores, evaluate, train
from .weights import save_weights

_CARDS = Path(__file__).parent / "cards"
_REPORTS = 24


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: `python -m cnnviz_widgets.zoo.train --help` says what it takes."""
    options = _parser().parse_args(arguments)
    recipe = RECIPES[options.name]
    steps = recipe.steps if options.steps is None else options.steps
    output = options.output or Path(f"{options.name}.safetensors")

    module = train(options.name, steps, options.seed, _progress(steps))
    scores = evaluate(module, architecture(options.name), recipe.held_out())
    for label, accuracy in scores.per_class.items():
        print(f"{label:>14} {accuracy:7.1%}")
    print(f"held-out accuracy {scores.accuracy:.2%} on {scores.examples} examples")

    output.parent.mkdir(parents=True, exist_ok=True)
    save_weights(module, output, half=recipe.half)
    card = output.with_suffix(".md")
    card.write_text(_card(options.name, module, scores, steps, options.seed), encoding="utf-8")
    print(f"wrote {output} and {card}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cnnviz_widgets.zoo.train", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("name", choices=NAMES, help="the network")
    parser.add_argument(
        "--output", type=Path, help="the weights file to write (default: NAME.safetensors, here)"
    )
    parser.add_argument("--steps", type=_positive, help="training steps (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=0, help="of all randomness (default: 0)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1 step, got {number}")
    return number


def _progress(steps: int) -> Callable[[int, float], None]:
    """Prints the mean loss since the last line, two dozen times over the whole run."""
    every, began = max(1, steps // _REPORTS), time.monotonic()
    losses: list[float] = []

    def report(step: int, loss: float) -> None:
        losses.append(loss)
        if step % every == 0 or step == steps:
            mean, seconds = sum(losses) / len(losses), time.monotonic() - began
            print(f"step {step:5} of {steps}   loss {mean:.4f}   {seconds:.0f} s", flush=True)
            losses.clear()

    return report


def _card(name: str, module: nnx.Module, scores: Scores, steps: int, seed: int) -> str:
    """The model card: the words in `cards/`, the figures as measured."""
    words = Template((_CARDS / f"{name}.md").read_text(encoding="utf-8"))
    rows = "\n".join(f"| {label} | {share:.1%} |" for label, share in scores.per_class.items())
    sizes = jax.tree.leaves(jax.tree.map(lambda array: array.size, nnx.state(module, nnx.Param)))
    return words.substitute(
        accuracy=f"{scores.accuracy:.2%}",
        examples=scores.examples,
        per_class=f"| class | accuracy |\n| --- | --- |\n{rows}",
        weakest=min(scores.per_class, key=scores.per_class.__getitem__),
        parameters=f"{sum(sizes):,}",
        steps=steps,
        seed=seed,
    )


if __name__ == "__main__":
    main()
