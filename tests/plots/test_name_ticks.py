import numpy as np
from kerasdl import plots
from kerasdl.plots.literal_text import NO_LETTER
from kerasdl.plots.name_ticks import name_ticks


def test_names_are_drawn_as_they_are():
    """No formula, and no warning of letters that no font has."""
    figure = plots.confusion(np.eye(2), ["a", "b"])
    name_ticks(figure.axes[0].yaxis, [0, 1], ["cost $a$ in $", "\U000e0fff"], fontsize=7)
    figure.draw_without_rendering()
    first, second = figure.axes[0].get_yticklabels()
    assert (first.get_text(), second.get_text()) == ("cost $a$ in $", NO_LETTER)
    assert not first.get_parse_math()
    assert first.get_fontsize() == 7
