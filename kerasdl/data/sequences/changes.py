"""How a batch of sequences is drawn and changed."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from kerasdl.data.pipeline import Changes
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.source import Source


@dataclass(frozen=True)
class SequenceChanges(Changes):
    """Augments each sequence.

    Attributes:
        augmentation: Applied to each sequence; None for no augmentation.

    Example:
        >>> SequenceChanges(kerasdl.data.sequences.augment.standard())
        SequenceChanges(augmentation=Augmentation(slice=0.1, warp=0.2, scale=0.1, jitter=0.1))
    """

    augmentation: Augmentation | None = None

    def draw(self, count: int, seed: Any) -> tf.Tensor | None:
        """Uniform numbers (count, Augmentation.num_draws), or None without augmentation."""
        return tf.random.stateless_uniform((count, Augmentation.num_draws), seed) if self.augmentation else None

    def load(self, source: Source, indices: tf.Tensor, draws: tf.Tensor | None) -> tf.Tensor:
        """Sequences float32 (batch, length, channels), each augmented by its row of `draws`."""
        loaded = source.load(indices)
        return loaded if self.augmentation is None or draws is None else self.augmentation(loaded, draws)
