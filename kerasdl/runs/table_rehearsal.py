"""A rehearsal within the training rows of a table: which number of training steps is best."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl import distribute
from kerasdl.callbacks import OneCycle
from kerasdl.callbacks.snapshot import Snapshot
from kerasdl.data import tabular
from kerasdl.data.pipeline import ready
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput
from kerasdl.runs.table_baseline import quantiles_of
from kerasdl.runs.table_defaults import FEW_ROWS, table_steps

LEAST_ROWS = 40
# Lengths of training, times the default; see docs/tables.md.
FACTORS = {"class": (0.5, 1, 2), "numbers": (0.1, 1 / 3, 1)}


def rehearsed_table_steps(
    model: keras.Model, data: tabular.Table, peak_lr: float, *, verbose: int = 1
) -> tuple[int, dict[str, list[Any]]]:
    """The number of training steps that is best on a quarter of the training rows, after training on the others.

    Of numbers, a tenth, a third and all of `table_steps` are tried, of classes half, all and twice as many, each with a
    cycle of its own, from the same weights. The lowest loss decides: the squared error, the pinball loss of quantiles,
    or the cross-entropy without label smoothing. Then model, optimizer, random state and pipelines are as before.

    There is no rehearsal of more than 10,000 training rows, nor of fewer than 40, nor if a class would have fewer than
    two rows on either side. All workers of a job decide the same.

    Args:
        model: The compiled network.
        data: The table.
        peak_lr: The peak learning rate.
        verbose: 1 shows a progress bar, and prints what was chosen; 0 nothing.

    Returns:
        The number of steps, and {"steps": …, "loss": …} of all that were tried; without a rehearsal `table_steps`, and
        nothing.

    Example:
        >>> steps, tried = rehearsed_table_steps(model, houses, 0.01, verbose=0)
        >>> tried["steps"]
        [40, 133, 400]
    """
    default = table_steps(data)
    if not _can_rehearse(data):
        return default, {}
    part, before = data.rehearsal, Snapshot(model)
    lengths = [max(1, round(factor * default)) for factor in FACTORS[data.target_kind]]
    bar = keras.utils.Progbar(sum(lengths), unit_name="step", verbose=verbose)
    told = keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: bar.add(1))
    losses = []
    for steps in lengths:
        try:
            model.fit(_batches(part, steps), shuffle=False, verbose=0, callbacks=[OneCycle(peak_lr), told])
            losses.append(_loss(model, part))
        finally:
            before.restore()
    losses = distribute.largest_of_workers(losses)
    best = lengths[int(np.argmin(losses))] if np.isfinite(losses).any() else default
    if verbose:
        tried, found = (", ".join(f"{each:.4g}" for each in values) for values in (lengths, losses))
        print(f"Training steps: {best} (loss of {tried} in a rehearsal: {found})")
    return best, {"steps": lengths, "loss": [float(f"{loss:.6g}") for loss in losses]}


def _can_rehearse(data: tabular.Table) -> bool:
    """Whether there are enough rows, but not many; those without weight do not count."""
    if not LEAST_ROWS <= len(data.train_rows) <= FEW_ROWS:
        return False
    try:
        sources = [data.rehearsal.source(part) for part in (Part.TRAIN, Part.VALID)]
    except BadInput:  # a class, a group or a time alone
        return False
    labels = [each.labels if each.weights is None else each.labels[each.weights > 0] for each in sources]
    if data.classes:
        return all(np.bincount(each, minlength=len(data.classes)).min() > 1 for each in labels)
    return all(map(len, labels))


def _batches(part: tabular.Table, steps: int) -> tf.data.Dataset:
    """So many training batches as one epoch: short epochs would take longer to begin than to train."""
    source = part.source(Part.TRAIN)
    count, random = len(source.labels), np.random.default_rng(part.seed)
    size = min(part.batch_size, count)
    order = np.concatenate([random.permutation(count) for _ in range(-(-steps * size // count))])
    targets = [source.labels] if source.weights is None else [source.labels, source.weights]
    places = tf.data.Dataset.from_tensor_slices(order[: steps * size].reshape(steps, size))
    batches = places.map(lambda each: (source.load(each), *(tf.gather(values, each) for values in targets)))
    return ready(batches, steps)


def _loss(model: keras.Model, part: tabular.Table) -> float:
    """The loss of the validation rows, by their weights; infinite if it is no number."""
    outputs = np.concatenate([model(inputs, training=False) for inputs, *_ in part.valid])
    loss = model.loss if quantiles_of(model) else part.loss
    found = float(loss(part.valid_labels, outputs, part.source(Part.VALID).weights))
    return found if np.isfinite(found) else float("inf")
