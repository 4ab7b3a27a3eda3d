import numpy as np
import pytest
from kerasdl.plots import spectrogram_sheet, weighed_lines
from kerasdl.plots.spectrograms import signed

NAN = np.nan


def test_a_spectrogram_ends_with_its_sound_and_names_its_bands():
    spectra = np.arange(2 * 10 * 3.0).reshape(2, 10, 3)
    spectra[1, 4:] = NAN
    figure = spectrogram_sheet(spectra, ["yes", "no"], hop=0.5, bands=[100, 1000, 4000])
    first, second = figure.axes
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("yes", "no")
    # Bands go up, time to the right.
    assert first.images[0].get_array().tolist() == spectra[0].T.tolist()
    assert (first.images[0].get_extent()[1], second.images[0].get_extent()[1]) == (5, 2)
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["100", "1,000", "4,000"]


def test_what_weighed_stands_beside_its_spectrogram_in_colors_around_0():
    maps = np.zeros((1, 4, 2))
    maps[0, 1, 1] = -2.0
    figure = spectrogram_sheet(np.ones((1, 4, 2)), ["yes"], hop=0.1, bands=[1, 2], maps=maps)
    image = figure.axes[1].images[0]
    assert image.get_array().tolist() == maps[0].T.tolist()
    assert image.norm.vmin == -image.norm.vmax


def test_points_of_a_line_are_colored_by_what_weighed():
    values, maps = np.array([[[1.0], [3.0], [NAN]]]), np.array([[[0.5], [-1.0], [NAN]]])
    ax = weighed_lines(values, maps, ["slow"]).axes[0]
    points = ax.collections[0]
    assert points.get_array().tolist()[:2] == [0.5, -1.0]
    assert ax.get_title() == "slow"


def test_colors_of_nothing():
    assert signed(np.array([NAN, 0.0])).norm.vmax == 1
    assert signed(np.array([3.0, -3.0, NAN])).norm.vmin == pytest.approx(-3)
