"""Numbers by hand: each is positions times inputs times outputs."""

import keras
import pytest
from keras import layers
from kerasdl.layers import NaiveBayes, RidgeForecast, TiedEmbedding, WeightDropLSTM
from kerasdl.model_summary.calls import calls


def multiply_adds(*stack: layers.Layer, shape: tuple[int, ...]) -> int | None:
    model = keras.Sequential([keras.Input(shape), *stack])
    return calls(model, [keras.KerasTensor((1, *shape))])[-1].multiply_adds


IMAGE, SEQUENCE = (6, 8, 3), (5, 3)
BY_HAND = {
    "Dense": (layers.Dense(7), (4,), 4 * 7),
    "Dense of each step": (layers.Dense(7), (5, 4), 5 * 4 * 7),
    "EinsumDense": (layers.EinsumDense("abc,cde->abde", (None, 2, 7)), (5, 4), 5 * 4 * 2 * 7),
    "EinsumDense, any rank": (layers.EinsumDense("...x,xy->...y", 7), (5, 6, 4), 5 * 6 * 4 * 7),
    "Conv1D": (layers.Conv1D(7, 3), SEQUENCE, 3 * (3 * 3 * 7)),
    "Conv2D": (layers.Conv2D(7, 3, strides=2, padding="same"), IMAGE, (3 * 4) * (3 * 3 * 3 * 7)),
    "Conv2D, dilated": (layers.Conv2D(7, 3, dilation_rate=2), IMAGE, (2 * 4) * (3 * 3 * 3 * 7)),
    "Conv2D in groups": (layers.Conv2D(6, 3, groups=3), IMAGE, (4 * 6) * (3 * 3 * 1 * 6)),
    "Conv2D, channels first": (layers.Conv2D(7, 3, data_format="channels_first"), (3, 6, 8), (4 * 6) * (9 * 3 * 7)),
    "Conv3D": (layers.Conv3D(7, 2), (3, 4, 5, 2), (2 * 3 * 4) * (8 * 2 * 7)),
    "Conv1DTranspose": (layers.Conv1DTranspose(7, 3, strides=2), SEQUENCE, 5 * (3 * 3 * 7)),
    "Conv2DTranspose": (layers.Conv2DTranspose(7, 3, strides=2), IMAGE, (6 * 8) * (9 * 3 * 7)),
    "DepthwiseConv1D": (layers.DepthwiseConv1D(3, depth_multiplier=2), SEQUENCE, 3 * (3 * 3 * 2)),
    "DepthwiseConv2D": (layers.DepthwiseConv2D(3), IMAGE, (4 * 6) * (9 * 3)),
    "SeparableConv2D": (layers.SeparableConv2D(7, 3), IMAGE, (4 * 6) * (9 * 3 + 3 * 7)),
    "LSTM": (layers.LSTM(7), SEQUENCE, 5 * 4 * (3 + 7) * 7),
    "GRU": (layers.GRU(7), SEQUENCE, 5 * 3 * (3 + 7) * 7),
    "SimpleRNN": (layers.SimpleRNN(7), SEQUENCE, 5 * (3 + 7) * 7),
    "WeightDropLSTM": (WeightDropLSTM(7), SEQUENCE, 5 * 4 * (3 + 7) * 7),
    "stacked cells": (
        layers.RNN(layers.StackedRNNCells([layers.SimpleRNNCell(7), layers.GRUCell(2)])),
        SEQUENCE,
        5 * ((3 + 7) * 7 + 3 * (7 + 2) * 2),
    ),
    "Embedding": (layers.Embedding(9, 7), (5,), 0),
    "BatchNormalization": (layers.BatchNormalization(), IMAGE, 0),
    "MaxPooling2D": (layers.MaxPooling2D(), IMAGE, 0),
    "NaiveBayes": (NaiveBayes(9, 2), (5,), 5 * 2),
    # A layer with weights is never silently nothing.
    "ConvLSTM1D": (layers.ConvLSTM1D(7, 3), (5, 6, 3), None),
}


@pytest.mark.parametrize(("layer", "shape", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_one_layer(layer, shape, expected):
    assert multiply_adds(layer, shape=shape) == expected


def of(outputs: keras.KerasTensor, *inputs: keras.KerasTensor) -> int:
    model = keras.Model(list(inputs), outputs)
    return sum(
        call.multiply_adds for call in calls(model, [keras.KerasTensor((1, *each.shape[1:])) for each in inputs])
    )


def test_attention():
    query, value = keras.Input((5, 6)), keras.Input((7, 4))
    projections = 5 * 6 * (2 * 3) + 7 * 4 * (2 * 3) + 7 * 4 * (2 * 8) + 5 * (2 * 8) * 6
    assert of(layers.MultiHeadAttention(2, 3, value_dim=8)(query, value), query, value) == (
        projections + 5 * 7 * 2 * (3 + 8)
    )
    # Two heads of keys and values serve four of queries.
    projections = 2 * 5 * 6 * (4 * 3) + 2 * 5 * 6 * (2 * 3)
    assert of(layers.GroupQueryAttention(3, 4, 2)(query, query), query) == projections + 5 * 5 * 4 * (3 + 3)
    short = keras.Input((7, 6))
    assert of(layers.Attention()([query, short]), query, short) == 5 * 7 * (6 + 6)


def test_a_ridge_regression_multiplies_the_whole_window():
    change, window = keras.Input((2, 1)), keras.Input((5, 3))
    assert of(RidgeForecast()([change, window]), change, window) == 5 * 3 * 2


def test_products_between_layers():
    left, right = keras.Input((5, 6)), keras.Input((6, 4))
    assert of(layers.Dot(axes=(2, 1))([left, right]), left, right) == 5 * 6 * 4
    assert of(keras.ops.matmul(left, right), left, right) == 5 * 6 * 4
    found = calls(keras.Model([left, right], keras.ops.einsum("bij,bjk->bik", left, right)), [left, right])
    assert [call.multiply_adds for call in found] == [None]


def test_a_tied_embedding_is_free_forwards_and_a_product_backwards():
    tokens, embedding = keras.Input((5,), dtype="int32"), TiedEmbedding(9, 4)
    assert of(embedding(embedding(tokens), reverse=True), tokens) == 5 * 4 * 9
