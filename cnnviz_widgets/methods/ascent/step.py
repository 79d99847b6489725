"""One compiled step of an ascent: paint, transform, look, turn the parameters.

Everything static is hashable; weights, arguments, penalties and the draws are traced.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from ...network import InputError, Replay
from ..channels_last import channels_last
from ..objectives import INPUT, OF_THE_PICTURE, OPACITY, Form, Weighed
from .maco import Maco
from .parameterisations import Parameterisation
from .resampling import GREY, middle, resized
from .transforms import Transform, shifted
from .transparency import over, random_background


class Penalties(NamedTuple):
    """Weights of what is taken off the score. Traced: changing them compiles nothing."""

    l2: float
    total_variation: float


class Settings(NamedTuple):
    """All numbers of an ascent; others compile nothing.

    Attributes:
        weighed: the objective's weight and arguments.
        penalties: taken off the score.
        scale: what the optimiser's updates are multiplied by.
        steps: of the whole ascent.
        jitter: pixels by which the picture is shifted at most; `None` for a step without a shift.
    """

    weighed: Weighed
    penalties: Penalties
    scale: float
    steps: int
    jitter: int | None


class State(NamedTuple):
    """What changes from step to step.

    Attributes:
        parameters: of the pictures.
        optimizer: its memory.
        key: of the random numbers.
        step: number of the step.
        felt: (N, H, W), the sum of absolute gradients so far where an opacity is made of it.
    """

    parameters: Any
    optimizer: Any
    key: jax.Array
    step: Any
    felt: jax.Array | None


class Seen(NamedTuple):
    """What one step shows.

    Attributes:
        pictures: (N, H, W, C), before the step.
        scores: (N,), of them as transformed.
        opacity: (N, H, W), or `None`.
        dead: (N,), whether nothing of the gradient reached the picture.
    """

    pictures: Float[Array, "n h w c"]
    scores: Float[Array, " n"]
    opacity: Float[Array, "n h w"] | None
    dead: jax.Array


def begin(
    parameters: Any, optimizer: Any, key: jax.Array, shape: tuple[int, ...],
    parameterisation: Parameterisation,
) -> State:  # fmt: skip
    """The state before the first step."""
    felt = jnp.zeros(shape[:3]) if isinstance(parameterisation, Maco) else None
    return State(parameters, optimizer.init(parameters), key, jnp.zeros((), jnp.int32), felt)


def step(
    replay: Replay,
    state: State,
    settings: Settings,
    *,
    form: Form,
    shape: tuple[int, ...],
    window: tuple[int, int],
    sides: tuple[int, int],
    parameterisation: Parameterisation,
    transforms: Transform,
    optimizer: optax.GradientTransformation,
    ends: tuple[float, float] | None,
) -> tuple[Seen, State]:
    """What is there now, and the state one step on."""
    key, draw = jax.random.split(state.key)
    behind, drawn = jax.random.split(draw)
    progress = state.step / jnp.maximum(settings.steps - 1, 1)

    def loss(parameters: Any, nudge: jax.Array) -> tuple[jax.Array, Any]:
        painted = parameterisation.image(parameters, shape)
        picture, shown, opacity = painted, painted, None
        if painted.shape[-1] > shape[-1]:
            opacity = painted[..., -1]
            picture = over(painted, random_background(behind, shape))
            shown = over(painted, jnp.full(shape, GREY))
        moved = picture + nudge
        if settings.jitter is not None:
            first = jax.random.fold_in(drawn, 0)  # the draw of a first transform
            moved = shifted(moved, first, settings.jitter)
        seen = resized(middle(transforms(moved, drawn, progress), window), sides)
        if ends is not None:  # pictures are painted as the network takes them
            seen = ends[0] + (ends[1] - ends[0]) * seen
        values = looked_up(replay, seen, form, settings.weighed)
        reached = _scores(form, values, settings.weighed, picture, opacity)
        return _penalty(shown, settings.penalties) - reached.sum(), (shown, reached, opacity)

    nudge = jnp.zeros(shape)
    found = jax.grad(loss, argnums=(0, 1), has_aux=True)(state.parameters, nudge)
    (gradient, to_picture), (shown, reached, opacity) = found
    updates, memory = optimizer.update(gradient, state.optimizer, state.parameters)
    moved = jax.tree_util.tree_map(lambda p, u: p + settings.scale * u, state.parameters, updates)
    felt = state.felt
    if felt is not None:
        felt = felt + jnp.abs(to_picture).sum(-1)
        opacity = felt / jnp.maximum(felt.max((1, 2), keepdims=True), 1e-12)
    dead = ~(to_picture != 0).any((1, 2, 3))
    return Seen(shown, reached, opacity, dead), State(moved, memory, key, state.step + 1, felt)


def several_steps(
    replay: Replay, state: State, settings: Settings, count: jax.Array, **static: Any
) -> tuple[Seen, State]:
    """`count` steps in one compiled loop; `count` is traced, so any number serves."""
    seen, state = step(replay, state, settings, **static)
    body = lambda _, state: step(replay, state, settings, **static)[1]  # noqa: E731
    return seen, jax.lax.fori_loop(1, count, body, state)


def looked_up(
    replay: Replay, x: jax.Array, form: Form, weighed: Weighed
) -> dict[str, Float[Array, "n ..."]]:
    """What the objective needs of the network, channels last; only the channels that it needs."""
    wanted: dict[str, list[jax.Array] | None] = {}
    for name, channel in form.channels(weighed):
        if name in OF_THE_PICTURE:
            continue
        known = wanted.setdefault(name, [])
        if channel is None or known is None:
            wanted[name] = None
        else:
            known.append(jnp.reshape(channel, (-1,)))
    some = {
        name: None if known is None else jnp.concatenate(known) for name, known in wanted.items()
    }
    found = replay.channels(x, some) if some else {}
    return {name: channels_last(value, replay.layer(name)) for name, value in found.items()}


def _scores(
    form: Form, values: dict[str, jax.Array], weighed: Weighed, picture: jax.Array,
    opacity: jax.Array | None,
) -> Float[Array, " n"]:  # fmt: skip
    """One number for each picture, the mean over its copies where transforms made several."""
    count = picture.shape[0]
    opaque = jnp.ones((*picture.shape[:3], 1)) if opacity is None else opacity[..., None]
    own = {INPUT: picture, OPACITY: opaque}
    copies = {len(value) // count for value in values.values()} or {1}
    if copies == {1}:
        return _checked(form({**values, **own}, weighed), count)

    def of_one_copy(values: dict[str, jax.Array]) -> jax.Array:
        return _checked(form({**values, **own}, weighed), count)

    apart = {name: value.reshape(count, -1, *value.shape[1:]) for name, value in values.items()}
    return jax.vmap(of_one_copy, in_axes=1)(apart).mean(0)


def _checked(scores: Any, count: int) -> Float[Array, " n"]:
    scores = jnp.asarray(scores, jnp.float32)
    if scores.shape not in ((), (count,)):
        raise InputError(
            f"expected an objective of one number for each of {count} pictures, got shape "
            f"{scores.shape}. Take the mean over all axes but the first."
        )
    return jnp.broadcast_to(scores, (count,))


def _penalty(image: Float[Array, "n h w c"], penalties: Penalties) -> Float[Array, ""]:
    """Lucid's L2 (around grey) and total variation, as means so that size does not matter.

    The sum over pictures, so that each is held back alike however many there are.
    """
    grey = jnp.square(image - GREY).mean()
    one_row = image.shape[1] == 1  # of a sequence
    down = 0.0 if one_row else jnp.abs(image[:, 1:] - image[:, :-1]).mean()
    across = jnp.abs(image[:, :, 1:] - image[:, :, :-1]).mean()
    each = penalties.l2 * grey + penalties.total_variation * (down + across)
    return each * image.shape[0]
