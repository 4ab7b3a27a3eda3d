"""Losses that Keras lacks."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask

__all__ = ["Pinball", "SparseCategoricalCrossentropy"]

# From so many on, the cross-entropy is computed by `_crossentropy`.
MANY_CLASSES = 500
# Near the smallest normal number of float32, 1.2e-38.
_TINY = 1e-30


@keras.saving.register_keras_serializable("kerasdl")
class SparseCategoricalCrossentropy(keras.losses.SparseCategoricalCrossentropy):
    """Stock Keras `SparseCategoricalCrossentropy` with label smoothing, which Keras offers for one-hot labels only.

    Szegedy et al., arXiv:1512.00567: the true class has probability `1 - label_smoothing`, and `label_smoothing` is
    distributed equally over all classes. The value equals `keras.losses.CategoricalCrossentropy(label_smoothing=...)`
    on one-hot labels, and fastai's `LabelSmoothingCrossEntropy`.

    Args:
        from_logits: Whether predictions are logits, as returned by kerasdl builders, or probabilities.
        label_smoothing: Amount of smoothing, in [0, 1).
        ignore_class: Label of samples (or positions) to ignore; None ignores nothing.
        **kwargs: As for `keras.losses.Loss`: reduction, name, dtype.

    Raises:
        ValueError: `label_smoothing` is out of range.

    Example:
        >>> loss = kerasdl.losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
        >>> round(float(loss(np.array([0]), np.array([[2.0, 0.0]]))), 4)
        0.2269
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        ignore_class: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_class=ignore_class, **kwargs)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1). Received: label_smoothing={label_smoothing}")
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each sample (or position)."""
        unsmoothed = self._unsmoothed(y_true, y_pred)
        if not self.label_smoothing:
            return unsmoothed
        # Keras masks ignored samples, so that the mean is over the others.
        mask = get_keras_mask(unsmoothed)
        logs = ops.log_softmax(y_pred) if self.from_logits else ops.log(ops.clip(y_pred, keras.config.epsilon(), 1.0))
        uniform = -ops.mean(logs, axis=-1)
        if mask is not None:
            uniform = ops.where(mask, uniform, 0.0)
        smoothed = (1 - self.label_smoothing) * unsmoothed + self.label_smoothing * uniform
        if mask is not None:
            set_keras_mask(smoothed, mask)
        return smoothed

    def counted(self, y_true: Any) -> Any:
        """Number of labels over which the mean is taken, int32: those that are not ignored."""
        if self.ignore_class is None:
            return ops.size(y_true)
        return ops.sum(ops.cast(ops.cast(y_true, "int32") != self.ignore_class, "int32"))

    def _unsmoothed(self, y_true: Any, y_pred: Any) -> Any:
        if not self.from_logits or (y_pred.shape[-1] or 0) < MANY_CLASSES:
            return super().call(y_true, y_pred)
        labels = ops.cast(y_true, "int32")
        if len(labels.shape) == len(y_pred.shape) and labels.shape[-1] == 1:
            labels = ops.squeeze(labels, -1)
        if len(labels.shape) != len(y_pred.shape) - 1 or any(
            given not in (None, expected) and expected is not None
            for given, expected in zip(labels.shape, y_pred.shape[:-1], strict=True)
        ):
            raise ValueError(
                "Labels must have the shape of the predictions, without their last axis. "
                f"Received: {tuple(y_true.shape)} for predictions {tuple(y_pred.shape)}"
            )
        if self.ignore_class is None:
            return _crossentropy(labels, y_pred)
        is_counted = labels != self.ignore_class
        losses = ops.where(is_counted, _crossentropy(ops.where(is_counted, labels, 0), y_pred), 0.0)
        set_keras_mask(losses, is_counted)
        return losses

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable("kerasdl")
class Pinball(keras.losses.Loss):
    """Pinball loss: its lowest mean is at the quantiles of the targets (Koenker and Bassett, doi:10.2307/1913643).

    For a quantile `q` an error `e = target - prediction` costs `q * e` if it is positive and `(q - 1) * e` otherwise.
    The model has one output per quantile, such as 0.05, 0.5 and 0.95: a median, and an interval that holds 90 % of the
    targets. Of one target with several quantiles; those of a sample may cross (`layers.SortedQuantiles`).

    Args:
        quantiles: Between 0 and 1, one for each output.
        **kwargs: As for `keras.losses.Loss`: reduction, name, dtype.

    Shapes:
        Targets (batch, 1) or (batch,); predictions (batch, quantiles), or (batch, members, quantiles) of an ensemble,
        whose loss is the mean over its members.

    Raises:
        ValueError: No quantiles, or one that is not between 0 and 1; another number of predictions.

    Example:
        >>> loss = kerasdl.losses.Pinball([0.1, 0.9])
        >>> round(float(loss(np.array([[3.0]]), np.array([[2.0, 4.0]]))), 4)
        0.1
    """

    def __init__(self, quantiles: Sequence[float], name: str = "pinball", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.quantiles = [float(each) for each in quantiles]
        if not self.quantiles or not all(0 < each < 1 for each in self.quantiles):
            raise ValueError(f"quantiles must lie between 0 and 1. Received: quantiles={quantiles}")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each sample: the mean over the quantiles, and members."""
        if y_pred.shape[-1] != len(self.quantiles):
            raise ValueError(
                f"Each of {len(self.quantiles)} quantiles needs an output. Received: predictions of {y_pred.shape}"
            )
        others = range(1, len(y_pred.shape))
        targets = ops.reshape(ops.cast(y_true, y_pred.dtype), (-1, *(1 for _ in others)))
        quantiles = ops.cast(ops.convert_to_tensor(self.quantiles), y_pred.dtype)
        errors = targets - y_pred
        return ops.mean(ops.maximum(quantiles * errors, (quantiles - 1) * errors), axis=tuple(others))

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "quantiles": self.quantiles}


def _crossentropy(labels: Any, logits: Any) -> Any:
    """Stock cross-entropy, at a fraction of the time for many classes on a CPU: TensorFlow's kernel is not vectorized.

    Args:
        labels: int32 (...,).
        logits: (..., classes).

    Returns:
        (...,), in the dtype of `logits`.
    """
    flat = ops.reshape(labels, (-1,))

    @ops.custom_gradient
    def losses(logits: Any) -> Any:
        probabilities = ops.softmax(logits)
        of_labels = ops.take_along_axis(probabilities, flat[:, None], axis=-1)[:, 0]

        def from_largest() -> Any:
            normalizers = ops.max(logits, axis=-1) - ops.log(ops.max(probabilities, axis=-1))
            return normalizers - ops.take_along_axis(logits, flat[:, None], axis=-1)[:, 0]

        # The logarithm of a probability that underflows would be infinite.
        found = ops.cond(ops.all(of_labels > _TINY), lambda: -ops.log(of_labels), from_largest)
        # As TensorFlow does on a GPU: a label that is no class must not count as another one.
        found = ops.where((flat >= 0) & (flat < logits.shape[-1]), found, float("nan"))

        def gradient(*args: Any, upstream: Any = None) -> Any:
            upstream = (args[0] if upstream is None else upstream)[:, None]
            places = ops.stack([ops.arange(ops.shape(flat)[0]), flat], axis=1)
            return ops.scatter_update(probabilities * upstream, places, (of_labels - 1) * upstream[:, 0])

        return found, gradient

    classes = logits.shape[-1]
    return ops.reshape(losses(ops.reshape(logits, (-1, classes))), ops.shape(labels))
