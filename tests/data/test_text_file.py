import re

import pytest
from kerasdl.data.text_file import open_text
from kerasdl.errors import BadInput

TEXT = "größe\n第二行\n"


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "text.txt"
        path.write_bytes(content)
        return path

    return write


def read(path, *arguments, **options):
    with open_text(path, *arguments, **options) as file:
        return file.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_give_the_encoding_and_are_no_text(write, encoding):
    assert read(write(TEXT.encode(encoding))) == TEXT
    assert read(write(TEXT.encode(encoding)), encoding) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16", "UTF_32", "utf-16-be"])
def test_an_explicit_encoding_needs_no_mark_and_may_have_one(write, encoding):
    order = encoding if encoding.endswith("be") else f"{encoding}-le"
    assert read(write(TEXT.encode(order)), encoding) == TEXT
    assert read(write(f"\ufeff{TEXT}".encode(order)), encoding) == TEXT
    assert read(write(f"\ufeff{TEXT}".encode("utf-32-be"))) == TEXT


def test_new_lines_are_converted_or_kept(write):
    path = write(b"a\r\nb\rc\n")
    assert read(path) == "a\nb\nc\n"
    assert read(path, newline="") == "a\r\nb\rc\n"


@pytest.mark.parametrize("line", [1, 2, 50_000])
def test_a_wrong_encoding_is_reported_by_line(write, line):
    path = write(b"first\n" * (line - 1) + "é\n".encode("cp1252") + b"last\n" * 50_000)
    with pytest.raises(BadInput, match=rf"^Line {line} is not utf-8: pass the encoding.*cp1252.*text\.txt'$"):
        read(path)
    with pytest.raises(BadInput, match=rf"^Line {line} is not"), open_text(path) as file:
        list(file)


def test_a_character_that_the_end_cuts_off_is_reported(write):
    with pytest.raises(BadInput, match=r"^Line 2 is not utf-8"):
        read(write("a\né".encode()[:-1]))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_the_mark_of_another_encoding_is_reported(write, encoding):
    with pytest.raises(BadInput, match=f"^Line 1 is not {encoding}"):
        read(write(b"\xef\xbb\xbfa\nb\nc"), encoding)


def test_other_errors_name_the_file_or_the_encoding(tmp_path, write):
    for path, why in ((tmp_path / "none.txt", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(BadInput, match=rf"cannot be read \({why}.*Received: '{path}'"):
            read(path)
    with pytest.raises(BadInput, match="A device is not a file of text. Received: '/dev/zero'"):
        read("/dev/zero")
    for wrong in ("latin-99", "hex", "utf\x00-8"):
        with pytest.raises(BadInput, match=f"Unknown encoding.*'cp1252'.*{re.escape(repr(wrong))}"):
            read(write(b"a"), wrong)
