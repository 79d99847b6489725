"""What watching a training costs: the same loop with and without a view, in turns."""

import time
from collections.abc import Callable

import jax
import numpy as np
import optax
from flax import nnx

import cnnviz_widgets as cw
from benchmarks import machine
from benchmarks.measured import Measured
from cnnviz_widgets.zoo import digits_data
from cnnviz_widgets.zoo.models import DigitsCNN

STEPS = 300
ROUNDS = 7


def measure() -> list[Measured]:
    """The rows of this suite."""
    make_step, images, labels = _training()
    watch = cw.Training(DigitsCNN(nnx.Rngs(0)), images[:16], labels[:16], unit="conv2:5")
    watch.wait(600)
    alone, watched = _loop(make_step, images, labels, None), _loop(make_step, images, labels, watch)
    alone()
    watched()  # compiles
    ratios, looks = [], len(watch.kept)
    while len(ratios) < ROUNDS:
        found, share = machine.shared(lambda: (alone(), watched(), watched(), alone()))
        if share <= machine.QUIET or len(ratios) < ROUNDS // 2:
            first, second, third, fourth = found
            ratios.append((second + third) / (first + fourth))
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    details = (
        f"CNN for digits, batches of 64, {STEPS} steps a run, default settings, no page; half of "
        f"{ROUNDS} rounds {100 * (low - 1):.1f} to {100 * (high - 1):.1f} %; {len(watch.kept)} "
        f"networks kept since the first run had {looks}; the view's own account is "
        f"{100 * watch.cost:.1f} %"
    )
    what = "Watching a training, share of its time"
    return [Measured(what, "%", 100 * (middle - 1), 5.0, details=details)]


def _training() -> tuple[Callable[[], Callable], np.ndarray, np.ndarray]:
    images, labels = digits_data.training_digits()
    graph, params = nnx.split(DigitsCNN(nnx.Rngs(0)))
    optimizer = optax.adam(1e-3)

    @jax.jit
    def step(params, memory, x, y):
        def loss(params):
            logits = nnx.merge(graph, params).logits(x)
            value = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
            return value, (logits.argmax(-1) == y).mean()

        (value, right), grads = jax.value_and_grad(loss, has_aux=True)(params)
        updates, memory = optimizer.update(grads, memory, params)
        return optax.apply_updates(params, updates), memory, value, right, grads

    def make() -> Callable:
        state = [params, optimizer.init(params)]

        def advance(x, y):
            state[0], state[1], *told = step(*state, x, y)
            return state[0], *told

        return advance

    return make, images, labels


def _loop(
    make_step: Callable[[], Callable],
    images: np.ndarray,
    labels: np.ndarray,
    watch: cw.Training | None,
) -> Callable[[], float]:
    def run() -> float:
        step, rng = make_step(), np.random.default_rng(0)
        start, params = time.perf_counter(), None
        for _ in range(STEPS):
            chosen = rng.choice(len(images), 64, replace=False)
            params, loss, accuracy, grads = step(images[chosen], labels[chosen])
            if watch is not None:
                watch.step(params, loss=loss, accuracy=accuracy, grads=grads)
        jax.block_until_ready(params)
        if watch is not None:
            watch.end()
        return time.perf_counter() - start

    return run
