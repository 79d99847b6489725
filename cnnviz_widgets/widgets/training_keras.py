"""Keras's side of `Training`: a callback for `model.fit`.

While Keras trains on JAX, the newest weights live in its trainer and the model holds none; before
a look the trainer is asked to hand them back, which it does only then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from .training import Training


class WatchTraining(keras.callbacks.Callback):
    """Tells a `Training` of every batch.

    Loss and metrics are Keras's own, which are means over the epoch so far; those on validation
    data come at the end of each epoch.

    Args:
        watch: the view.
    """

    def __init__(self, watch: Training) -> None:
        super().__init__()
        self._watch = watch

    def on_train_batch_end(
        self,
        batch: int,  # noqa: ARG002
        logs: dict[str, Any] | None = None,
    ) -> None:
        """A step was made."""
        self._watch._advance(self._read, dict(logs or {}))

    def on_epoch_end(
        self,
        epoch: int,  # noqa: ARG002
        logs: dict[str, Any] | None = None,
    ) -> None:
        """Validation is done."""
        found = {name: value for name, value in (logs or {}).items() if name.startswith("val_")}
        self._watch._record.note(self._watch._record.step, found)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """The training is over."""
        self._watch.end()

    def _read(self) -> Any:
        model: Any = self.model
        model.jax_state_sync()
        return model


def callback(watch: Training) -> WatchTraining:
    """A callback that tells `watch` of every batch."""
    return WatchTraining(watch)
