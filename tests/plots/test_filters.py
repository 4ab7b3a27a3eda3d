import numpy as np
from kerasdl import plots


def test_filters_with_their_numbers(drawn):
    filters = np.random.default_rng(0).uniform(0, 255, (20, 3, 3, 1))
    axes = drawn(plots.filter_sheet(filters))
    assert [ax.get_title() for ax in axes[:20]] == [str(number) for number in range(20)]
    assert np.array_equal(axes[17].images[0].get_array(), filters[17, ..., 0].astype("uint8"))
    assert len(axes) == 32
    assert len(plots.filter_sheet(filters[:2]).axes) == 2


def test_a_row_of_patches_of_any_size_for_each_filter(drawn):
    small, large = np.zeros((3, 3, 3)), np.full((5, 4, 3), 255.0)
    axes = drawn(plots.patch_rows({"filter 3": [small, large], "edges in $": [large]}))
    assert [len(ax.images) for ax in axes] == [1, 1, 1, 0]
    assert [ax.texts[0].get_text() for ax in axes if ax.texts] == ["filter 3", "edges in $"]
    assert axes[1].images[0].get_array().shape == (5, 4, 3)


def test_maps_of_a_layer_have_a_row_and_a_scale_of_their_own(drawn):
    maps = {"first": np.arange(4 * 4 * 9.0).reshape(4, 4, 9), "second": -np.ones((2, 2, 2))}
    axes = drawn(plots.activation_grid(maps))
    assert [len(ax.images) for ax in axes[:16]] == [1] * 10 + [0] * 6
    assert axes[0].texts[0].get_text() == "first\n4 x 4, 9 maps"
    assert [image.get_clim() for ax in axes[:8] for image in ax.images] == [(0, 142)] * 8
    assert len(axes) == 16 + 2
