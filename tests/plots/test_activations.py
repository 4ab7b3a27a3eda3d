import numpy as np
import pytest
from kerasdl import plots
from kerasdl.plots.activations import _chosen, _on_one_range

STEPS = np.array([0, 100, 200])


def history(layers):
    """Three measurements of each layer, of eight values in four parts."""
    names = [f"stage1_block{layer}_relu" for layer in range(layers)]
    numbers = {name: np.array([0.1, 0.2, 0.3]) for name in names}
    ranges = {name: np.array([[0.0, 4.0], [0.0, 4.0], [0.0, 8.0]]) for name in names}
    counts = {name: np.array([[8, 0, 0, 0], [2, 2, 2, 2], [0, 0, 0, 8]]) for name in names}
    lines = dict.fromkeys(("mean", "std", "near_zero", "dead"), numbers)
    return {"step": STEPS, **lines, "range": ranges, "counts": counts}


def test_lines_and_an_image_for_each_layer(drawn):
    axes = drawn(plots.activation_stats(history(3)))
    assert [ax.get_title() for ax in axes[:3]] == ["Mean", "Standard deviation", "Share near zero"]
    assert [ax.get_ylabel() for ax in axes[:3]] == ["activation", "activation", "share of values"]
    assert [line.get_ydata().tolist() for line in axes[0].lines] == [[0.1, 0.2, 0.3]] * 3
    shown = [ax for ax in axes[3:] if ax.collections]
    assert [ax.get_title() for ax in shown] == [f"stage1_block{layer}_relu" for layer in range(3)]
    # All values of the first step are below 2, and all of the last above 6.
    image = shown[0].collections[0].get_array()
    assert np.allclose(np.expm1(image[:, 0]), [8, 0, 0, 0])
    assert np.allclose(np.expm1(image[:, 2]), [0, 0, 0, 8])


def test_counts_are_brought_to_one_range():
    ranges = np.array([[0.0, 4.0], [0.0, 8.0], [np.nan, np.nan]])
    edges, found = _on_one_range(ranges, np.array([[2, 2, 2, 2], [2000, 2000, 2000, 2000], [0, 0, 0, 0]]))
    assert edges == pytest.approx([0, 2, 4, 6, 8], abs=0.01)
    assert found[0] == pytest.approx([4, 4, 0, 0], abs=0.1)
    assert found[1] == pytest.approx([2000] * 4, rel=0.01)
    assert np.isnan(found[2]).all()


def test_one_step_of_huge_values_does_not_flatten_the_others():
    ranges = np.array([[0.0, 1.0]] * 5 + [[0.0, 1e9]])
    edges, found = _on_one_range(ranges, np.full((6, 4), 100))
    assert edges[-1] == pytest.approx(10, rel=0.01)
    assert found[-1].tolist() == pytest.approx([0, 0, 0, 400], abs=0.1)


def test_twenty_of_many_layers_are_chosen_evenly():
    assert _chosen(list(range(39)), None) == list(range(0, 39, 2))
    assert _chosen(list(range(20)), None) == list(range(20))


@pytest.mark.slow
def test_of_many_layers_twenty_are_drawn(drawn):
    figure = plots.activation_stats(history(25))
    axes = drawn(figure)
    titles = [ax.get_title() for ax in axes if ax.collections and ax.get_title()]
    assert len(titles) == 20
    assert (titles[0], titles[-1]) == ("stage1_block0_relu", "stage1_block24_relu")
    assert "20 of 25 layers" in figure.subfigs[1].get_suptitle()
    assert [ax for ax in axes if ax.get_ylabel() == "layer"]  # the scale of colours
    boxes = [ax.title.get_window_extent() for ax in axes if ax.collections and ax.get_title()]
    assert not any(a.overlaps(b) for number, a in enumerate(boxes) for b in boxes[:number])


def test_chosen_layers_are_drawn():
    figure = plots.activation_stats(history(3), layers=["stage1_block2_relu"])
    assert len(figure.axes[0].lines) == 1
    with pytest.raises(ValueError, match=r"not measured: \['stem'\].*Received: layers=\['stem'\]"):
        plots.activation_stats(history(1), layers=["stem"])


def test_layers_that_are_not_finite_say_so():
    spoiled = history(1)
    spoiled["range"] = {name: values * np.nan for name, values in spoiled["range"].items()}
    assert [text.get_text() for ax in plots.activation_stats(spoiled).axes for text in ax.texts] == ["not finite"]


def test_gradients_and_updates_of_groups_on_logarithmic_axes(drawn):
    numbers = {"stem": np.array([np.nan, np.nan, 0.2]), "head": np.array([0.1, 0.0, np.inf])}
    figure = plots.group_scalars({"step": STEPS, "gradient_norm": numbers, "update_ratio": numbers})
    norms, ratios = drawn(figure)
    assert (norms.get_yscale(), ratios.get_yscale()) == ("log", "log")
    assert ratios.lines[-1].get_ydata() == [1e-3, 1e-3]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["stem", "head"]
    assert np.isfinite(norms.get_ylim()).all()


@pytest.mark.parametrize("draw", [plots.activation_stats, plots.group_scalars])
def test_an_empty_history_is_refused(draw):
    with pytest.raises(ValueError, match="Nothing was measured"):
        draw({"step": np.zeros(0, int)})
