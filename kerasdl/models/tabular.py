"""Networks for tables: embeddings of categories and numbers, then a multilayer perceptron, or an ensemble of them."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import EntityEmbeddings, PiecewiseLinearEmbeddings
from kerasdl.models.heads import output_layers
from kerasdl.models.mlp import dense_stack
from kerasdl.models.normalization import Normalization


@known_arguments()
def tabular(
    cardinalities: Sequence[int],
    numbers: int,
    *,
    classes: int | None = None,
    outputs: int | None = None,
    hidden: Sequence[int] = (200, 100),
    embedding_sizes: Sequence[int] | None = None,
    edges: Sequence[Sequence[float]] | None = None,
    ensemble: int | None = None,
    activation: str = "relu",
    normalization: Normalization = "batch",
    dropout: float | Sequence[float] = 0.0,
    embedding_dropout: float = 0.0,
    output_range: tuple[float, float] | None = None,
    quantiles: Sequence[float] | None = None,
    classifier_activation: str | None = None,
    name: str = "tabular",
) -> keras.Model:
    """A network for table rows (Guo and Berkhahn, arXiv:1604.06737), as in fastai's tabular learner.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per hidden layer), `head_…`.

    With `ensemble` it is several networks in one that share their kernels (TabM; Gorishniy et al., arXiv:2410.24210),
    each trained by its own loss: squared error or cross-entropy (`layers.EnsembleMean`), or pinball loss. It predicts
    their mean, for classes that of the probabilities; `export.members` gives the prediction of each.

    Args:
        cardinalities: Number of values of each categorical column.
        numbers: Number of numeric columns.
        classes: Number of logits, for a classifier.
        outputs: Number of outputs, for a regression.
        hidden: Width of each hidden layer.
        embedding_sizes: Embedding size of each categorical column; by default fastai's rule of thumb.
        edges: Edges of intervals of each numeric column (`Table.edges`), for `PiecewiseLinearEmbeddings`; by default
            numbers enter as they are.
        ensemble: Number of networks.
        activation: As for `mlp`.
        normalization: As for `mlp`.
        dropout: Dropout rate of the hidden layers, one number or one per layer.
        embedding_dropout: Dropout rate of the embeddings.
        output_range: (low, high) of a regression's outputs.
        quantiles: Which quantiles of one target the outputs are, such as (0.05, 0.5, 0.95), for `losses.Pinball`. They
            are in order, and of an ensemble the means.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: {"categories": int (batch, len(cardinalities)), "numbers": float (batch, numbers)}, without
        the entry that has no columns, to float32 (batch, classes) or (batch, outputs).

    Raises:
        ValueError: No columns; edges for another number of columns; an ensemble without hidden layers; quantiles that
            do not increase, or of another number than `outputs`; or as for `mlp`.

    Example:
        >>> model = kerasdl.models.tabular([10, 3], 6, classes=2)
        >>> model({"categories": np.zeros((1, 2), "int32"), "numbers": np.zeros((1, 6), "float32")}).shape
        TensorShape([1, 2])
    """
    if not cardinalities and numbers < 1:
        raise ValueError(
            "The table must have at least one column. "
            f"Received: cardinalities={tuple(cardinalities)}, numbers={numbers}"
        )
    inputs, parts = {}, []
    if cardinalities:
        inputs["categories"] = keras.Input((len(cardinalities),), dtype="int32", name="categories")
        x = EntityEmbeddings(cardinalities, embedding_sizes, name="stem_embeddings")(inputs["categories"])
        parts.append(layers.Dropout(embedding_dropout, name="stem_dropout")(x) if embedding_dropout else x)
    if numbers:
        inputs["numbers"] = keras.Input((numbers,), name="numbers")
        x = inputs["numbers"]
        parts.append(x if edges is None else PiecewiseLinearEmbeddings(edges, name="stem_intervals")(x))
    x = layers.Concatenate(name="stem_join")(parts) if parts[1:] else parts[0]
    x = dense_stack(x, hidden, activation=activation, normalization=normalization, dropout=dropout, ensemble=ensemble)
    x = output_layers(
        x,
        classes=classes,
        outputs=outputs,
        output_range=output_range,
        quantiles=quantiles,
        classifier_activation=classifier_activation,
        ensemble=ensemble,
    )
    return keras.Model(inputs, x, name=name)
