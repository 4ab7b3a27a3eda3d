from itertools import combinations

import numpy as np
import pytest
from kerasdl import plots

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 10, 3))


def test_each_image_stands_beside_its_map_and_a_bar(drawn):
    maps = np.linspace(0, 0.5, 3 * 80).reshape(3, 8, 10)
    figure = plots.heat_maps(IMAGES, maps, ["one", "costs $2 or $3", "three"], unit="share")
    axes = drawn(figure)
    images = [ax for ax in axes if ax.images]
    assert [ax.get_title(loc="left") for ax in images] == ["one", "", "costs $2 or $3", "", "three", ""]
    assert np.array_equal(images[0].images[0].get_array(), IMAGES[0])
    gray, heat = images[3].images
    assert np.array_equal(gray.get_array(), IMAGES[1].mean(axis=-1).astype("uint8"))
    assert np.array_equal(heat.get_array(), maps[1])
    assert (heat.norm.vmin, heat.norm.vmax) == (0, maps[1].max())
    assert [ax.get_ylabel() for ax in axes].count("share") == 3


def test_values_below_0_are_blue_and_above_red_around_white_0():
    maps = np.zeros((2, 8, 10))
    maps[0, 0, :2] = -3, 1
    figure = plots.heat_maps(IMAGES[:2, ..., :1], maps, ["one", "nothing"])
    heat = figure.axes[1].images[1]
    limit = np.quantile(abs(maps[0]), 0.995)
    assert (heat.norm.vmin, heat.norm.vmax) == pytest.approx((-limit, limit))
    assert (figure.axes[3].images[1].norm.vmin, figure.axes[3].images[1].norm.vmax) == (-1, 1)
    blue, white, red = heat.cmap(heat.norm([-3, 0, 3]))[:, :3].round(1).tolist()
    assert (blue, white, red) == ([0, 0.4, 0.7], [1, 1, 1], [0.8, 0.4, 0])


def test_a_map_of_zeros_and_no_image():
    assert plots.heat_maps(IMAGES[:1], np.zeros((1, 8, 10)), ["nothing"]).axes[1].images[1].norm.vmax == 1
    assert len(plots.heat_maps(IMAGES[:0], np.zeros((0, 8, 10)), []).axes) == 2


def test_nothing_overlaps(drawn):
    title = "predicted great_pyrenees, actual samoyed, loss 12.34, file 17"
    axes = drawn(plots.heat_maps(IMAGES, np.ones((3, 8, 10)), [title] * 3))
    drawn_on = [ax.get_window_extent() for ax in axes if ax.images]
    titles = [ax._left_title.get_window_extent() for ax in axes if ax.get_title(loc="left")]
    bars = [ax.yaxis.label.get_window_extent() for ax in axes if ax.get_ylabel()]
    boxes = [*drawn_on, *titles, *bars]
    assert len(boxes) == 6 + 3 + 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
