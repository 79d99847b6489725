"""What a user gets: the wheel and the sdist hold all they must, and the wheel alone works."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import frontend

ROOT = Path(__file__).parent.parent
VIEWS = (
    "activation-atlas",
    "activations",
    "architecture",
    "attention",
    "attribution",
    "deconvolution",
    "deep-dream",
    "embedding",
    "feature-maps",
    "gradient-ascent",
    "image-chooser",
    "intervention",
    "layer-list",
    "operation",
    "weights",
)
STATIC = {f"cnnviz_widgets/static/{view}.{kind}" for view in VIEWS for kind in ("js", "css")}
DRAW = """
import base64
import cnnviz_widgets as cw

net = cw.load("digits")
view = cw.FeatureMaps(net, net.fit(cw.image("digits")))
[bundle, *_] = [view._repr_mimebundle_()]
data = bundle[0] if isinstance(bundle, tuple) else bundle
assert base64.b64decode(data["image/png"]).startswith(bytes([137]) + b"PNG")
assert "application/vnd.jupyter.widget-view+json" in data
view.close()
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def in_wheel(dist: Path) -> set[str]:
    with zipfile.ZipFile(only(dist, "*.whl")) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def in_sdist(dist: Path) -> set[str]:
    with tarfile.open(only(dist, "*.tar.gz")) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path


def of_package() -> set[str]:
    """All that lies in the package's folder of the working tree."""
    files = {path for path in (ROOT / "cnnviz_widgets").rglob("*") if path.is_file()}
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def test_wheel_holds_the_front_end(in_wheel: set[str]):
    assert in_wheel >= STATIC


def test_wheel_holds_weights_pictures_and_model_cards(in_wheel: set[str]):
    kinds = {Path(name).suffix for name in in_wheel if name.startswith("cnnviz_widgets/zoo/")}
    assert kinds >= {".safetensors", ".jpg", ".md"}


def test_wheel_holds_the_package_and_nothing_else(in_wheel: set[str]):
    about = {name for name in in_wheel if ".dist-info/" in name}
    assert any(name.endswith("licenses/LICENSE") for name in about)
    assert in_wheel - about == of_package()


def test_sdist_holds_what_a_build_and_the_tests_need(in_sdist: set[str]):
    assert in_sdist >= of_package()
    assert in_sdist >= {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "hatch_build.py",
        "js/package-lock.json",
        "notebooks/quickstart.ipynb",
        "pyproject.toml",
        "tests/conftest.py",
        "tools/frontend.py",
    }
    assert not any("node_modules" in name or "__pycache__" in name for name in in_sdist)


def test_sdist_needs_no_node(dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with tarfile.open(only(dist, "*.tar.gz")) as sdist:
        sdist.extractall(tmp_path, filter="data")
    unpacked = only(tmp_path, "cnnviz_widgets-*")
    monkeypatch.setattr(frontend, "JS", unpacked / "js")
    monkeypatch.setattr(frontend, "STATIC", unpacked / "cnnviz_widgets" / "static")
    assert frontend.is_fresh()


def test_installed_wheel_draws_a_view(dist: Path, tmp_path: Path):
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv)
    python = venv / "bin" / "python"
    run(python, "-m", "pip", "install", only(dist, "*.whl"))
    run(python, "-c", DRAW, cwd=tmp_path, env={**os.environ, "JAX_PLATFORMS": "cpu"})
