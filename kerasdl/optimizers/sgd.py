"""SGD: stock Keras SGD with parameter groups."""

import keras
from kerasdl.optimizers.fused import FusedMomentum
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class SGD(ParameterGroups, FusedMomentum, keras.optimizers.SGD):
    """Stock Keras `SGD` with parameter groups.

    https://keras.io/api/optimizers/sgd; groups as in fastai and torch.

    Args:
        *args: As for `keras.optimizers.SGD`.
        groups: One dictionary per group: "match", a regular expression matched at the start of any part of a
            path of a variable (`stage1_`, `kernel`, `encoder/embedding`); "lr", a multiplier; "weight_decay".
            If several groups match a variable the last one wins, separately for "lr" and "weight_decay".
        **kwargs: As for `keras.optimizers.SGD`. Biases and the scale and offset of normalization layers have no
            weight decay, unless a group that matches them sets it.

    Raises:
        ValueError: A group is not valid, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.SGD(0.1, momentum=0.9, groups=groups), "mse")
    """
