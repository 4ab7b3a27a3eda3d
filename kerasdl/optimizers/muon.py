"""Muon: stock Keras Muon with parameter groups and bias correction per variable."""

import keras
from kerasdl.optimizers.own_steps import OwnSteps
from kerasdl.optimizers.parameter_groups import ParameterGroups


@keras.saving.register_keras_serializable("kerasdl")
class Muon(ParameterGroups, OwnSteps, keras.optimizers.Muon):
    """Stock Keras `Muon` with parameter groups and bias correction per variable.

    Matrices get orthogonalized steps; all other variables (biases, convolutions, embeddings, `exclude_layers`) get
    those of AdamW. The multiplier of a group and its weight decay apply to both. Without a group, matrices decay by
    `weight_decay` and the others by `adam_weight_decay`.
    Jordan et al., https://kellerjordan.github.io/posts/muon; Liu et al., arXiv:2502.16982.

    Args:
        *args: As for `keras.optimizers.Muon`.
        groups: One dictionary per group: "match", a regular expression matched at the start of any part of a
            path of a variable (`stage1_`, `kernel`, `encoder/embedding`); "lr", a multiplier; "weight_decay".
            If several groups match a variable the last one wins, separately for "lr" and "weight_decay".
        **kwargs: As for `keras.optimizers.Muon`. Biases and the scale and offset of normalization layers have no
            weight decay, unless a group that matches them sets it.

    Raises:
        ValueError: A group is not valid, or (when the optimizer is built) matches no variable.

    Example:
        >>> groups = kerasdl.groups.discriminative(model, factor=2.6)
        >>> optimizer = kerasdl.optimizers.Muon(1e-3, exclude_layers=["head_logits"], groups=groups)
        >>> model.compile(optimizer, "mse")
    """

    def _own_decay(self, index: int) -> float | None:
        return self.weight_decay if self.adam_velocities[index] is None else self.adam_weight_decay
