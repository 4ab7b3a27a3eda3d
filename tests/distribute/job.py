"""A training that each worker of a test runs: `python -m tests.distribute.job FOLDER OPTIONS`, options as JSON."""

import kerasdl  # isort: skip
import json
import os
import sys
import time
from pathlib import Path

import keras
import numpy as np
from kerasdl import callbacks, distribute, models, optimizers
from kerasdl.data import images


def data_of(kind, *, count=50, batch_size=12):
    """Images of noise, four fifths of them for training; or a pipeline of the contracts."""
    if kind != "images":
        from tests.contracts import ALL_PIPELINES  # which make tensors

        return ALL_PIPELINES[kind]()
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    labels = random.integers(0, 3, count)
    return images.from_arrays(pixels, labels, classes=list("abc"), batch_size=batch_size, augment=None)


def network(kind, data):
    """A model without dropout; with BatchNormalization if it is not recurrent."""
    match kind:
        case "images":
            return models.resnet(data.shape, 3, depths=(1,), widths=(4,), stem="small", preprocess="symmetric")
        case "classes of a table":
            return models.tabular(data.cardinalities, data.numbers, classes=3, hidden=(8,))
        case "series":
            return models.forecaster((data.lookback, len(data.channels)), data.outputs, horizon=2, units=(4,))
        case "streams of tokens":
            return models.language_model(len(data.vocabulary), batch_size=8, embedding=4, units=5, depth=1)
        case "documents":
            return models.text_classifier(len(data.vocabulary), 3, embedding=4, units=(4,), hidden=(), drop_mult=0)
    raise ValueError(kind)


def main(folder, *, kind="images", epochs=3, every_steps=None, find=False, averaged=False, epsilon=1e-7, **sizes):
    """Train, and save what was found."""
    strategy = distribute.strategy()
    keras.utils.set_random_seed(0)
    data = data_of(kind, **sizes)
    with strategy.scope():
        model = network(kind, data)
        groups = [{"match": "(stem|stage1)", "lr": 0.5}]
        averaging = {"use_ema": averaged, "ema_momentum": 0.9}
        optimizer = optimizers.AdamW(weight_decay=0.01, groups=groups, epsilon=epsilon, **averaging)
        model.compile(optimizer, data.loss, metrics=data.metrics)
    found = {}
    if find:
        found["losses of the range test"] = kerasdl.lr_find(model, data.train, num_steps=12, verbose=0).losses
    steps = callbacks.StepScalars(Path(folder) / "logs")
    policy = [callbacks.OneCycle(0.003), callbacks.StopOnNonFinite(), steps]
    if find:
        policy.append(callbacks.GradualUnfreezing([1]))
    if every_steps:
        policy.append(callbacks.Resume(Path(folder) / "checkpoints", every_minutes=None, every_steps=every_steps))
    history = model.fit(
        data.train, validation_data=data.valid, epochs=epochs, callbacks=policy, verbose=0, shuffle=False
    ).history
    # What the rows of each device have is its own.
    weights = [each for each in model.weights if each.synchronization != "on_read"]
    found |= {f"weight {each.path}": np.array(keras.ops.convert_to_numpy(each)) for each in weights}
    found |= {f"history {name}": np.array(values) for name, values in history.items()}
    found["losses of steps"] = np.array(steps.history["loss"])
    found["predictions"] = model.predict(data.valid, verbose=0)
    found["predictions of a batch"] = model.predict_on_batch(next(iter(data.valid))[0])
    np.savez(Path(folder) / f"worker{distribute.worker()}.npz", **found)
    return found


def result(folder, worker):
    """What a worker has saved."""
    with np.load(Path(folder) / f"worker{worker}.npz") as found:
        return dict(found)


def assert_close(found, expected, tolerance, *, names=""):
    """Compare all that two workers have found, or what begins with these names."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if name.startswith(names):
            np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance, err_msg=name)


if __name__ == "__main__":
    main(sys.argv[1], **json.loads(sys.argv[2]))
    distribute.largest_of_workers([0])  # all have ended
    sys.stdout.flush()
    # The others may still wait for that number.
    time.sleep(2)
    # TensorFlow's destructors of iterators sleep for up to a minute each.
    os._exit(0)

assert kerasdl
