"""Layers that Keras lacks."""

from kerasdl.layers.activation_regularization import ActivationRegularization
from kerasdl.layers.batch_normalization import BatchNormalization
from kerasdl.layers.batch_renormalization import BatchRenormalization
from kerasdl.layers.carried_state import CarriedState
from kerasdl.layers.chunked_encoder import ChunkedEncoder
from kerasdl.layers.class_names import ClassNames
from kerasdl.layers.concat_pooling_1d import ConcatPooling1D
from kerasdl.layers.conv_2d import Conv2D
from kerasdl.layers.date_feature import DateFeature
from kerasdl.layers.embedding_bag import EmbeddingBag
from kerasdl.layers.ensemble_dense import EnsembleDense
from kerasdl.layers.ensemble_mean import EnsembleMean
from kerasdl.layers.entity_embeddings import EntityEmbeddings
from kerasdl.layers.fit_image import FitImage
from kerasdl.layers.identity_shortcut import IdentityShortcut
from kerasdl.layers.last_step import LastStep
from kerasdl.layers.log_mel_spectrogram import LogMelSpectrogram
from kerasdl.layers.mask_nan import MaskNaN
from kerasdl.layers.masked_conv_1d import MaskedConv1D
from kerasdl.layers.n_grams import NGrams, n_gram_buckets, n_gram_codes
from kerasdl.layers.naive_bayes import NaiveBayes
from kerasdl.layers.number_feature import NumberFeature
from kerasdl.layers.piecewise_linear_embeddings import PiecewiseLinearEmbeddings
from kerasdl.layers.prediction_intervals import PredictionIntervals
from kerasdl.layers.reverse_tokens import ReverseTokens
from kerasdl.layers.ridge_forecast import RidgeForecast
from kerasdl.layers.ridge_regression import cross_validated_ridge, ridge_regression
from kerasdl.layers.sorted_quantiles import SortedQuantiles
from kerasdl.layers.text_rules import character_rules, text_rules, whitespace_rules
from kerasdl.layers.tied_embedding import TiedEmbedding
from kerasdl.layers.weight_drop_lstm import WeightDropLSTM
from kerasdl.layers.window_forecast import WindowForecast
from kerasdl.layers.window_normalization import WindowNormalization

__all__ = [
    "ActivationRegularization",
    "BatchNormalization",
    "BatchRenormalization",
    "CarriedState",
    "ChunkedEncoder",
    "ClassNames",
    "ConcatPooling1D",
    "Conv2D",
    "DateFeature",
    "EmbeddingBag",
    "EnsembleDense",
    "EnsembleMean",
    "EntityEmbeddings",
    "FitImage",
    "IdentityShortcut",
    "LastStep",
    "LogMelSpectrogram",
    "MaskNaN",
    "MaskedConv1D",
    "NGrams",
    "NaiveBayes",
    "NumberFeature",
    "PiecewiseLinearEmbeddings",
    "PredictionIntervals",
    "ReverseTokens",
    "RidgeForecast",
    "SortedQuantiles",
    "TiedEmbedding",
    "WeightDropLSTM",
    "WindowForecast",
    "WindowNormalization",
    "character_rules",
    "cross_validated_ridge",
    "n_gram_buckets",
    "n_gram_codes",
    "ridge_regression",
    "text_rules",
    "whitespace_rules",
]
