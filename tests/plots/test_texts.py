from itertools import pairwise

from kerasdl import plots


def test_a_text_sheet_has_each_text_under_its_title(drawn):
    (ax,) = drawn(plots.text_sheet(["A film of\n$5_x$.", ""], ["1.txt: good", "2.txt: bad"]))
    assert [(text.get_text(), text.get_position()[1]) for text in ax.texts] == [
        ("1.txt: good", 0), ("A film of $5_x$.", 1), ("2.txt: bad", 3), ("(empty)", 4),
    ]  # fmt: skip


def test_a_long_text_is_wrapped_and_cut_in_the_middle_and_nothing_overlaps(drawn):
    text = "THE BEGINNING " + "OF A LONG TEXT IN CAPITALS " * 900 + "AND THE END"
    (ax,) = drawn(plots.text_sheet([text, "電影" * 200, "x" * 300], ["a title " * 30, "電影" * 100, "c"]))
    shown = ax.texts[1].get_text().replace("\n", " ")
    assert len(shown) == 600
    assert shown.startswith("THE BEGINNING OF")
    assert shown.endswith("AND THE END")
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(box.x1 < ax.figure.bbox.x1 for box in boxes)
    assert all(above.y0 > below.y1 - 1 for above, below in pairwise(boxes))
