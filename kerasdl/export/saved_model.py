"""TensorFlow's SavedModel: the whole model, strings included, with named inputs and outputs."""

from pathlib import Path
from typing import Any

import keras
from kerasdl.export.numeric_core import output_name
from kerasdl.layers import ClassNames


def to_saved_model(exported: keras.Model, folder: Path) -> Path:
    """Write a SavedModel that TensorFlow Serving, `tf.saved_model.load` and other languages run without Keras.

    Args:
        exported: A model of raw input.
        folder: Where to write it.

    Returns:
        The folder. Its signature "serving_default" takes the model's inputs by name and returns "probabilities",
        "forecast" or "predictions"; a classifier also "classes", the names of the columns.

    Example:
        >>> folder = to_saved_model(keras.models.load_model("pets.keras"), Path("saved_model"))
        >>> served = tf.saved_model.load(str(folder))
        >>> sorted(served.signatures["serving_default"](images=tf.zeros((1, 64, 64, 3), tf.uint8)))
        ['classes', 'probabilities']
    """
    import tensorflow as tf

    name, last = output_name(exported), exported.layers[-1]
    names = list(last.names) if isinstance(last, ClassNames) and name == "probabilities" else None

    def serve(inputs: Any) -> dict[str, Any]:
        found = {name: exported(inputs, training=False)}
        return found | ({"classes": tf.constant(names)} if names else {})

    archive = keras.export.ExportArchive()
    archive.track(exported)
    signature = keras.tree.map_structure(
        lambda each: tf.TensorSpec(each.shape, each.dtype, name=each.name), exported.input
    )
    archive.add_endpoint("serve", serve, input_signature=[signature])
    archive.write_out(str(folder), verbose=False)
    return folder
