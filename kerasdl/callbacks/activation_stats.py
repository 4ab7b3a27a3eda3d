"""ActivationStats: mean, deviation, share near zero and histogram of each layer's output, in the course of a fit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.event_file import Histogram
from kerasdl.callbacks.probing import Probing, called
from kerasdl.callbacks.recorded_outputs import chosen_layers, is_at_hand, recorded_outputs

BINS = 50
# As in fast.ai.
NEAR_ZERO = 0.05
_MOST_NAMED = 10
_SCALARS = ("mean", "std", "near_zero", "dead")


@known_arguments()
class ActivationStats(Probing):
    """Follow the outputs of layers on one batch: mean, standard deviation, share near zero, histogram and dead units.

    As in fast.ai's lessons: in a healthy training mean and deviation of all layers change smoothly; a collapsed one
    shows a deviation that falls to zero, or grows and falls again and again. `plots.activation_stats` draws the
    history.

    Args:
        inputs: The batch, such as `x_valid[:64]`, or a dataset, whose first batch is taken.
        log_dir: Folder of an event file of its own, with scalars and histograms over optimizer steps; None for none.
        layers: Regular expressions, matched at the start of layer names, or of MODEL/LAYER for layers inside a nested
            model. By default the layers that apply an activation function, and the last one.
        every: Number of optimizer steps from one measurement to the next; the first step is always measured.

    Attributes:
        history: Of the last fit, as arrays: "step", and by layer "mean", "std", "near_zero" (share of values up to 0.05
            from 0), "dead" (share of units), "range" (lowest and highest) and "counts" (in 50 equal parts of it).
        dead: The units (places along the last axis) of each layer that had the same value for all samples and places,
            such as 0, when it was last measured. None if each unit has one value, as those of one sample may.
        units: Number of units of each layer.

    Raises:
        ValueError: Arguments out of range (in the constructor); a pattern matches no layer (when the fit begins); the
            model cannot be called on the batch, or a chosen layer runs inside a loop (at the first step).

    Example:
        >>> activations = kerasdl.callbacks.ActivationStats(x[:16], every=2)
        >>> model.fit(x, y, callbacks=[activations])
        >>> sorted(activations.history["mean"])
        ['head_outputs', 'stage1_activation', 'stage2_activation']
        >>> sentences = activations.dead_units()
    """

    def __init__(
        self,
        inputs: Any,
        log_dir: str | Path | None = None,
        *,
        layers: Sequence[str] | None = None,
        every: int = 100,
    ) -> None:
        super().__init__(inputs, log_dir, every=every)
        if isinstance(inputs, tf.data.Dataset):
            self._batch, *_ = keras.utils.unpack_x_y_sample_weight(self._batch)
        self.layers = layers
        self.dead: dict[str, list[int]] = {}
        self.units: dict[str, int] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._chosen = chosen_layers(self.model, self.layers)
        self.dead, self.units = {}, {}

    def begin(self) -> dict[str, dict[str, np.ndarray]]:
        """The statistics of all layers, by path."""
        found = self.compute(self._statistics, self._batch)
        missing = [path for path in self._chosen if path not in found]
        if missing and (self.layers is not None or not found):
            raise ValueError(
                "Outputs inside a loop, or of layers that are not called, cannot be read: choose the layers around "
                f"them. Received: {missing}"
            )
        return {path: tf.nest.map_structure(np.asarray, found[path]) for path in self._chosen if path in found}

    def end(self, measured: dict[str, dict[str, np.ndarray]]) -> tuple[dict[str, float], dict[str, Histogram]]:
        """Add the statistics to the history, and give them to TensorBoard."""
        scalars: dict[str, float] = {}
        histograms: dict[str, Histogram] = {}
        for path, found in measured.items():
            self.units[path], self.dead[path] = len(found["is_dead"]), np.flatnonzero(found["is_dead"]).tolist()
            found["dead"] = found.pop("is_dead").mean(dtype="float32")
            for name, value in found.items():
                self.record(name, path, value)
            scalars |= {f"{name}/{path}": float(found[name]) for name in _SCALARS}
            low, high = map(float, found["range"])
            if np.isfinite(low):
                histograms[f"activations/{path}"] = Histogram(low, high, found["counts"])
        return scalars, histograms

    def dead_units(self) -> list[str]:
        """One sentence for each layer with dead units, when it was last measured.

        Example:
            >>> activations = kerasdl.callbacks.ActivationStats(x[:16])
            >>> activations.units, activations.dead = {"stem_relu": 64}, {"stem_relu": [7, 12, 40]}
            >>> activations.dead_units()
            ['stem_relu: 3 of 64 units are dead (7, 12, 40)']
        """
        return [_sentence(path, dead, self.units[path]) for path, dead in self.dead.items() if dead]

    def _statistics(self, inputs: Any) -> dict[str, dict[str, tf.Tensor]]:
        with recorded_outputs(self._chosen) as found, keras.StatelessScope():
            called(self.model, inputs)
        return {
            path: statistics(calls)
            for path, calls in found.items()
            if calls and all(each.dtype.is_floating and is_at_hand(each) for each in calls)
        }


def statistics(outputs: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
    """Statistics of what one layer returned, in all its calls.

    Args:
        outputs: (..., units), any float dtype. If their units differ, as those of a shared activation may, all values
            are those of one unit.

    Returns:
        "mean", "std", "near_zero", "range", "counts", and "is_dead" of each unit. If values are not finite, "range" is
        NaN and "counts" are 0.

    Example:
        >>> found = statistics([tf.constant([[0.0, 1.0], [0.0, 3.0]])])
        >>> found["mean"].numpy(), found["is_dead"].numpy()
        (np.float32(1.0), array([ True, False]))
    """
    units = {each.shape[-1] if each.shape.rank > 1 else 1 for each in outputs}
    width = units.pop() if len(units) == 1 else None
    values = tf.concat([tf.reshape(tf.cast(each, "float32"), [-1, width or 1]) for each in outputs], axis=0)
    lowest, highest = tf.reduce_min(values, axis=0), tf.reduce_max(values, axis=0)
    mean, variance = tf.nn.moments(values, axes=[0, 1])
    is_finite = tf.math.is_finite(mean) & tf.math.is_finite(variance)
    limits = tf.stack([tf.reduce_min(lowest), tf.reduce_max(highest)])
    # A histogram needs a range of some width, and crashes on values that are not finite.
    margin = tf.where(limits[0] < limits[1], 0.0, tf.maximum(0.5, 1e-3 * tf.abs(limits[0])))
    limits = tf.where(is_finite, limits + margin * [-1.0, 1.0], [0.0, 1.0])
    counts = tf.histogram_fixed_width(tf.where(is_finite, values, 0.0), limits, BINS)
    return {
        "mean": mean,
        "std": tf.sqrt(variance),
        "near_zero": tf.reduce_mean(tf.cast(tf.abs(values) <= NEAR_ZERO, "float32")),
        "is_dead": (lowest == highest) & (tf.shape(values)[0] > 1),
        "range": tf.where(is_finite, limits, np.nan),
        "counts": tf.where(is_finite, counts, 0),
    }


def _sentence(path: str, dead: Sequence[int], units: int) -> str:
    named = ", ".join(map(str, dead[:_MOST_NAMED]))
    more = f" and {len(dead) - _MOST_NAMED} more" if len(dead) > _MOST_NAMED else ""
    return f"{path}: {len(dead)} of {units} units {'is' if len(dead) == 1 else 'are'} dead ({named}{more})"
