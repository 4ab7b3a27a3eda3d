"""Heads: what a trained body needs to learn something else."""

import keras
from keras.src.models.functional import Functional


def new_head(model: keras.Model, classes: int) -> keras.Model:
    """A trained classifier's body under a new, untrained layer of logits.

    Args:
        model: A model of a kerasdl builder, or one from `image_classifier`, as made or as loaded.
        classes: Length of the new output.

    Returns:
        A functional model that shares the body's layers, with logits in float32 named `head_logits`; freeze the body
        with `groups.freeze_to` or `callbacks.GradualUnfreezing`.

    Raises:
        ValueError: A model without a layer named `head_logits`, here or one model deep.

    Example:
        >>> pets = kerasdl.models.new_head(keras.models.load_model("flowers.keras"), classes=37)
        >>> optimizer = kerasdl.optimizers.AdamW(groups=kerasdl.groups.discriminative(pets))
    """
    for each in (model, *[layer for layer in model.layers if isinstance(layer, Functional)]):
        if any(layer.name == "head_logits" for layer in each.layers):
            features = each.get_layer("head_logits").input
            logits = keras.layers.Dense(classes, dtype="float32", name="head_logits")(features)
            return keras.Model(each.inputs, logits, name=each.name)
    raise ValueError(
        "A new head takes the place of a layer named 'head_logits', as kerasdl's builders have it. "
        f"Received: model {model.name!r} with layers {[layer.name for layer in model.layers][-3:]}"
    )
