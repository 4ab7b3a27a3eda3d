"""Augmentation of images, re-exported from `kerasdl.data.images`."""

from kerasdl.data.images.augment import Augmentation, cifar, digits, light, resample, standard

__all__ = ["Augmentation", "cifar", "digits", "light", "resample", "standard"]
