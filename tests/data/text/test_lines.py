import pytest
from kerasdl.data.text import read_lines
from kerasdl.errors import BadInput


def test_lines_of_any_end_and_encoding(tmp_path):
    (tmp_path / "lines.txt").write_bytes("one\r\n\n  two\x0b \u2028\rdr\u00e9i".encode("utf-16"))
    assert list(read_lines(tmp_path / "lines.txt")) == ["one", "", "  two\x0b \u2028", "dr\u00e9i"]
    (tmp_path / "lines.txt").write_bytes(b"one\ndr\xe9i\n")
    assert list(read_lines(tmp_path / "lines.txt", encoding="cp1252")) == ["one", "dr\u00e9i"]
    with pytest.raises(BadInput, match=r"Line 2 is not utf-8.*lines.txt"):
        list(read_lines(tmp_path / "lines.txt"))
