"""Every lesson runs, draws figures that can be saved, and its numbers prove its point."""

import importlib.util
import sys
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import runs
from kerasdl.data.music import chorales, read_midi

LESSONS = Path(__file__).parents[2] / "recipes" / "lessons"


def lesson(name):
    specification = importlib.util.spec_from_file_location(f"lesson_{name}", LESSONS / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[f"lesson_{name}"] = module
    specification.loader.exec_module(module)
    return module


def convolution(found):
    assert found["largest difference between the loops and Conv2D, of pixels up to 255"] < 0.01
    assert found["strongest response of the left-edge kernel at a left edge"] == 4 * 255
    assert found["its response where the picture is even"] == 0
    assert found["rows of a 32x32 picture after 3x3, stride 2, padding 1"] == 16


def gradient_descent(found):
    low, high, beyond, momentum = found.values()
    assert momentum < high < low < beyond
    assert beyond > 1000


def loss_functions(found):
    assert found["slope of cross entropy at a logit of -8, true class 1"] == pytest.approx(-1, abs=1e-3)
    assert found["slope of squared error there"] == pytest.approx(0, abs=1e-3)
    assert found["largest difference between softmax minus truth and autodiff"] < 1e-6


def backpropagation(found):
    """The numbers of Mazur's example."""
    assert found["loss at the beginning"] == pytest.approx(0.298371109, abs=1e-9)
    assert found["slope of the loss by w5"] == pytest.approx(0.082167041, abs=1e-9)
    assert found["largest difference of a slope from automatic differentiation"] < 1e-12
    assert found["loss after 1,000 steps"] < found["loss after one step"] < found["loss at the beginning"]


def activation_functions(found):
    name = "gradient of the first layer / of the last, "
    assert found[f"{name}relu"] > 0.05
    assert found[f"{name}sigmoid"] < 1e-5


def depth(found):
    assert found["largest difference between their outputs"] < 1e-4
    assert found["parameters of six folding layers, 32 teeth"] == 2 + 2 + 5 * 6 + 3
    assert found["parameters of one hidden layer, 32 teeth"] == 3 * 64 + 1


def initialization(found):
    small, glorot, he, large = found.values()
    assert small < 1e-6 < glorot < 0.01 < 0.3 < he < 3 < 1e6 < large


def universal_approximation(found):
    errors = list(found.values())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 10


def overfitting(found):
    assert found["RMSE of degree 9 on the training points"] < 1e-9 < found["RMSE of degree 3 on the training points"]
    assert found["RMSE of degree 9 on new points"] > found["RMSE of degree 3 on new points"]
    assert found["RMSE of the network on new points"] > 3 * found["RMSE of the network on the training points"]


def regularization(found):
    errors = {name: error for name, error in found.items() if name.startswith("RMSE to the sine")}
    assert max(errors, key=errors.get) == "RMSE to the sine, none"
    assert min(errors, key=errors.get) == "RMSE to the sine, ten times the data"


def residual_connections(found):
    assert found["training loss, 56 plain layers"] > found["training loss, 20 plain layers"] + 0.1
    assert found["training loss, 56 residual layers"] < found["training loss, 20 plain layers"] - 0.5


def lstm_gates(found):
    assert found["RMSE of the sum of two numbers from 0 to 1"] < 0.1
    assert found["mean move of the cell state at marked steps / at others"] > 2


def lstm_memory(found):
    name = "RMSE over 60 steps, "
    assert found[f"{name}LSTM"] < 0.15
    assert found[f"{name}simple recurrent network"] > 2 * found[f"{name}LSTM"]


def normalization(found):
    assert found["accuracy, batch_renorm, batches of 4"] > found["accuracy, batch, batches of 4"] + 0.02
    assert found["accuracy, layer, batches of 4"] > found["accuracy, batch, batches of 4"] + 0.05
    assert found["accuracy, batch, batches of 32"] > 0.9


def batch_size(found):
    assert found["milliseconds an epoch, batches of 8"] > 2 * found["milliseconds an epoch, batches of 128"]
    assert found["validation accuracy, batches of 32"] > found["validation accuracy, batches of 1437"]


def scaling(found):
    assert found["accuracy, logistic regression, 30 samples"] > found["accuracy, MLP, 30 samples"]
    assert found["accuracy, MLP, 10,000 samples"] > found["accuracy, logistic regression, 10,000 samples"] + 0.1
    assert found["accuracy, MLP, 10,000 samples"] > found["accuracy, MLP, 1,000 samples"] + 0.01


def devices(found):
    assert (
        found["billion operations a second, width 1024, CPU"] > 2 * found["billion operations a second, width 32, CPU"]
    )


def translation(found):
    assert found["share of test dates that are right in every letter"] > 0.99


def music(found):
    network, counted, least = (each for name, each in found.items() if name.startswith("nats"))
    assert least < network < 3 * least
    assert counted > 5 * network
    written, trained = (each for name, each in found.items() if name.startswith("consonant"))
    assert written > trained - 0.05


def playground(found):
    assert min(found.values()) > 0.8


PROOFS = {each.__name__: each for each in (
    convolution, gradient_descent, loss_functions, backpropagation, activation_functions, depth, initialization,
    universal_approximation, overfitting, regularization, residual_connections, lstm_gates, lstm_memory, normalization,
    batch_size, scaling, devices, translation, music, playground,
)}  # fmt: skip
QUICK = {"convolution", "gradient_descent", "loss_functions", "backpropagation"}


def test_every_lesson_is_here():
    assert {path.stem for path in LESSONS.glob("*.py")} == set(PROOFS)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in PROOFS]
)
def test_the_numbers_prove_the_point(name):
    module = lesson(name)
    options = getattr(module, "Options", runs.LessonOptions)()
    keras.utils.set_random_seed(0)
    found = module.main(options)
    PROOFS[name](found.numbers)
    assert found.point
    assert all(figure.png.startswith(b"\x89PNG") for figure in found.figures.values())
    assert found.figures


def ends(voice):
    return voice[voice > 0].min(), voice.max()


@pytest.mark.slow
def test_chorales_are_learned_and_written_in_the_ranges_of_their_voices(real_data, tmp_path):
    with tarfile.open(real_data / "jsb_chorales/jsb_chorales.tgz") as archive:
        archive.extractall(tmp_path, filter="data")
    module, folder = lesson("music"), tmp_path / "jsb_chorales"
    keras.utils.set_random_seed(0)
    found = module.main(module.Options(data=folder, units=256, dropout=0.3, epochs=4))
    network, counted = (each for name, each in found.numbers.items() if name.startswith("nats"))
    # An LSTM that predicts the notes of a quarter independently of each other has 8.33 (arXiv:2108.00527).
    assert network < 5.4
    assert counted > 9
    written, trained = (each for name, each in found.numbers.items() if name.startswith("consonant"))
    assert written > trained - 0.05
    notes, bach = read_midi(found.files["music.mid"]), np.concatenate(chorales(folder / "train"))
    assert notes.shape == (64, 4)
    assert (notes[:8] == chorales(folder / "test")[0][:8]).all()
    for voice, sung in zip(notes.T, bach.T, strict=True):
        # Transposed in training by up to five semitones down and six up.
        assert ends(sung)[0] - 5 <= ends(voice)[0]
        assert ends(voice)[1] <= ends(sung)[1] + 6


@pytest.mark.parametrize("path", sorted(LESSONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_lesson_is_short(path):
    assert len(path.read_text().splitlines()) <= 80
