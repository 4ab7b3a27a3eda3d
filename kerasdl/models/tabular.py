"""Networks for tables: entity embeddings for categories beside the numbers, then a multilayer perceptron."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.layers import EntityEmbeddings
from kerasdl.models.mlp import dense_stack, output_layers
from kerasdl.models.normalization import Normalization


def tabular(
    cardinalities: Sequence[int],
    numbers: int,
    *,
    classes: int | None = None,
    outputs: int | None = None,
    hidden: Sequence[int] = (200, 100),
    embedding_sizes: Sequence[int] | None = None,
    activation: str = "relu",
    normalization: Normalization = "batch",
    dropout: float | Sequence[float] = 0.0,
    embedding_dropout: float = 0.0,
    output_range: tuple[float, float] | None = None,
    classifier_activation: str | None = None,
    name: str = "tabular",
) -> keras.Model:
    """A network for a table's rows (Guo and Berkhahn, arXiv:1604.06737), as fastai's tabular learner has it.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one hidden layer each), `head_…`.

    Args:
        cardinalities: How many values each categorical column has.
        numbers: How many numbers there are beside them.
        classes: Length of the output, for a classifier.
        outputs: Length of the output, for a regression.
        hidden: Width of each hidden layer.
        embedding_sizes: Length of each categorical column's vectors; by default fastai's rule of thumb.
        activation: After each hidden layer; as for `mlp`.
        normalization: Between each hidden layer and its activation; as for `mlp`.
        dropout: Of the hidden layers' outputs, one number or one a layer.
        embedding_dropout: Of the embedded categories.
        output_range: (low, high) between which a regression's outputs lie.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: {"categories": int (batch, len(cardinalities)), "numbers": float (batch, numbers)}, less
        what there is none of, to float32 (batch, classes) or (batch, outputs).

    Raises:
        ValueError: No input at all, or as for `mlp`.

    Example:
        >>> model = kerasdl.models.tabular([10, 3], 6, classes=2)
        >>> model({"categories": np.zeros((1, 2), "int32"), "numbers": np.zeros((1, 6), "float32")}).shape
        TensorShape([1, 2])
    """
    if not cardinalities and numbers < 1:
        raise ValueError(f"A table has columns. Received: cardinalities={tuple(cardinalities)}, numbers={numbers}")
    inputs, parts = {}, []
    if cardinalities:
        inputs["categories"] = keras.Input((len(cardinalities),), dtype="int32", name="categories")
        x = EntityEmbeddings(cardinalities, embedding_sizes, name="stem_embeddings")(inputs["categories"])
        parts.append(layers.Dropout(embedding_dropout, name="stem_dropout")(x) if embedding_dropout else x)
    if numbers:
        inputs["numbers"] = keras.Input((numbers,), name="numbers")
        parts.append(inputs["numbers"])
    x = layers.Concatenate(name="stem_join")(parts) if parts[1:] else parts[0]
    x = dense_stack(x, hidden, activation=activation, normalization=normalization, dropout=dropout)
    x = output_layers(
        x, classes=classes, outputs=outputs, output_range=output_range, classifier_activation=classifier_activation
    )
    return keras.Model(inputs, x, name=name)
