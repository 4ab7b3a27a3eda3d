"""BatchNormalization: stock Keras BatchNormalization, trained by one kernel on a CPU."""

from typing import Any

import keras
from keras import ops
from kerasdl.layers.compute_device import compute_device


@keras.saving.register_keras_serializable("kerasdl")
class BatchNormalization(keras.layers.BatchNormalization):
    """Stock Keras `BatchNormalization` (Ioffe and Szegedy, arXiv:1502.03167) that a CPU trains by one kernel.

    Stock Keras writes it as a dozen operations, and its gradient as two dozen, each of which goes over the whole
    tensor; TensorFlow's `FusedBatchNormV3` takes a third of their time. The numbers are those of
    `keras.layers.BatchNormalization` but for rounding, the weights and their names are the same. In inference, for
    vectors, with a mask, another axis than the last, `renorm` or `synchronized`, on a GPU and under the strategies of
    `kerasdl.distribute` it is that layer.

    Args:
        *args: As for `keras.layers.BatchNormalization`.
        **kwargs: As for `keras.layers.BatchNormalization`.

    Shapes:
        As `keras.layers.BatchNormalization`: (batch, …, channels) to the same.

    Example:
        >>> norm = kerasdl.layers.BatchNormalization(momentum=0.5)
        >>> norm(np.array([[[1.0], [3.0]]]), training=True).shape
        TensorShape([1, 2, 1])
        >>> float(norm.moving_mean[0]), float(norm.moving_variance[0])
        (1.0, 1.0)
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize a batch.

        Args:
            inputs: (batch, …, channels).
            training: Whether to use the statistics of the batch, and to update the moving ones.
            mask: Which positions count.
        """
        is_trained = training and self.trainable and mask is None and self._has_kernel(inputs)
        return self._fused(inputs) if is_trained else super().call(inputs, training=training, mask=mask)

    def _has_kernel(self, inputs: Any) -> bool:
        is_plain = not (self.renorm or self.synchronized) and self.axis in (-1, len(inputs.shape) - 1)
        # For vectors the dozen operations are faster.
        has_positions = any(size != 1 for size in inputs.shape[1:-1])
        is_float = keras.backend.result_type(inputs.dtype, "float32") == "float32"
        # A strategy replaces what computes the moments.
        is_alone = "_moments" not in vars(self)
        return compute_device() == "cpu" and is_plain and has_positions and is_float and is_alone

    def _fused(self, inputs: Any) -> Any:
        import tensorflow as tf

        x, channels = ops.cast(inputs, "float32"), inputs.shape[-1]
        images = x if len(x.shape) == 4 else ops.reshape(x, (-1, 1, 1, channels))
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=images,
            scale=ops.cast(self.gamma, "float32") if self.scale else tf.ones([channels]),
            offset=ops.cast(self.beta, "float32") if self.center else tf.zeros([channels]),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel returns the variance of the population that the batch is a sample of.
        count = ops.cast(tf.size(x) // channels, "float32")
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance * (count - 1) / count)):
            moving.assign(ops.cast(moving, "float32") * self.momentum + value * (1.0 - self.momentum))
        return ops.cast(outputs if images is x else ops.reshape(outputs, ops.shape(x)), self.compute_dtype)
