"""Losses that Keras lacks."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask


@keras.saving.register_keras_serializable("kerasdl")
class SparseCategoricalCrossentropy(keras.losses.SparseCategoricalCrossentropy):
    """Stock Keras `SparseCategoricalCrossentropy` with label smoothing, which Keras has for one-hot labels only.

    Szegedy et al., arXiv:1512.00567: the true class gets `1 - label_smoothing`, and `label_smoothing` is shared equally
    by all classes. The value is that of `keras.losses.CategoricalCrossentropy(label_smoothing=...)` on one-hot labels,
    and of fastai's `LabelSmoothingCrossEntropy`.

    Args:
        from_logits: Whether predictions are logits, as our builders give, or probabilities.
        label_smoothing: Share in [0, 1).
        ignore_class: Label of samples (or positions) that count for nothing; None for none.
        **kwargs: As for `keras.losses.Loss`: reduction, name, dtype.

    Raises:
        ValueError: `label_smoothing` out of range.

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
            raise ValueError(f"label_smoothing must lie in [0, 1). Received: label_smoothing={label_smoothing}")
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of every sample (or position)."""
        sharp = super().call(y_true, y_pred)
        if not self.label_smoothing:
            return sharp
        # What Keras ignores it also masks, and the mean is taken over the rest.
        mask = get_keras_mask(sharp)
        logs = ops.log_softmax(y_pred) if self.from_logits else ops.log(ops.clip(y_pred, keras.config.epsilon(), 1.0))
        even = -ops.mean(logs, axis=-1)
        if mask is not None:
            even = ops.where(mask, even, 0.0)
        smoothed = (1 - self.label_smoothing) * sharp + self.label_smoothing * even
        if mask is not None:
            set_keras_mask(smoothed, mask)
        return smoothed

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
