"""Builders: functions that return functional Keras models with float32 outputs, logits or numbers."""

from kerasdl.export import class_names, image_classifier, raw_columns, series_model, table_model, target_names
from kerasdl.models.cifar_resnet import cifar_resnet
from kerasdl.models.convnet import convnet
from kerasdl.models.encoder_decoder import encoder_decoder, greedy_decode
from kerasdl.models.encoders import encoder_sizes, encoder_words, load_encoder, save_encoder
from kerasdl.models.forecaster import forecaster
from kerasdl.models.heads import fastai_head, linear_head
from kerasdl.models.language_model import awd_lstm, language_model
from kerasdl.models.lstm_fcn import lstm_fcn
from kerasdl.models.mlp import mlp
from kerasdl.models.music_model import continue_music, music_model
from kerasdl.models.ngram_classifier import ngram_classifier
from kerasdl.models.normalization import Normalization
from kerasdl.models.pretrained import load_weights
from kerasdl.models.recurrent import recurrent
from kerasdl.models.replace_head import replace_head, split_head
from kerasdl.models.resnet import resnet, resnet8, resnet10, resnet18, resnet34, resnet50, resnet101, resnet152
from kerasdl.models.resnet_1d import resnet_1d
from kerasdl.models.tabular import tabular
from kerasdl.models.text_classifier import text_classifier
from kerasdl.models.word_vectors import load_vectors

__all__ = [
    "Normalization",
    "awd_lstm",
    "cifar_resnet",
    "class_names",
    "continue_music",
    "convnet",
    "encoder_decoder",
    "encoder_sizes",
    "encoder_words",
    "fastai_head",
    "forecaster",
    "greedy_decode",
    "image_classifier",
    "language_model",
    "linear_head",
    "load_encoder",
    "load_vectors",
    "load_weights",
    "lstm_fcn",
    "mlp",
    "music_model",
    "ngram_classifier",
    "raw_columns",
    "recurrent",
    "replace_head",
    "resnet",
    "resnet8",
    "resnet10",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet_1d",
    "save_encoder",
    "series_model",
    "split_head",
    "table_model",
    "tabular",
    "target_names",
    "text_classifier",
]
