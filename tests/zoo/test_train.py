"""The training script, for a few steps."""

import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from cnnviz_widgets import zoo
from cnnviz_widgets.zoo.train import main


@pytest.mark.parametrize("name", zoo.NAMES)
def test_a_run_writes_weights_that_load_and_a_card(name, tmp_path, capsys):
    output = tmp_path / "new" / "w.safetensors"
    main([name, "--steps", "2", "--output", str(output)])
    printed = capsys.readouterr().out
    assert "step     2 of 2" in printed
    assert "held-out accuracy" in printed
    zoo.load_weights(zoo.build(name), output)
    zoo.save_weights(zoo.build(name), tmp_path / "untrained")
    trained, untrained = load_file(output), load_file(tmp_path / "untrained")
    assert all(np.isfinite(array).all() for array in trained.values())
    kernels = [name for name in trained if name.endswith("kernel")]
    assert kernels
    for name in kernels:
        assert not np.array_equal(trained[name], untrained[name])
    card = output.with_suffix(".md").read_text(encoding="utf-8")
    assert "--steps 2 --seed 0" in card
    assert "$" not in card


def test_the_same_seed_trains_the_same_network(tmp_path):
    def weights(seed, file):
        main(["digits", "--steps", "3", "--seed", str(seed), "--output", str(tmp_path / file)])
        return load_file(tmp_path / file)

    first, again, other = weights(1, "a"), weights(1, "b"), weights(2, "c")
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.array_equal(first["conv1/kernel"], other["conv1/kernel"])


def test_the_command_line_refuses_what_it_does_not_know(capsys):
    for wrong in (["faces"], ["digits", "--steps", "0"], ["digits", "--step-size", "1"]):
        with pytest.raises(SystemExit):
            main(wrong)
    assert "digits" in capsys.readouterr().err


def test_the_module_runs_as_a_script():
    ran = subprocess.run(
        [sys.executable, "-m", "cnnviz_widgets.zoo.train", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--output" in ran.stdout


def test_zoo_imports_no_widget_library_and_no_upper_floor():
    upper = tuple(f"cnnviz_widgets.{floor}" for floor in ("network", "methods", "live", "widgets"))
    forbidden = ("ipywidgets", "anywidget", "bqplot", "sklearn", "skimage", *upper)
    code = (
        "import sys; from cnnviz_widgets import zoo; zoo.pretrained('photos'); zoo.image('cat')\n"
        f"print([name for name in {forbidden} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
