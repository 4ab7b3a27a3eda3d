"""What a trained model needs around it to be used on raw data."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import layers
from kerasdl.layers import ClassNames, DateFeature, FitImage


def image_classifier(
    model: keras.Model, classes: Sequence[str], *, image_size: tuple[int, int] | None = None
) -> keras.Model:
    """Wraps a trained classifier's logits into a model of raw images: resizing before, probabilities and names after.

    Args:
        model: From images of 0..255 to logits; it does its own scaling (`preprocess=`).
        classes: Class names, in the order of the logits.
        image_size: (height, width) that the model shall see; by default the one that it is made for.

    Returns:
        A functional model that shares `model`'s weights: uint8 (batch, any height, any width, channels) to float32
        probabilities (batch, classes). `class_names(exported)` gives the names back, also after loading.

    Raises:
        ValueError: As many names as logits are needed, and an image size that the model takes.

    Example:
        >>> kerasdl.models.image_classifier(model, ["cat", "dog"]).save("pets.keras")
    """
    _, *own, channels = model.input_shape
    height, width = image_size or own
    if height is None or width is None or any(a not in (None, b) for a, b in zip(own, (height, width), strict=True)):
        raise ValueError(
            "Give the image size that the model shall see, if it takes any. "
            f"Received: image_size={image_size} for input_shape={model.input_shape}"
        )
    images = keras.Input((None, None, channels), dtype="uint8", name="images")
    logits = model(FitImage(height, width, name="fit_image")(images))
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(images, ClassNames(classes, name="class_names", dtype="float32")(probabilities))


def table_model(
    model: keras.Model,
    space: keras.utils.FeatureSpace,
    features: Mapping[str, Sequence[str]],
    *,
    classes: Sequence[str] | None = None,
    targets: Mapping[str, tuple[float, float]] | None = None,
) -> keras.Model:
    """Wraps a trained model of encoded columns into one of raw columns, which predicts in the user's units.

    Args:
        model: From {"categories", "numbers"} to logits, or to standardized numbers.
        space: A FeatureSpace from raw columns to their encodings, as a dict.
        features: Which columns make up each input of `model`, in order.
        classes: Class names, in the order of the logits.
        targets: Names of the numbers that `model` predicts, in its order, with the mean and deviation of each, instead
            of classes.

    Returns:
        A functional model that shares `model`'s weights: a dict of raw columns (batch, 1), numbers as float32 with NaN
        where missing, categories and ISO dates as text, empty where missing; to float32 probabilities
        (batch, classes), or numbers in the user's units. `raw_columns(exported)` tells what its inputs hold,
        `class_names` or `target_names` what its outputs are.

    Raises:
        ValueError: Neither `classes` nor `targets`, or both.

    Example:
        >>> exported = kerasdl.models.table_model(model, people.space, people.features, classes=people.classes)
        >>> exported({"age": tf.constant([[39.0]]), "job": tf.constant([["clerk"]])})
    """
    if (classes is None) == (targets is None):
        raise ValueError(f"Give either classes or targets. Received: classes={classes}, targets={targets}")
    inputs, encoded = dict(space.get_inputs()), space.get_encoded_features()
    columns = {part: [encoded[key] for key in keys] for part, keys in features.items()}
    outputs = model({part: layers.Concatenate()(found) if found[1:] else found[0] for part, found in columns.items()})
    if classes is not None:
        probabilities = layers.Softmax(dtype="float32", name="probabilities")(outputs)
        return keras.Model(inputs, ClassNames(classes, name="class_names", dtype="float32")(probabilities))
    assert targets is not None
    mean, std = ([float(value) for value in values] for values in zip(*targets.values(), strict=True))
    numbers = layers.Rescaling(std, mean, dtype="float32", name="user_units")(outputs)
    return keras.Model(inputs, ClassNames(list(targets), name="target_names", dtype="float32")(numbers))


def series_model(model: keras.Model, scale: tuple[Any, Any]) -> keras.Model:
    """Wraps a trained forecaster into one that takes and gives the user's units.

    Args:
        model: From standardized windows to standardized futures, of which the first channels are the outputs.
        scale: (mean, std), a number a channel of the windows.

    Returns:
        A functional model that shares `model`'s weights: float32 (batch, lookback, channels) to float32 (batch,
        horizon, outputs), both in the user's units.

    Raises:
        ValueError: As many numbers as channels are needed.

    Example:
        >>> exported = kerasdl.models.series_model(model, (air.scale.mean, air.scale.std))
        >>> exported.predict(air.values[None, -air.lookback :])
    """
    mean, std = ([float(value) for value in values] for values in scale)
    _, lookback, channels = model.input_shape
    if not len(mean) == len(std) == channels:
        raise ValueError(
            f"One mean and deviation a channel. Received: {len(mean)} and {len(std)} for windows of {channels} channels"
        )
    outputs = model.output_shape[-1]
    window = keras.Input((lookback, channels), dtype="float32", name="window")
    # First the one, then the other: a single multiplication and addition would lose the digits of a high level.
    centred = keras.layers.Rescaling(1.0, [-value for value in mean], dtype="float32", name="centre")(window)
    scaled = keras.layers.Rescaling([1 / value for value in std], dtype="float32", name="scale")(centred)
    units = keras.layers.Rescaling(std[:outputs], mean[:outputs], dtype="float32", name="units")
    return keras.Model(window, units(model(scaled)))


def raw_columns(exported: keras.Model) -> dict[str, tuple[Literal["number", "category", "date"], str | None]]:
    """What the inputs of an exported model of tables hold, and how dates were written in training.

    Args:
        exported: A model from `table_model`, as made or as loaded.

    Raises:
        ValueError: A model that takes something else than raw columns.

    Example:
        >>> raw_columns(keras.models.load_model("people.keras"))
        {'age': ('number', None), 'job': ('category', None), 'since': ('date', '%d.%m.%Y')}
    """
    if not isinstance(exported.input, dict):
        raise ValueError(f"This model takes no raw columns: export it by table_model. Received: {exported.name!r}")
    dates = {layer.input.name: layer.form for layer in exported.layers if isinstance(layer, DateFeature)}

    def held_by(name: str, column: Any) -> tuple[Literal["number", "category", "date"], str | None]:
        if name in dates:
            return "date", dates[name]
        return "number" if keras.backend.is_float_dtype(column.dtype) else "category", None

    return {name: held_by(name, column) for name, column in exported.input.items()}


def class_names(exported: keras.Model) -> tuple[str, ...]:
    """The class names that travel in an exported classifier.

    Args:
        exported: A model from `image_classifier`, as made or as loaded.

    Returns:
        One name a column of its output.

    Raises:
        ValueError: The model carries no names.

    Example:
        >>> class_names(keras.models.load_model("pets.keras"))
        ('cat', 'dog')
    """
    return _names(exported, "class_names")


def target_names(exported: keras.Model) -> tuple[str, ...]:
    """The names of the numbers that an exported model predicts.

    Args:
        exported: A model from `table_model`, as made or as loaded.

    Returns:
        One name a column of its output.

    Raises:
        ValueError: The model carries no such names.

    Example:
        >>> target_names(keras.models.load_model("houses.keras"))
        ('price',)
    """
    return _names(exported, "target_names")


def _names(exported: keras.Model, layer_name: str) -> tuple[str, ...]:
    for layer in exported.layers:
        if isinstance(layer, ClassNames) and layer.name == layer_name:
            return layer.names
    raise ValueError(
        f"This model carries no {layer_name.replace('_', ' ')}: export it by image_classifier or table_model. "
        f"Received: {exported.name!r}"
    )
