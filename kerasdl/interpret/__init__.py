"""Evaluation of trained models: predictions against targets, and feature importance."""

from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.language_model import LanguageModel
from kerasdl.interpret.nearest_words import nearest_words
from kerasdl.interpret.permutation_importance import permutation_importance
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.tagging import Tagging

__all__ = [
    "Classification",
    "Forecast",
    "LanguageModel",
    "Regression",
    "Tagging",
    "nearest_words",
    "permutation_importance",
    "samples",
]
