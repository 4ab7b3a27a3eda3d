"""Stock Keras optimizers whose learning rate and momentum can be moved while they train."""

from kerasdl.optimizers.steer import current_learning_rate, current_momentum, current_step, innermost, steer

__all__ = ["current_learning_rate", "current_momentum", "current_step", "innermost", "steer"]
