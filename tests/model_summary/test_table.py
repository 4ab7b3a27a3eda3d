from kerasdl.model_summary import Row, Summary
from kerasdl.model_summary.table import readable

STEM = Row("stem", (4, 4, 8), 1000, 0, 1000, 12_345_678)
HEAD = Row("head", (2,), 10, 10, 0, 20)
SUMMARY = Summary("net", {"image": (8, 8, 3)}, (STEM, HEAD), {"XLA": "off - no <GPU>"})


def test_the_table():
    assert str(SUMMARY).splitlines() == [
        "net, input (8, 8, 3)",
        "",
        "       output     parameters  trained  multiply-adds",
        "stem   (4, 4, 8)       1,000   frozen         12.3 M",
        "head   (2,)               10     100%             20",
        "----------------------------------------------------",
        "total                  1,010      <1%         12.3 M",
        "",
        "XLA: off - no <GPU>",
    ]


def test_the_table_of_a_notebook():
    page = SUMMARY._repr_html_()
    assert page.count("<tr>") == 4
    assert "12.3 M</td>" in page
    assert "no &lt;GPU&gt;" in page


def test_what_is_not_known_is_said():
    unknown = Row("body", None, 3, 0, 0, None)
    lines = str(Summary("net", {}, (unknown,), {})).splitlines()
    assert lines[0] == "net, input not known"
    assert lines[3].split() == ["body", "?", "3", "-", "?"]
    assert lines[-1].startswith("multiply-adds: not counted, the input leaves sizes open; give input_shape=")
    partly = Row("body", (2,), 3, 0, 0, 7, ("odd",))
    lines = str(Summary("net", {"a": (1,), "b": (2,)}, (partly,), {})).splitlines()
    assert lines[0] == "net, inputs a (1,), b (2,)"
    assert lines[3].endswith("7 + ?")
    assert lines[-1] == "multiply-adds: not counted of odd"


def test_a_share_is_rounded_to_neither_end():
    shares = [str(Summary("net", {}, (Row("a", (), 1000, n, 1000 - n, 0),), {})).split()[-2] for n in (1, 450, 999)]
    assert shares == ["<1%", "45%", ">99%"]


def test_three_digits_and_a_unit():
    numbers = (999, 999_400, 999_600, 4_089_184_256, 2_000_000_000_000)
    assert [readable(number) for number in numbers] == ["999", "999 k", "1.00 M", "4.09 G", "2.00 T"]
