"""Predictions of an exported table model for the rows of a DataFrame."""

from typing import TYPE_CHECKING

import keras
import numpy as np
from kerasdl.data.tabular.columns import raw_inputs
from kerasdl.export import Run, class_names, members, raw_columns, target_names
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

ROWS_PER_BATCH = 1024


def predict(
    exported: keras.Model, frame: "pd.DataFrame", *, spread: bool = False, run: Run | None = None
) -> "pd.DataFrame":
    """Predict the rows of a DataFrame with an exported table model.

    Args:
        exported: A model from `export.table_model`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        frame: Rows with the columns that the model was trained on, in any order; other columns are ignored.
        spread: Add how far the members of an ensemble differ, as their standard deviation: a column "NAME_spread" for
            each number, or "spread", of the probability of "class".
        run: What computes, from `export.raw_runtime`; by default Keras's `predict`.

    Returns:
        A DataFrame with the index of `frame`. For classes: "class", its "probability", and "probability_NAME" of every
        class; otherwise one column of numbers per target, in the user's units.

    Raises:
        BadInput: The model is not from `export.table_model`, or no ensemble, if `spread`; a column is missing, or a
            cell is not a number or not a date, and the message gives column and row.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> kerasdl.data.tabular.predict(keras.models.load_model("people.keras"), frame)["class"]
    """
    pd = import_optional("pandas")
    inputs = raw_inputs(frame, raw_columns(exported))
    # Keras predicts no empty batch.
    shape = (0, exported.output_shape[-1])
    compute = run or (lambda inputs: exported.predict(inputs, ROWS_PER_BATCH, verbose=0))
    outputs = compute(inputs) if len(frame) else np.empty(shape, np.float32)
    several = members(exported) if spread else None
    spreads = several.predict(inputs, ROWS_PER_BATCH, verbose=0).std(axis=1) if several and len(frame) else outputs
    if exported.layers[-1].name == "target_names":
        targets = list(target_names(exported))
        found = pd.DataFrame(outputs, frame.index, targets)
        return found.join(pd.DataFrame(spreads, frame.index, targets).add_suffix("_spread")) if spread else found
    names = class_names(exported)
    likeliest = {"class": np.array(names, object)[outputs.argmax(axis=1)], "probability": outputs.max(axis=1)}
    if spread:
        likeliest["spread"] = np.take_along_axis(spreads, outputs.argmax(axis=1)[:, None], axis=1)[:, 0]
    each = {f"probability_{name}": outputs[:, place] for place, name in enumerate(names)}
    return pd.DataFrame(likeliest | each, frame.index)
