import pytest


@pytest.fixture
def drawn(tmp_path):
    """Saves a figure as a user would; its Axes."""

    def draw(figure):
        figure.savefig(tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 2000
        return figure.axes

    return draw
