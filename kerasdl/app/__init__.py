"""A page to try the model of a run: what it answers, why, and what it cannot tell."""

from kerasdl.app.server import serve

__all__ = ["serve"]
