import io
import pickle

import matplotlib.pyplot as plt
import numpy as np
from kerasdl import plots


def test_a_notebook_shows_a_figure():
    figure = plots.schedule([0, 1], [0.1, 0.2], [None, None])
    assert plt.imread(io.BytesIO(figure._repr_png_())).shape[:2] == (504, 840)
    assert repr(figure) == "<Figure size 840x504 with 1 Axes>"
    assert plt.imread(io.BytesIO(pickle.loads(pickle.dumps(figure))._repr_png_())).shape[:2] == (504, 840)
    assert plt.get_fignums() == []


def test_given_axes_are_drawn_on():
    figure = plots.schedule([0], [0.1], [None])
    assert plots.confusion(np.eye(2), ["a", "b"], ax=figure.axes[0]) is figure
