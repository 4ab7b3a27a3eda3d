"""What the tests share. Two logical CPUs stand in for two devices; they must exist before TensorFlow does anything."""

import kerasdl  # isort: skip
import gc
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import precision
from hypothesis import settings
from kerasdl.distribute import MirroredStrategy

ROOT = Path(__file__).parents[1]

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)

# No test is timed: the first example may trace, and other work may slow any.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config):
    """Shorter traces and compilations for the suite; `make test-all` has those of users.

    Keras traces a step twice if the optimizer makes its variables in the first: here it has them before. Neither XLA
    nor TensorFlow need optimize a graph that runs a few times.
    """
    if config.option.markexpr != "not slow":
        return
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    make = keras.Model.make_train_function

    def make_train_function(model, force=False):
        optimizer = model.optimizer
        if model.built and optimizer and not (optimizer.built or model.run_eagerly):
            with model.distribute_strategy.scope():
                optimizer.build(model.trainable_variables)
        return make(model, force)

    keras.Model.make_train_function = make_train_function


@pytest.fixture(autouse=True)
def _fresh_keras():
    """Each test begins with the same seed and policy, whatever the one before did."""
    keras.utils.set_random_seed(0)
    yield
    keras.mixed_precision.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def _no_old_iterators():
    """Destroys the test's tf.data iterators while they are young.

    A model and its iterator refer to each other, so they wait for the garbage collector. TensorFlow's destructor of an
    iterator waits for its autotuning thread, which sleeps ever longer, up to a minute. What exists before the test is
    left out of the collection, which then takes milliseconds.
    """
    gc.freeze()
    yield
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """What is remembered from run to run lies apart from the user's."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _float32():
    """`--precision auto` is float32 on every CPU: with AMX it would be measured."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(precision, "cpu_flags", frozenset)
        yield


@pytest.fixture(scope="session")
def two_devices():
    """The one MirroredStrategy of the process: a second one can die with a collective shape mismatch."""
    return MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture
def second_of_two(monkeypatch):
    """This process is told that it is not the chief."""
    task = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}'
    monkeypatch.setenv("TF_CONFIG", task)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data that KERASDL_DATA names."""
    if "KERASDL_DATA" not in os.environ:
        pytest.skip("KERASDL_DATA does not name a folder of real data")
    return Path(os.environ["KERASDL_DATA"])


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site of documentation, which all workers share; a warning of Sphinx is an error."""
    pytest.importorskip("sphinx")
    import fcntl

    shared = tmp_path_factory.getbasetemp()
    folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "objects.inv").exists():
            options = ["--nitpicky", "--fail-on-warning", "--keep-going", "--quiet"]
            command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(folder)]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def _needs_gpu(request):
    if request.node.get_closest_marker("gpu") and not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU")


@pytest.fixture
def image_folder(tmp_path):
    """Makes a folder of PNG images: image_folder({"train/cat": 3, "valid/cat": 2}, size=(8, 10))."""

    def make(counts: dict[str, int], size: tuple[int, int] = (8, 8), suffix: str = "png") -> Path:
        random = np.random.default_rng(0)
        for folder, count in counts.items():
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            for index in range(count):
                pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
                encode = tf.io.encode_png if suffix == "png" else tf.io.encode_jpeg
                tf.io.write_file(str(tmp_path / folder / f"{index}.{suffix}"), encode(pixels))
        return tmp_path

    return make


assert kerasdl
