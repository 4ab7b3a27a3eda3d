"""Integrated gradients: what each number of an input adds to the log-probability of a class."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.gradients import gradient
from kerasdl.interpret.layer_calls import layer_at, layers_by_path, left_as_found, recorded_call
from kerasdl.interpret.layer_outputs import batches
from kerasdl.interpret.progress import with_progress
from kerasdl.interpret.scores import Target, score_of, target_of
from kerasdl.outputs import Outputs
from numpy.typing import ArrayLike

# Of what the attributions should add up to; of nats where that is less than 1.
LARGEST_GAP = 0.1


def integrated_gradients(
    model: keras.Model,
    inputs: ArrayLike,
    *,
    target: Target = None,
    baseline: ArrayLike | None = None,
    steps: int = 64,
    layer: str | None = None,
    outputs: Outputs | None = None,
    tags: bool = False,
    batch_size: int = 32,
) -> np.ndarray:
    """What each number of an input adds to the log-probability of a class (Sundararajan et al., arXiv:1703.01365).

    The gradient is averaged along the straight line from a baseline to the input. The attributions of a sample add up
    to the difference between its log-probability and that of the baseline (completeness).

    Args:
        model: A classifier of one array, as for `Classification.of`, or any model of one array if `target` is a
            function.
        inputs: (count, ...): images, numbers, or ids of tokens (count, steps) for a model with an embedding.
        target: Index of the class, or one for each sample; by default the most probable one. Or a function from the
            outputs to one number per sample, such as `lambda outputs: outputs[:, 0]` for a regression.
        baseline: What stands for nothing, such as blurred images; of the shape of the inputs, of a sample, or a number.
            By default 0: a black image, the mean of standardized numbers. Of tokens ids; by default embeddings of 0.
            Where input and baseline are equal, nothing is attributed.
        steps: Number of points on the line.
        layer: Name of the embedding of tokens; needed only if there are several.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether a sample may have any number of the classes.
        batch_size: Number of points of a call.

    Returns:
        float64, of the shape of `inputs`: above 0 where a number speaks for the class, below 0 where it speaks against
        it. Those of an image are added up over its channels for a heat map.

    Raises:
        BadInput: The model has several inputs, or reads its input by steps without gradients; it has several
            embeddings, or calls one several times, as for a document longer than it pools; `target` is no class.
        ValueError: As for `Classification.of`.

    Warns:
        UserWarning: The attributions of a sample do not add up: `steps` is too small.

    Example:
        >>> heat = integrated_gradients(model, pets_images[:1]).sum(axis=-1)
        >>> heat.shape
        (1, 64, 64)
    """
    samples = np.asarray(inputs)
    if len(model.inputs or [0]) != 1 or samples.dtype.kind not in "iuf" or not len(samples) or steps < 1:
        raise BadInput(
            "Give a model of one input, at least one sample of numbers, and steps of at least 1. "
            f"Received: {model.name!r} with {len(model.inputs or [0])} inputs, {samples.dtype} of shape "
            f"{samples.shape}, steps={steps}"
        )
    starts = None if baseline is None else np.broadcast_to(baseline, samples.shape)
    embedding, found = _embedding(model, samples, layer), []
    with left_as_found(model):
        for row in with_progress(range(len(samples)), "sample"):
            line = _line(model, samples[row], None if starts is None else starts[row], embedding)
            own_target = target_of(target, slice(row, row + 1), len(samples))
            score = score_of(model, line.outputs(line.end[None]), own_target, outputs=outputs, tags=tags)
            attributions = _integral(line, score, steps, batch_size)
            found.append(attributions if embedding is None else attributions.sum(axis=-1))
    return np.stack(found)


class _Line(NamedTuple):
    """From a baseline to a sample, and what the model returns for points on it."""

    start: np.ndarray
    end: np.ndarray
    outputs: Callable[[Any], Any]


def _line(model: keras.Model, sample: np.ndarray, baseline: Any, embedding: dict[str, Any] | None) -> _Line:
    if embedding is None:
        end = sample.astype(np.float32)
        start = np.zeros_like(end) if baseline is None else baseline.astype(np.float32)
        return _Line(start, end, lambda points: model(points, training=False))
    end = _embedded(model, sample, embedding)
    start = np.zeros_like(end) if baseline is None else _embedded(model, baseline, embedding)

    def outputs(points: Any) -> Any:
        tokens = np.repeat(sample[None], len(points), axis=0)
        return recorded_call(model, tokens, embedding, lambda rows: ops.cast(points, rows.dtype))[0]

    return _Line(start, end, outputs)


def _integral(line: _Line, score: Callable[[Any], Any], steps: int, batch_size: int) -> np.ndarray:
    # The midpoint rule: where ReLUs bend the way, rules of higher order are no better.
    shares = ((np.arange(steps, dtype=np.float32) + 0.5) / steps).reshape(-1, *[1] * line.end.ndim)
    way, total = line.end - line.start, np.zeros(line.end.shape)
    for rows in batches(steps, batch_size):
        points = line.start + shares[rows] * way
        total += gradient(lambda points: score(line.outputs(points)), points).sum(axis=0)
    attributions = way * total / steps
    before, after = ops.convert_to_numpy(score(line.outputs(np.stack([line.start, line.end]))))
    whole, found = float(after - before), float(attributions.sum())
    if abs(found - whole) > LARGEST_GAP * max(abs(whole), 1):
        warnings.warn(
            f"The attributions of a sample add up to {found:.3g}, its log-probability rises by {whole:.3g} from the "
            f"baseline: give more steps. Received: steps={steps}",
            stacklevel=3,
        )
    return attributions


def _embedding(model: keras.Model, samples: np.ndarray, layer: str | None) -> dict[str, Any] | None:
    """The embedding of tokens, by its path; None for a model of numbers."""
    if layer is not None:
        return {layer: layer_at(model, layer)}
    if samples.ndim != 2 or samples.dtype.kind == "f":
        return None
    found = {path: each for path, each in layers_by_path(model).items() if isinstance(each, keras.layers.Embedding)}
    if len(found) > 1:
        raise BadInput(f"The model has several embeddings: pass layer, one of {list(found)}. Received: {model.name!r}")
    return found or None


def _embedded(model: keras.Model, tokens: np.ndarray, embedding: dict[str, Any]) -> np.ndarray:
    (call,) = recorded_call(model, tokens[None], embedding)[1].values()
    rows = call.outputs
    if rows.shape[1:-1] != tokens.shape:
        raise BadInput(
            "The embedding must return a row for each token: word_importance takes any classifier of tokens. "
            f"Received: {call.path!r} with outputs {tuple(rows.shape)} for {tokens.shape} tokens"
        )
    return ops.convert_to_numpy(rows)[0].astype(np.float32)
