"""Losses that Keras lacks."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask


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
        unsmoothed = super().call(y_true, y_pred)
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

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
