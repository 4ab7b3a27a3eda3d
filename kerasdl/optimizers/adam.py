"""Adam: stock Keras Adam with parameter groups and a debias for each variable."""

import keras
from kerasdl.optimizers.own_steps import OwnSteps
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class Adam(ParameterGroups, OwnSteps, keras.optimizers.Adam):
    """Stock Keras `Adam` with parameter groups and a debias for each variable.

    With its own debias a layer that thaws late takes right-sized steps, where stock's are up to 6.6 times too large.
    Kingma and Ba, arXiv:1412.6980.

    Args:
        *args: As for `keras.optimizers.Adam`.
        groups: One dictionary a group: "match", a regular expression for the beginning of any part of a variable's
            path ("stage1_", "kernel", "encoder/embedding"); "lr", a multiplier of the learning rate; "weight_decay".
            Of several that match a variable the last decides, for "lr" and "weight_decay" each on its own.
        **kwargs: As for `keras.optimizers.Adam`. Biases and what normalization layers scale and shift with do
            not decay, unless a group that matches them says so.

    Raises:
        ValueError: A group that says nothing, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.Adam(1e-3, groups=groups), "mse")
    """
