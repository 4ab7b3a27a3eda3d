"""What a heat map explains: the probability of a class, or any number made of the outputs."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.classification import SMALLEST
from kerasdl.outputs import Outputs, class_outputs, only_output

Target = int | Sequence[int] | Callable[[Any], Any] | None


def score_of(
    model: keras.Model,
    predicted: Any,
    target: Any = None,
    *,
    outputs: Outputs | None = None,
    tags: bool = False,
    odds: bool = False,
) -> Callable[..., Any]:
    """A function from outputs of a classifier to the log-probability of a class, one number a sample.

    It takes the outputs for all samples, or as `score(outputs, row)` any number of outputs for one of them; if there is
    only one sample, any number without its row.

    It is computed from the logits. Of a softmax or sigmoid they are taken where Keras keeps them for its losses, and
    otherwise from the probabilities.

    Args:
        model: Returns logits or probabilities of the classes (batch, classes), or of the second of two (batch, 1).
        predicted: What the model returns for the samples (count, classes).
        target: Index of the class, or one for each sample; by default the most probable one. Or the function itself.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether a sample may have any number of the classes.
        odds: Give log(p / (1 - p)) in place of log(p). Its gradient has the same direction, and does not vanish where p
            is near 1.

    Returns:
        From outputs (batch, classes) to numbers (batch,). A `target` that is a function is called with the outputs.

    Raises:
        BadInput: The outputs are no classes, or `target` is none of them.
        ValueError: As for `Classification.of`.

    Example:
        >>> score = score_of(model, model(x), lambda outputs: outputs[:, 0])
        >>> score = score_of(model, np.array([[1.0, 3.0]]), outputs="logits", odds=True)
        >>> score(np.array([[1.0, 3.0], [1.0, 2.0]]), 0).numpy().tolist()
        [2.0, 1.0]
    """
    predicted = only_output(model, predicted)
    if callable(target):
        return lambda predicted, *_: target(only_output(model, predicted))
    if len(predicted.shape) != 2:
        raise BadInput(
            "The model must return one row of classes per sample: for other outputs give a function as target. "
            f"Received: {model.name!r} with outputs of shape {tuple(predicted.shape)}"
        )
    kind = class_outputs(model, predicted.shape[-1], outputs, tags=tags)
    found = ops.convert_to_numpy(_logits(predicted, kind, tags))
    targets = found.argmax(axis=1) if target is None else np.broadcast_to(np.asarray(target, int), len(found))
    if targets.min() < 0 or targets.max() >= found.shape[1]:
        raise BadInput(f"The model has {found.shape[1]} classes, from 0. Received: target={targets.tolist()}")
    all_chosen = np.eye(found.shape[1], dtype=bool)[targets]

    def score(predicted: Any, row: Any = None) -> Any:
        chosen = all_chosen if row is None else ops.take(all_chosen, ops.reshape(row, (1,)), axis=0)
        logits = _logits(only_output(model, predicted), kind, tags)
        others = 0.0 if tags else ops.logsumexp(ops.where(chosen, -np.inf, logits), axis=1)
        log_odds = ops.sum(ops.where(chosen, logits, 0.0), axis=1) - others
        return log_odds if odds else ops.log_sigmoid(log_odds)

    return score


def target_of(target: Any, rows: slice, count: int) -> Any:
    """The target of some of the samples.

    Args:
        target: One for all samples, or one for each.
        rows: Which samples.
        count: Number of all samples.

    Raises:
        BadInput: Another number of targets than samples.

    Example:
        >>> target_of([3, 1, 2], slice(1, 3), 3), target_of(5, slice(1, 3), 3)
        ([1, 2], 5)
    """
    if target is None or callable(target) or np.ndim(target) == 0:
        return target
    if np.shape(target) != (count,):
        raise BadInput(f"Give one target, or one for each sample. Received: {len(target)} targets for {count} samples")
    return target[rows]


def _logits(predicted: Any, kind: Outputs, tags: bool) -> Any:
    """Logits of all classes; a single column is the logit of the second class, and that of the first is 0."""
    columns, kept = predicted.shape[-1], getattr(predicted, "_keras_logits", None)
    if kind == "logits" or kept is not None:
        logits = ops.cast(predicted if kind == "logits" else kept, "float32")
    else:
        probabilities = ops.cast(predicted, "float32")
        logits = ops.log(ops.maximum(probabilities, SMALLEST))
        if tags or columns == 1:
            # 1 - p has the precision of p near 1.
            logits = logits - ops.log(ops.maximum(1 - probabilities, keras.config.epsilon()))
    return logits if tags or columns > 1 else ops.concatenate([ops.zeros_like(logits), logits], axis=1)
