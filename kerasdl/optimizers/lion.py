"""Lion: stock Keras Lion with parameter groups."""

import keras
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class Lion(ParameterGroups, keras.optimizers.Lion):
    """Stock Keras `Lion` with parameter groups.

    Every step is as large as the learning rate of the group, whatever the gradient. The paper advises a rate 3 to 10
    times smaller than that of AdamW, and a weight decay as many times larger.
    Chen et al., "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675.

    Args:
        *args: As for `keras.optimizers.Lion`.
        groups: One dictionary per group: "match", a regular expression matched at the start of any part of a
            path of a variable (`stage1_`, `kernel`, `encoder/embedding`); "lr", a multiplier; "weight_decay".
            If several groups match a variable the last one wins, separately for "lr" and "weight_decay".
        **kwargs: As for `keras.optimizers.Lion`. Biases and the scale and offset of normalization layers have no
            weight decay, unless a group that matches them sets it.

    Raises:
        ValueError: A group is not valid, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> model.compile(kerasdl.optimizers.Lion(1e-4, weight_decay=0.1, groups=groups), "mse")
    """
