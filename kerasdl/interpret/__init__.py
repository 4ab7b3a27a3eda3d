"""Evaluation of trained models: predictions against targets, and feature importance."""

from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.permutation_importance import permutation_importance
from kerasdl.interpret.regression import Regression

__all__ = ["Classification", "Forecast", "Regression", "permutation_importance", "samples"]
