"""What a page makes of a frame of `Operation`: from its numbers alone."""

from typing import Any

import numpy as np
import pytest


def assert_adds_up(frame: dict[str, Any], tolerance: float = 1e-4) -> set[str]:
    """All that is shown adds up, step by step, to the activation; returns the kinds of step."""
    numbers = np.frombuffer(frame["numbers"], "<f8")
    near = {"rel": tolerance, "abs": tolerance, "nan_ok": True}
    steps = [*frame["steps"], *frame["then"]]
    for step in steps:
        found = _RESULTS.get(step["kind"], _as_given)(step, numbers)
        assert found == pytest.approx(float(step["result"]), **near), step
    assert float(frame["steps"][-1]["result"]) == pytest.approx(float(frame["value"]), **near)
    return {step["kind"] for step in steps}


def read(numbers: np.ndarray, span: list[int]) -> np.ndarray:
    start, count = span
    assert start + count <= len(numbers)
    return numbers[start : start + count]


def _as_given(step: dict[str, Any], _: np.ndarray) -> float:
    return float(step["result"])


def _after(total: float, tail: list[list[Any]]) -> float:
    compute = {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "subtract_from": lambda a, b: b - a,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "divide_into": lambda a, b: b / a,
        "maximum": max,
        "minimum": min,
    }
    for operation, operand, outcome in tail:
        total = float(outcome) if operand is None else compute[operation](total, float(operand))
    return total


def _convolution(step: dict[str, Any], numbers: np.ndarray) -> float:
    window, kernel, products = (read(numbers, step[k]) for k in ("window", "kernel", "products"))
    assert len(window) == len(kernel) == len(products) == len(step["states"])
    np.testing.assert_allclose(window * kernel, products)
    assert products.sum() == pytest.approx(step["sum"])
    sums = read(numbers, step["sums"])
    assert len(sums) == len(step["channels"]) <= step["count"]
    assert sums[step["channels"].index(step["open"])] == pytest.approx(step["sum"])
    assert sums.sum() + step["rest"] == pytest.approx(step["total"])
    return _after(sums.sum() + step["rest"], step["tail"])


def _dense(step: dict[str, Any], numbers: np.ndarray) -> float:
    inputs, weights, products = (read(numbers, step[k]) for k in ("inputs", "weights", "products"))
    np.testing.assert_allclose(inputs * weights, products)
    return _after(products.sum() + step["rest"], step["tail"])


def _activation(step: dict[str, Any], numbers: np.ndarray) -> float:
    xs, ys = read(numbers, step["xs"]), read(numbers, step["ys"])
    at = np.interp(step["input"], xs, ys)
    assert abs(at - step["result"]) <= np.abs(np.diff(ys)).max() + 1e-4
    return float(step["result"])


def _softmax(step: dict[str, Any], numbers: np.ndarray) -> float:
    inputs = read(numbers, step["inputs"])
    powers = np.exp(inputs - inputs.max())
    assert powers.sum() == pytest.approx(step["total"])
    share = powers[step["number"]] / powers.sum()
    assert step["number"] in step["listed"]
    return float(np.log(share)) if step["logarithm"] else float(share)


def _pool(step: dict[str, Any], numbers: np.ndarray) -> float:
    window, states = read(numbers, step["window"]), np.asarray(step["states"])
    if not len(window):
        return _after(step["total"], step["tail"])
    inside = window[states == 0]
    assert step["count"] == len(inside)
    total = {"max": np.max, "min": np.min, "sum": np.sum}[step["how"]](inside)
    if step["winner"] is not None:
        assert states[step["winner"]] == 0
        assert window[step["winner"]] == total
    return _after(total, step["tail"])


def _scaling(step: dict[str, Any], _: np.ndarray) -> float:
    return _after(step["input"], step["tail"])


def _combination(step: dict[str, Any], _: np.ndarray) -> float:
    terms = [float(value) for _, value in step["terms"]]
    if step["operation"] in ("add", "add_any"):
        assert sum(terms) == pytest.approx(step["total"], rel=1e-5, abs=1e-6)
    return _after(step["total"], step["tail"])


_RESULTS = {
    "convolution": _convolution,
    "dense": _dense,
    "activation": _activation,
    "softmax": _softmax,
    "pool": _pool,
    "scaling": _scaling,
    "combination": _combination,
}
