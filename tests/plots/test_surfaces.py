import io

import numpy as np
import pytest
from kerasdl import plots
from PIL import Image


def test_a_panel_for_each_path(drawn):
    downhill = np.stack([np.linspace(2, 0, 5), np.linspace(1, 0, 5)], axis=1)
    axes = drawn(plots.paths(lambda place: (place**2).sum(axis=-1), {"slow": downhill, "fast": downhill[::2]}, "Down"))
    assert [ax.get_title() for ax in axes] == ["slow", "fast"]
    assert axes[1].lines[0].get_xdata().tolist() == [2, 1, 0]


def test_a_path_that_leaves_the_picture_does_not_stretch_it(drawn):
    (ax,) = drawn(plots.paths(lambda place: (place**2).sum(axis=-1), {"wild": np.array([[1, 1], [1e9, -1e9]])}, "Up"))
    assert ax.get_xlim() == pytest.approx((-1.15, 1.15))


def test_a_decision_surface_with_its_points(drawn):
    grid = np.linspace(-1, 1, 20)
    places, classes = np.array([[-0.5, 0], [0.5, 0], [0.6, 0]]), np.array([0, 1, 1])
    ax, bar = drawn(plots.surface(grid, np.tile(9 * grid, (20, 1)), places, classes, "A line"))
    assert [len(each.get_offsets()) for each in ax.collections] == [1, 2]
    shown = ax.images[0].get_array()
    assert (shown[:, 0] < -0.99).all()
    assert (shown[:, -1] > 0.99).all()
    assert bar.get_ylabel() == "probability of class 1"


def test_a_row_of_neurons_for_each_layer(drawn):
    axes = drawn(plots.neurons(np.linspace(-1, 1, 5), [np.ones((5, 5, 3)), np.zeros((5, 5, 1))]))
    assert [len(ax.images) for ax in axes] == [1, 1, 1, 1, 0, 0]


def test_an_animation_has_a_frame_for_each_figure():
    frames = [plots.bars({"a": height}, "x", "1") for height in (1.0, 2.0, 3.0)]
    with Image.open(io.BytesIO(plots.animation(frames))) as picture:
        assert picture.n_frames == 3
        assert picture.info["duration"] == 150
