"""Lamb: stock Keras Lamb with parameter groups and bias correction per variable."""

import keras
from kerasdl.optimizers.own_steps import OwnSteps
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class Lamb(ParameterGroups, OwnSteps, keras.optimizers.Lamb):
    """Stock Keras `Lamb` with parameter groups and bias correction per variable.

    The learning rate of a group multiplies the trust ratio of each variable. Weight decay is decoupled, as in Keras;
    that of the paper is part of the update whose norm the trust ratio takes.
    You et al., "Large Batch Optimization for Deep Learning", arXiv:1904.00962.

    Args:
        *args: As for `keras.optimizers.Lamb`.
        groups: One dictionary per group: "match", a regular expression matched at the start of any part of a
            path of a variable (`stage1_`, `kernel`, `encoder/embedding`); "lr", a multiplier; "weight_decay".
            If several groups match a variable the last one wins, separately for "lr" and "weight_decay".
        **kwargs: As for `keras.optimizers.Lamb`. Biases and the scale and offset of normalization layers have no
            weight decay, unless a group that matches them sets it.

    Raises:
        ValueError: A group is not valid, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.Lamb(1e-3, weight_decay=0.01, groups=groups), "mse")
    """
