"""Augmentation of images, under its short name."""

from kerasdl.data.images.augment import Augmentation, cifar, digits, light, standard

__all__ = ["Augmentation", "cifar", "digits", "light", "standard"]
