from itertools import pairwise

import numpy as np
from kerasdl import plots


def test_an_image_sheet_shows_every_image_with_its_title(drawn):
    images = np.zeros((8, 4, 4, 3))
    images[3] = 300
    axes = drawn(plots.image_sheet(images, [f"title {i}" for i in range(8)]))
    assert [ax.get_title() for ax in axes[:8]] == [f"title {i}" for i in range(8)]
    assert len(axes) == 12
    assert axes[3].images[0].get_array().max() == 255
    assert not any(ax.images for ax in axes[8:])


def test_long_titles_of_an_image_sheet_are_wrapped_and_do_not_overlap(drawn):
    figure = plots.image_sheet(np.zeros((12, 8, 8, 1)), ["predicted 3, actual 9, loss 12.34"] * 12)
    axes = drawn(figure)
    assert axes[0].get_title() == "predicted 3, actual\n9, loss 12.34"
    boxes = [ax.title.get_window_extent() for ax in axes[:6]]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    images = [ax.get_window_extent() for ax in axes]
    assert all(images[index].y0 > axes[index + 6].title.get_window_extent().y1 for index in range(6))


def test_a_sheet_is_as_high_and_wide_as_its_images():
    def size(images, titles):
        return plots.image_sheet(images, titles).get_size_inches().round(2).tolist()

    assert size(np.zeros((6, 8, 8, 3)), [""] * 6) == [9.0, 1.6]
    assert size(np.zeros((7, 4, 8, 3)), ["a title"] * 7) == [9.0, 2 * (0.75 + 0.17 + 0.1)]
    assert size([np.zeros((8, 8, 3)), np.zeros((40, 8, 3))], ["a", "b"]) == [3.0, 3.27]


def test_titles_of_low_images_are_not_cut_off(drawn):
    figure = plots.image_sheet(np.zeros((3, 20, 40, 3)), ["a_$ title of many words " * 4, "b", "c"])
    axes = drawn(figure)
    assert axes[0].title.get_window_extent().y1 < figure.bbox.y1
    assert axes[0].get_title().startswith("a_$ title")
