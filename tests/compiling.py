"""What XLA compiles."""

import contextlib
import logging
from collections.abc import Iterator

import jax


@contextlib.contextmanager
def compilations() -> Iterator[list[str]]:
    """The names of the functions that XLA compiles meanwhile."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Finished XLA compilation of" in record.getMessage():
                found.append(record.getMessage())

    logger, handler = logging.getLogger("jax"), Handler()
    level, passes_on = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    with jax.log_compiles():
        yield found
    logger.removeHandler(handler)
    logger.setLevel(level)
    logger.propagate = passes_on
