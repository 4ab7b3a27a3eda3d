"""What a model is made of, what a sample costs, and what will apply in its training: `kerasdl.summary(model)`."""

from kerasdl.model_summary.summarize import summary
from kerasdl.model_summary.table import Row, Summary

__all__ = ["Row", "Summary", "summary"]
