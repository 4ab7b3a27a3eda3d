"""Stock Keras optimizers with parameter groups, and schedules of learning rate and momentum inside the traced step."""

from kerasdl.optimizers.adam import Adam
from kerasdl.optimizers.adamw import AdamW
from kerasdl.optimizers.lamb import Lamb
from kerasdl.optimizers.lion import Lion
from kerasdl.optimizers.muon import Muon
from kerasdl.optimizers.rmsprop import RMSprop
from kerasdl.optimizers.sgd import SGD
from kerasdl.optimizers.steer import (
    current_learning_rate,
    current_momentum,
    current_step,
    in_step,
    innermost,
    scale_learning_rate,
    steer,
)

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Lamb",
    "Lion",
    "Muon",
    "RMSprop",
    "current_learning_rate",
    "current_momentum",
    "current_step",
    "in_step",
    "innermost",
    "scale_learning_rate",
    "steer",
]
