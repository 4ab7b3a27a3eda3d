"""Evaluation of trained models: predictions against targets, and feature importance."""

from kerasdl.interpret.activation_maps import activation_maps
from kerasdl.interpret.averaging import average
from kerasdl.interpret.bootstrap import bootstrap
from kerasdl.interpret.calibration import Calibration
from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.filters import first_filters
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.grad_cam import grad_cam
from kerasdl.interpret.integrated_gradients import integrated_gradients
from kerasdl.interpret.language_model import LanguageModel
from kerasdl.interpret.layer_outputs import layer_outputs
from kerasdl.interpret.nearest_samples import embeddings, nearest_samples
from kerasdl.interpret.nearest_words import nearest_words
from kerasdl.interpret.occlusion import occlusion
from kerasdl.interpret.per_class import ClassScores
from kerasdl.interpret.permutation_importance import permutation_importance
from kerasdl.interpret.ranking import Curve
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.show_samples import show_batch, show_results, show_top_losses
from kerasdl.interpret.tagging import Tagging
from kerasdl.interpret.thresholds import Thresholds
from kerasdl.interpret.top_patches import Patch, top_patches
from kerasdl.interpret.weighed_text import WeighedText, heaviest_words, weighed_texts
from kerasdl.interpret.word_importance import word_importance
from kerasdl.interpret.word_page import word_page

__all__ = [
    "Calibration",
    "ClassScores",
    "Classification",
    "Curve",
    "Forecast",
    "LanguageModel",
    "Patch",
    "Regression",
    "Tagging",
    "Thresholds",
    "WeighedText",
    "activation_maps",
    "average",
    "bootstrap",
    "embeddings",
    "first_filters",
    "grad_cam",
    "heaviest_words",
    "integrated_gradients",
    "layer_outputs",
    "nearest_samples",
    "nearest_words",
    "occlusion",
    "permutation_importance",
    "samples",
    "show_batch",
    "show_results",
    "show_top_losses",
    "top_patches",
    "weighed_texts",
    "word_importance",
    "word_page",
]
