"""Plots of given numbers, on given Axes or on a new figure. Nothing here computes results or saves files.

Figures are created without pyplot and its state. A notebook shows a figure at the end of a cell;
`figure.savefig("confusion.png")` saves it.
"""

from kerasdl.plots.activations import activation_stats, group_scalars
from kerasdl.plots.attention import attention
from kerasdl.plots.charts import bars, fan, importance, line_sheet, lines
from kerasdl.plots.classification import confusion, most_confused, per_class
from kerasdl.plots.figure import Figure
from kerasdl.plots.filters import activation_grid, filter_sheet, patch_rows
from kerasdl.plots.heatmaps import heat_maps
from kerasdl.plots.images import image_sheet
from kerasdl.plots.piano_rolls import piano_roll
from kerasdl.plots.probabilities import precision_recall, reliability, roc, thresholds
from kerasdl.plots.regression import residuals
from kerasdl.plots.spectrograms import spectrogram_sheet, weighed_lines
from kerasdl.plots.surfaces import animation, neurons, paths, surface
from kerasdl.plots.tables import table_sheet
from kerasdl.plots.texts import text_sheet
from kerasdl.plots.training import curves, lr_range, schedule

__all__ = [
    "Figure",
    "activation_grid",
    "activation_stats",
    "animation",
    "attention",
    "bars",
    "confusion",
    "curves",
    "fan",
    "filter_sheet",
    "group_scalars",
    "heat_maps",
    "image_sheet",
    "importance",
    "line_sheet",
    "lines",
    "lr_range",
    "most_confused",
    "neurons",
    "patch_rows",
    "paths",
    "per_class",
    "piano_roll",
    "precision_recall",
    "reliability",
    "residuals",
    "roc",
    "schedule",
    "spectrogram_sheet",
    "surface",
    "table_sheet",
    "text_sheet",
    "thresholds",
    "weighed_lines",
]
