"""What a trained model does: numbers in, numbers out."""

from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.permutation_importance import permutation_importance
from kerasdl.interpret.regression import Regression

__all__ = ["Classification", "Regression", "permutation_importance", "samples"]
