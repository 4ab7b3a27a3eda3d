"""AdamW: stock Keras AdamW with parameter groups and bias correction per variable."""

import keras
from kerasdl.optimizers.fused import FusedAdam
from kerasdl.optimizers.own_steps import OwnSteps
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class AdamW(ParameterGroups, OwnSteps, FusedAdam, keras.optimizers.AdamW):
    """Stock Keras `AdamW` with parameter groups and bias correction per variable.

    Adam's bias correction counts the updates of each variable. A layer unfrozen late then takes steps of the right
    size; those of the stock optimizer are up to 6.6 times too large.
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", arXiv:1711.05101.

    Args:
        *args: As for `keras.optimizers.AdamW`.
        groups: One dictionary per group: "match", a regular expression matched at the start of any part of a
            path of a variable (`stage1_`, `kernel`, `encoder/embedding`); "lr", a multiplier; "weight_decay".
            If several groups match a variable the last one wins, separately for "lr" and "weight_decay".
        **kwargs: As for `keras.optimizers.AdamW`. Biases and the scale and offset of normalization layers have no
            weight decay, unless a group that matches them sets it.

    Raises:
        ValueError: A group is not valid, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.AdamW(1e-3, weight_decay=0.01, groups=groups), "mse")
    """
