"""How a batch of images is drawn, loaded and changed: augmentation, then mixing."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import tensorflow as tf
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import CutMix, MixUp
from kerasdl.data.pipeline import Changes
from kerasdl.data.source import Source


@dataclass(frozen=True)
class ImageChanges(Changes):
    """Augments each image, then mixes the images of a batch.

    Attributes:
        augmentation: Applied to each image; None for no augmentation.
        mixing: Applied to each batch; None for no mixing.
        classes: Number of classes, for mixing.

    Example:
        >>> ImageChanges(augment.standard(), mixing.MixUp(), classes=10)
    """

    augmentation: Augmentation | None = None
    mixing: MixUp | CutMix | None = None
    classes: int = 0

    def draw(self, count: int, seed: Any) -> tf.Tensor | None:
        """Uniform numbers (count, Augmentation.num_draws), or None without augmentation."""
        return tf.random.stateless_uniform((count, Augmentation.num_draws), seed) if self.augmentation else None

    def load(self, source: Source, indices: tf.Tensor, draws: tf.Tensor | None) -> tf.Tensor:
        """Images float32 (batch, height, width, channels) in 0..255, each augmented by its row of `draws`."""
        if self.augmentation is None or draws is None:
            return source.load(indices)
        # The geometry is part of loading: each image is resampled once, from the pixels of its file.
        return self.augmentation.finish(source.load(indices, partial(self.augmentation.transforms, draws)), draws)

    def mix(self, inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The images mixed with each other, and labels as shares of classes; unchanged without mixing."""
        return self.mixing.mix(inputs, labels, seed, classes=self.classes) if self.mixing else (inputs, labels)
