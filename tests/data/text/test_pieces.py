import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.data.text import pieces as module
from kerasdl.data.text.pieces import chunks_of_file, pieces, pieces_of_text
from kerasdl.errors import BadInput

SPACE = " \t\r\f\v\n"


def cut(*chunks):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", 8)
        patch.setattr(module, "LARGEST", 16)
        return list(pieces(chunks))


def test_a_cut_is_before_the_last_run_with_a_new_line_else_before_the_last_space():
    assert cut("a \n\t b c d", "e") == ["a", " \n\t b c", " de"]
    assert cut("a b  cde", "f g") == ["a b", "  cdef", " g"]
    assert cut("\n\nword ab", "c") == ["\n\nword", " abc"]
    assert cut("word\n\v\na", "b") == ["word", "\n\v\nab"]


def test_without_white_space_the_cut_is_anywhere():
    assert cut("abcdefgh", "ijklmnop", "q") == ["abcdefghijklmnop", "q"]
    assert cut("\n" + "a" * 15, "b") == ["\n" + "a" * 15, "b"]


def test_an_empty_text_is_one_piece():
    assert list(pieces([])) == list(pieces_of_text("")) == [""]


@given(st.lists(st.text(st.sampled_from("ab\u2003é \t\r\v\n"), max_size=8)))
def test_pieces_are_the_text_and_words_stay_whole(chunks):
    found = cut(*chunks)
    assert "".join(found) == "".join(chunks)
    assert all(len(piece) < 24 for piece in found)
    for before, after in pairwise(found):
        assert len(before) >= 16 or (after[0] in SPACE and before[-1] not in SPACE)


def test_a_large_text_is_cut_into_pieces_of_a_million_characters():
    assert [len(piece) for piece in pieces_of_text("word " * 1_000_000)] == [1_048_574] + [1_048_575] * 3 + [805_701]


def test_files_are_read_in_memory_that_does_not_grow_with_new_lines_of_one_kind(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"a line of words\r\n" * 600_000)
    tracemalloc.start()
    try:
        found = sum(piece.count("\n") - piece.count("\r") for piece in pieces(chunks_of_file(path, None)))
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()
    assert found == 600_000


def test_a_file_in_another_encoding_is_named_with_the_line(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes("one\ntwo é".encode("cp1252"))
    with pytest.raises(BadInput, match=r"Line 2 is not utf-8.*old\.txt"):
        list(chunks_of_file(path, None))
    assert list(chunks_of_file(path, "cp1252")) == ["one\ntwo é"]
