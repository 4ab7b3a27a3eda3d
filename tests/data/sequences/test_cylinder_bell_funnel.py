import numpy as np
from kerasdl.data.sequences import CYLINDER_BELL_FUNNEL, cylinder_bell_funnel


def test_shapes_on_average():
    shapes, labels = cylinder_bell_funnel(3000, seed=1)
    assert (shapes.shape, np.bincount(labels).tolist()) == ((3000, 128), [1000, 1000, 1000])
    means = dict(zip(CYLINDER_BELL_FUNNEL, (shapes[labels == label].mean(axis=0) for label in range(3)), strict=True))
    # Before an eighth of the length there is noise alone, of standard deviation 1.
    assert np.abs(shapes[:, :15].mean()) < 0.02
    assert abs(shapes[:, :15].std() - 1) < 0.02
    # All hold on from a quarter to a half; a bell rises there, and a funnel falls.
    assert abs(means["cylinder"][33:47].mean() - 6) < 0.3
    assert means["bell"][46] > means["bell"][34] + 0.5
    assert means["funnel"][46] < means["funnel"][34] - 0.5
    assert np.array_equal(shapes, cylinder_bell_funnel(3000, seed=1)[0])
