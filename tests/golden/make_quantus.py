"""Makes quantus.npz: what Quantus gives for a small network.

    pip install torch==2.15.0 quantus==0.6.0; python tests/golden/make_quantus.py

Arrays are in the order of JAX: images NHWC, kernels HWIO, dense matrices (inputs, outputs). Images
are grey, as Quantus perturbs channels one by one and we perturb pixels. What Quantus draws at
random is kept with the results, so that it can be given to ours.
"""

import warnings
from pathlib import Path

import numpy as np
import quantus
import torch
from quantus.functions.perturb_func import (
    batch_baseline_replacement_by_indices,
    noisy_linear_imputation,
)
from torch import nn

ROWS, COLUMNS, SUBSET, RUNS, PATCH = 8, 8, 12, 30, 4
BLACK = 0.0  # what Quantus calls "black" is the least value of the batch
LOGITS = {"softmax": False, "device": "cpu", "channel_first": True}

warnings.simplefilter("ignore")  # of NumPy, in Quantus


class Plain(nn.Module):
    """A convolution, the mean over places, two dense layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3, padding=1)
        self.hidden = nn.Linear(6, 8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv(x)).mean((2, 3))
        return self.head(torch.relu(self.hidden(x)))


def gradient(model: nn.Module, inputs: np.ndarray, targets: np.ndarray, **_) -> np.ndarray:
    x = torch.tensor(np.asarray(inputs), dtype=torch.float32, requires_grad=True)
    scores = model(x)[torch.arange(len(x)), torch.as_tensor(np.asarray(targets))]
    (found,) = torch.autograd.grad(scores.sum(), x)
    return found.numpy()


def jax_order(value: torch.Tensor) -> np.ndarray:
    order = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}[value.ndim]
    return value.detach().numpy().transpose(order)


def main() -> None:
    torch.manual_seed(0)
    model = Plain().eval()
    for parameter in model.parameters():  # so that the classes differ by much
        parameter.data *= 3
    x = torch.rand(3, 1, ROWS, COLUMNS).numpy()
    y = np.array([0, 3, 4])
    random = np.random.default_rng(0)
    values = random.normal(size=x.shape).astype(np.float32)
    mask = np.zeros(x.shape, bool)
    mask[0, :, 2:5, 1:6], mask[1, :, :3, :], mask[2, :, 5, 5] = True, True, True
    grad = gradient(model, x, y)
    found: dict[str, np.ndarray] = {
        "x": x.transpose(0, 2, 3, 1),
        "target": y,
        "values": values[:, 0],
        "mask": mask[:, 0],
        "gradient": grad[:, 0],
        "logits": model(torch.tensor(x)).detach().numpy(),
    }
    for key, value in model.state_dict().items():
        found[f"weights/{key}"] = jax_order(value)

    common = {"normalise": False, "abs": False, "disable_warnings": True}
    with_values = {"model": model, "x_batch": x, "y_batch": y, "a_batch": values, **LOGITS}

    flipping = quantus.PixelFlipping(features_in_step=1, perturb_baseline=BLACK, **common)
    found["pixel_flipping_curve"] = np.asarray(flipping(**with_values))

    found["sparseness"] = np.asarray(
        quantus.Sparseness(normalise=False, abs=True, disable_warnings=True)(
            **{**with_values, "a_batch": np.abs(values)}
        )
    )
    shown = {**with_values, "a_batch": np.abs(values), "s_batch": mask}
    found["relevance_mass"] = np.asarray(quantus.RelevanceMassAccuracy(**common)(**shown))
    found["relevance_rank"] = np.asarray(
        quantus.RelevanceRankAccuracy(**common)(**{**shown, "a_batch": values})
    )
    found["pointing_game"] = np.asarray(
        quantus.PointingGame(**common)(**{**shown, "a_batch": values}), np.float32
    )

    # Quantus only says whether the sum is the difference; the difference passes output_func.
    differences: list[np.ndarray] = []

    def output(difference: np.ndarray) -> np.ndarray:
        differences.append(np.asarray(difference))
        return difference

    quantus.Completeness(output_func=output, perturb_baseline=BLACK, **common)(**with_values)
    found["completeness_difference"] = np.concatenate([np.atleast_1d(d) for d in differences])

    subsets, correlations = [], []
    for k in range(len(x)):  # alone, so that every image gets the same subsets
        drawn: list[np.ndarray] = []

        def replace(arr: np.ndarray, indices: np.ndarray, drawn=drawn, **options) -> np.ndarray:
            drawn.append(np.asarray(indices)[0])
            return batch_baseline_replacement_by_indices(arr, indices, **options)

        np.random.seed(0)  # noqa: NPY002
        metric = quantus.FaithfulnessCorrelation(
            nr_runs=RUNS, subset_size=SUBSET, perturb_func=replace, perturb_baseline=BLACK,
            return_aggregate=False, **common,
        )  # fmt: skip
        one = slice(k, k + 1)
        given = {"x_batch": x[one], "y_batch": y[one], "a_batch": values[one]}
        correlations.append(metric(model=model, **given, **LOGITS)[0])
        subsets.append(np.stack(drawn))
    assert all((each == subsets[0]).all() for each in subsets)
    masks = np.zeros((RUNS, ROWS * COLUMNS), bool)
    np.put_along_axis(masks, subsets[0], True, 1)
    found["subsets"] = masks.reshape(RUNS, ROWS, COLUMNS)
    found["faithfulness_correlation"] = np.asarray(correlations)

    # Blocks go black one after the other, and stay black.
    metric = quantus.Infidelity(
        perturb_patch_sizes=[PATCH], n_perturb_samples=1, perturb_baseline=BLACK, **common
    )
    found["infidelity"] = np.asarray(metric(**{**with_values, "a_batch": grad}))

    noise: list[np.ndarray] = []

    def add(arr: np.ndarray, indices: np.ndarray, **_) -> np.ndarray:
        drawn = random.uniform(-0.1, 0.1, arr.shape).astype(np.float32)
        noise.append((np.clip(arr + drawn, 0, 1) - arr).reshape(x.shape))
        return arr + noise[-1].reshape(arr.shape)

    metric = quantus.MaxSensitivity(nr_samples=6, perturb_func=add, **common)
    found["max_sensitivity"] = np.asarray(
        metric(**{**with_values, "a_batch": grad}, explain_func=gradient)
    )
    found["noise"] = np.stack(noise).transpose(0, 1, 3, 4, 2)

    # ROAD counts in Quantus how often the class stays the largest; its imputation is what we share.
    picture = random.random((3, 9, 7)).astype(np.float32)
    order = random.permutation(9 * 7)
    found["picture"] = picture.transpose(1, 2, 0)
    for count in (5, 30, 57):
        imputed = noisy_linear_imputation(picture, order[:count], noise=0.0)
        found[f"imputed/{count}"] = np.asarray(imputed).reshape(3, 9, 7).transpose(1, 2, 0)
        gone = np.zeros(9 * 7, bool)
        gone[order[:count]] = True
        found[f"missing/{count}"] = gone.reshape(9, 7)

    np.savez_compressed(Path(__file__).with_name("quantus.npz"), **found)
    for key, value in found.items():
        if not key.startswith("weights"):
            print(key, value.shape, np.ravel(value)[:3])


main()
