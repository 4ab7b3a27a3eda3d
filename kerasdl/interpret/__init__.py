"""What a trained model does: numbers in, numbers out."""

from kerasdl.interpret.classification import Classification, samples
from kerasdl.interpret.forecast import Forecast

__all__ = ["Classification", "Forecast", "samples"]
