"""Callbacks for `model.fit`, and `lr_find`, which runs the learning-rate range test in its own fit."""

from kerasdl.callbacks.accumulation_remainder import AccumulationRemainder
from kerasdl.callbacks.activation_stats import ActivationStats
from kerasdl.callbacks.cosine_restarts import CosineRestarts
from kerasdl.callbacks.epoch_figures import EpochFigures
from kerasdl.callbacks.flat_cosine import FlatCosine
from kerasdl.callbacks.gradual_unfreezing import GradualUnfreezing
from kerasdl.callbacks.group_scalars import GroupScalars
from kerasdl.callbacks.lr_range_test import LRRangeTest, lr_find
from kerasdl.callbacks.one_cycle import OneCycle
from kerasdl.callbacks.resume import Resume
from kerasdl.callbacks.step_scalars import StepScalars
from kerasdl.callbacks.stop_on_non_finite import StopOnNonFinite

__all__ = [
    "AccumulationRemainder",
    "ActivationStats",
    "CosineRestarts",
    "EpochFigures",
    "FlatCosine",
    "GradualUnfreezing",
    "GroupScalars",
    "LRRangeTest",
    "OneCycle",
    "Resume",
    "StepScalars",
    "StopOnNonFinite",
    "lr_find",
]
