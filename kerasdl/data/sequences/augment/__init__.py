"""Augmentation of batches of sequences: geometry in time, values, and masks, pure functions of their random draws."""

from kerasdl.data.sequences.augment.augmentation import Augmentation, spec_augment, standard

__all__ = ["Augmentation", "spec_augment", "standard"]
