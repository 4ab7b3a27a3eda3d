"""What a trained model does: numbers in, numbers out."""

from kerasdl.interpret.classification import Classification, samples

__all__ = ["Classification", "samples"]
