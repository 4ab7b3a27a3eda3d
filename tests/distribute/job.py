"""A training that each worker of a test runs: `python -m tests.distribute.job FOLDER OPTIONS`, options as JSON."""

import kerasdl  # isort: skip
import json
import sys
from pathlib import Path

import keras
import numpy as np
from kerasdl import callbacks, distribute, models, optimizers
from kerasdl.data import images


def data_of(kind, *, count, batch_size):
    """Samples of noise, four fifths of them for training."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    labels = random.integers(0, 3, count)
    return images.from_arrays(pixels, labels, classes=list("abc"), batch_size=batch_size, augment=None)


def network(kind, data):
    """A model with BatchNormalization, and without dropout."""
    return models.resnet(data.shape, 3, depths=(1,), widths=(4,), stem="small", preprocess="symmetric")


def main(folder, *, kind="images", count, batch_size, epochs):
    """Train, and save what was found."""
    strategy = distribute.strategy()
    keras.utils.set_random_seed(0)
    data = data_of(kind, count=count, batch_size=batch_size)
    with strategy.scope():
        model = network(kind, data)
        optimizer = optimizers.AdamW(weight_decay=0.01, groups=[{"match": "stem", "lr": 0.5}])
        model.compile(optimizer, data.loss, metrics=data.metrics)
    history = model.fit(
        data.train,
        validation_data=data.valid,
        epochs=epochs,
        callbacks=[callbacks.OneCycle(0.003)],
        verbose=0,
        shuffle=False,
    ).history
    found = {f"weight {each.path}": np.array(keras.ops.convert_to_numpy(each)) for each in model.weights}
    found |= {f"history {name}": np.array(values) for name, values in history.items()}
    found["predictions"] = model.predict(data.valid, verbose=0)
    np.savez(Path(folder) / f"worker{distribute.worker()}.npz", **found)
    return found


def result(folder, worker):
    """What a worker has saved."""
    with np.load(Path(folder) / f"worker{worker}.npz") as found:
        return dict(found)


def assert_close(found, expected, tolerance):
    """Compare all that two workers have found."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=tolerance, err_msg=name)


if __name__ == "__main__":
    main(sys.argv[1], **json.loads(sys.argv[2]))

assert kerasdl
