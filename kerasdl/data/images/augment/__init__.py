"""Augmentation of image batches: geometry, lighting, texture and mixing, pure functions of their random draws."""

from kerasdl.data.images.augment.augmentation import Augmentation, cifar, digits, light, standard
from kerasdl.data.images.augment.mixing import CutMix, MixUp
from kerasdl.data.images.resampling import resample

__all__ = ["Augmentation", "CutMix", "MixUp", "cifar", "digits", "light", "resample", "standard"]
