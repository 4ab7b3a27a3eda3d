"""AdamW: stock Keras AdamW with parameter groups and a debias for each variable."""

import keras
from kerasdl.optimizers.own_steps import OwnSteps
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class AdamW(ParameterGroups, OwnSteps, keras.optimizers.AdamW):
    """Stock Keras `AdamW` with parameter groups and a debias for each variable.

    With its own debias a layer that thaws late takes right-sized steps, where stock's are up to 6.6 times too large.
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", arXiv:1711.05101.

    Args:
        *args: As for `keras.optimizers.AdamW`.
        groups: One dictionary a group: "match", a regular expression for the beginning of any part of a variable's
            path ("stage1_", "kernel", "encoder/embedding"); "lr", a multiplier of the learning rate; "weight_decay".
            Of several that match a variable the last decides, for "lr" and "weight_decay" each on its own.
        **kwargs: As for `keras.optimizers.AdamW`. Biases and what normalization layers scale and shift with do
            not decay, unless a group that matches them says so.

    Raises:
        ValueError: A group that says nothing, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.AdamW(1e-3, weight_decay=0.01, groups=groups), "mse")
    """
