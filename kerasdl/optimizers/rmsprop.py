"""RMSprop: stock Keras RMSprop with parameter groups."""

import keras
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class RMSprop(ParameterGroups, keras.optimizers.RMSprop):
    """Stock Keras `RMSprop` with parameter groups.

    https://keras.io/api/optimizers/rmsprop; groups as in fastai and torch.

    Args:
        *args: As for `keras.optimizers.RMSprop`.
        groups: One dictionary a group: "match", a regular expression for the beginning of any part of a variable's
            path ("stage1_", "kernel", "encoder/embedding"); "lr", a multiplier of the learning rate; "weight_decay".
            Of several that match a variable the last decides, for "lr" and "weight_decay" each on its own.
        **kwargs: As for `keras.optimizers.RMSprop`. Biases and what normalization layers scale and shift with do
            not decay, unless a group that matches them says so.

    Raises:
        ValueError: A group that says nothing, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.RMSprop(1e-3, momentum=0.9, groups=groups), "mse")
    """
