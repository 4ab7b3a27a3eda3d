"""BatchRenormalization: batch normalization that trains close to the statistics used in inference."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class BatchRenormalization(keras.layers.BatchNormalization):
    """Batch Renormalization (Ioffe, arXiv:1702.03275), for small or non-i.i.d. batches.

    In training the output is `(x - mean) / std * r + d`, where `r = std / moving_std` and
    `d = (mean - moving_mean) / moving_std` correct the batch statistics towards the moving ones. Both are constants to
    the gradient and are clipped to [1 / limit, limit] and [-limit, limit]. The limits start at 1 and 0, which is
    BatchNormalization, and are relaxed during training. In inference and when frozen the layer is
    `keras.layers.BatchNormalization`, with the same gain, offset, moving mean and moving variance.

    Keras's `renorm=True` has fixed limits. Keras's `synchronized` is not supported: under the strategies of
    `kerasdl.distribute` the statistics are those of the whole batch without it.

    Args:
        r_max: Final limit of r.
        d_max: Final limit of d.
        r_ramp: (first, last) training step of the linear ramp of r's limit from 1 to `r_max`. The paper uses
            (5000, 40000); the default is a tenth of that, for trainings of thousands of steps.
        d_ramp: The same for d's limit, from 0 to `d_max`; (5000, 25000) in the paper.
        momentum: Of the moving statistics. Training depends on them, hence the paper's 0.99.
        epsilon: Added to the variances.
        **kwargs: As for `keras.layers.BatchNormalization`.

    Shapes:
        As for `keras.layers.BatchNormalization`: (batch, …, channels) to the same.

    Raises:
        ValueError: `r_max` below 1, `d_max` below 0, a ramp without 0 <= first < last; `synchronized` or `renorm`.

    Example:
        >>> x = kerasdl.layers.BatchRenormalization(r_ramp=(100, 800), d_ramp=(100, 500), name="stage1_norm")(x)
    """

    def __init__(
        self,
        *,
        r_max: float = 3.0,
        d_max: float = 5.0,
        r_ramp: Sequence[int] = (500, 4000),
        d_ramp: Sequence[int] = (500, 2500),
        momentum: float = 0.99,
        epsilon: float = 1e-5,
        **kwargs: Any,
    ) -> None:
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)
        if not (r_max >= 1 and d_max >= 0):
            raise ValueError(f"r_max must be at least 1 and d_max at least 0. Received: r_max={r_max}, d_max={d_max}")
        for first, last in (r_ramp, d_ramp):
            if not 0 <= first < last:
                raise ValueError(f"Ramps need 0 <= first < last. Received: r_ramp={r_ramp}, d_ramp={d_ramp}")
        if self.synchronized or self.renorm:
            raise ValueError(
                f"{type(self).__name__} supports neither synchronized nor renorm. "
                f"Received: synchronized={self.synchronized}, renorm={self.renorm}"
            )
        self.r_max, self.d_max = r_max, d_max
        self.r_ramp, self.d_ramp = tuple(r_ramp), tuple(d_ramp)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        self.steps = self.add_weight(name="steps", shape=(), dtype="int", initializer="zeros", trainable=False)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and self.trainable):
            return super().call(inputs, training=False, mask=mask)
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        mean, variance = self._moments(x, mask)
        scale, offset = self._corrections(mean, variance)
        if self.scale:
            scale, offset = self.gamma * scale, self.gamma * offset
        if self.center:
            offset = offset + self.beta
        self._update_moving_statistics(mean, variance)
        outputs = ops.batch_normalization(
            x, mean, variance, axis=self.axis, offset=offset, scale=scale, epsilon=self.epsilon
        )
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"r_max": self.r_max, "d_max": self.d_max, "r_ramp": self.r_ramp, "d_ramp": self.d_ramp}
        return {**super().get_config(), **own}

    def _corrections(self, mean: Any, variance: Any) -> tuple[Any, Any]:
        """R and d of this step, from the moving statistics before this batch updates them."""
        std = ops.sqrt(variance + self.epsilon)
        moving_std = ops.sqrt(self.moving_variance + self.epsilon)
        r_limit = 1 + (self.r_max - 1) * self._progress(self.r_ramp, mean.dtype)
        d_limit = self.d_max * self._progress(self.d_ramp, mean.dtype)
        r = ops.clip(std / moving_std, 1 / r_limit, r_limit)
        d = ops.clip((mean - self.moving_mean) / moving_std, -d_limit, d_limit)
        return ops.stop_gradient(r), ops.stop_gradient(d)

    def _progress(self, ramp: tuple[int, ...], dtype: Any) -> Any:
        """The fraction of a ramp completed at this step."""
        first, last = ramp
        return ops.clip((ops.cast(self.steps, dtype) - first) / (last - first), 0, 1)

    def _update_moving_statistics(self, mean: Any, variance: Any) -> None:
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * value)
        self.steps.assign_add(1)
