from kerasdl import plots


def written(ax):
    """The texts on the lines of a sheet, each with its place."""
    return {(text.get_position()[0], int(text.get_position()[1])): text.get_text() for text in ax.texts}


def test_a_table_sheet_has_columns_down_and_rows_across(drawn):
    values = {"age": ["38", "21"], "pay in $_$": ["1,5 $", "missing"]}
    (ax,) = drawn(plots.table_sheet(values, ["line 2: high", "line 3: low"]))
    # Two letters beside the names, and beside each row, which is at least 15 letters wide.
    assert written(ax) == {
        (0, 0): "", (12, 0): "line 2: high", (29, 0): "line 3: low",
        (0, 1): "age", (12, 1): "38", (29, 1): "21",
        (0, 2): "pay in $_$", (12, 2): "1,5 $", (29, 2): "missing",
    }  # fmt: skip


def test_long_tables_are_cut_and_say_so_and_nothing_overlaps(drawn):
    name = "a_column_name_that_has_exactly_forty_let"
    values = {name: ["W" * 40] * 5, **{f"column {n}": [f"{n / 7}"] * 5 for n in range(4)}}
    titles = [f"row {n}: predicted high, actual low, loss 12.34" for n in range(5)]
    (ax,) = drawn(plots.table_sheet(values, titles, most=4))
    names = [text.get_text() for text in ax.texts if text.get_position()[0] == 0]
    # Four rows beside each other, the last one below them.
    assert [each for each in names if each] == [name, "column 0", "column 1", "… and 2 more"] * 2
    assert "W" * 9 + "…" + "W" * 9 in {text.get_text() for text in ax.texts}
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert max(box.x1 for box in boxes) < ax.figure.bbox.x1


def test_a_table_sheet_of_nothing_is_empty():
    figure = plots.table_sheet({}, [])
    assert figure._repr_png_()
    assert not figure.axes[0].texts
