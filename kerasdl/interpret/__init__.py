"""Evaluation of trained models: predictions against targets, and feature importance."""

from kerasdl.interpret.averaging import average
from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.language_model import LanguageModel
from kerasdl.interpret.nearest_words import nearest_words
from kerasdl.interpret.permutation_importance import permutation_importance
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.show_samples import show_batch, show_results, show_top_losses
from kerasdl.interpret.tagging import Tagging
from kerasdl.interpret.weighed_text import WeighedText, heaviest_words, weighed_texts
from kerasdl.interpret.word_importance import word_importance
from kerasdl.interpret.word_page import word_page

__all__ = [
    "Classification",
    "Forecast",
    "LanguageModel",
    "Regression",
    "Tagging",
    "WeighedText",
    "average",
    "heaviest_words",
    "nearest_words",
    "permutation_importance",
    "samples",
    "show_batch",
    "show_results",
    "show_top_losses",
    "weighed_texts",
    "word_importance",
    "word_page",
]
