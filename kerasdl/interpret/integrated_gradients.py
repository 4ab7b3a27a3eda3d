"""Integrated gradients: what each number of an input adds to the log-probability of a class."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.gradients import with_gradient
from kerasdl.interpret.layer_calls import inference, layer_at, layers_by_path, recorded_call
from kerasdl.interpret.layer_outputs import batches
from kerasdl.interpret.progress import with_progress
from kerasdl.interpret.scores import Target, score_of, target_of
from kerasdl.outputs import Outputs, only_output
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
    embedding = _embedding(model, samples, layer)
    with inference(model):
        # An embedding that is called several times is refused here.
        parts = [recorded_call(model, samples[rows], embedding or {})[0] for rows in batches(len(samples), batch_size)]
        predicted = [ops.convert_to_numpy(only_output(model, each)) for each in parts]
        own_target = target_of(target, slice(None), len(samples))
        score = score_of(model, np.concatenate(predicted), own_target, outputs=outputs, tags=tags)

        def score_at(points: Any, row: Any) -> Any:
            if embedding is None:
                return score(model(points, training=False), row)
            tokens = ops.repeat(ops.take(samples, ops.reshape(row, (1,)), axis=0), ops.shape(points)[0], axis=0)
            return score(recorded_call(model, tokens, embedding, lambda rows: ops.cast(points, rows.dtype))[0], row)

        slopes, found = with_gradient(score_at), []
        for row in with_progress(range(len(samples)), "sample"):
            end = _numbers(samples[row], embedding)
            start = np.zeros_like(end) if starts is None else _numbers(starts[row], embedding)
            attributions = _integral(lambda points: slopes(points, row), start, end, steps, batch_size)  # noqa: B023
            found.append(attributions if embedding is None else attributions.sum(axis=-1))
    return np.stack(found)


def _integral(
    slopes: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    start: np.ndarray,
    end: np.ndarray,
    steps: int,
    batch_size: int,
) -> np.ndarray:
    # The midpoint rule: where ReLUs bend the way, rules of higher order are no better. The ends tell what it must give.
    shares = np.concatenate([[0], (np.arange(steps) + 0.5) / steps, [1]]).astype(np.float32)
    values, total = [], np.zeros(end.shape)
    # Of equal size, so that one graph fits all.
    for part in np.array_split(shares, -(-len(shares) // batch_size)):
        some, found = slopes(start + part.reshape(-1, *[1] * end.ndim) * (end - start))
        values += some.tolist()
        total += found[(part > 0) & (part < 1)].sum(axis=0)
    attributions = (end - start) * total / steps
    whole, found = values[-1] - values[0], float(attributions.sum())
    if abs(found - whole) > LARGEST_GAP * max(abs(whole), 1):
        warnings.warn(
            f"The attributions of a sample add up to {found:.3g}, its log-probability rises by {whole:.3g} from the "
            f"baseline: give more steps. Received: steps={steps}",
            stacklevel=3,
        )
    return attributions


def _numbers(sample: np.ndarray, embedding: dict[str, Any] | None) -> np.ndarray:
    """The sample as numbers on which outputs depend smoothly: itself, or the rows of its tokens."""
    if embedding is None:
        return sample.astype(np.float32)
    ((name, layer),) = embedding.items()
    rows = layer(sample[None], training=False)
    if rows.shape[1:-1] != sample.shape:
        raise BadInput(
            "The embedding must return a row for each token: word_importance takes any classifier of tokens. "
            f"Received: {name!r} with outputs {tuple(rows.shape)} for {sample.shape} tokens"
        )
    return ops.convert_to_numpy(rows)[0].astype(np.float32)


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
