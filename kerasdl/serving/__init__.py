"""A server that answers requests with the model of a run, as recipes/predict.py does."""

from kerasdl.app.trained import Runtime, Trained
from kerasdl.serving.application import application
from kerasdl.serving.server import serve

__all__ = ["Runtime", "Trained", "application", "serve"]
