import pytest
from kerasdl.data.text.readable import readable_words, readable_written


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("xxmaj do n't stop , xxmaj anna 's here .", "Don't stop, Anna's here."),
        ("i xxup loved it xxrep ! xxnl xxnl n xxrep o", "i LOVED it!!!\n\nn ooo"),
        ('he said " xxmaj yes " and " no "', 'he said "Yes" and "no"'),
        ("( 10 / 10 ) $ 5 , 50 %", "(10/10) $5, 50%"),
        ("a - b … # 1", "a - b… #1"),
        ('" open xxnl " again "', '"open\n"again"'),
        ("xxmaj [UNK] xxup [UNK] xxmaj édouard", "[UNK] [UNK] Édouard"),
        ("xxup xxnl good xxmaj", "\ngood"),
        ("", ""),
    ],
)
def test_words_by_hand(tokens, text):
    words, counts = zip(*readable_words(tokens.split()), strict=True) if tokens else ((), ())
    assert "".join(words) == text
    assert sum(counts) == len(tokens.split())


def test_marks_belong_to_the_word_that_follows():
    found = readable_words(["", "xxmaj", "xxup", "it", "", "xxrep", "!", "xxup", "xxnl", "xxmaj"])
    assert list(found) == [("", 1), ("IT", 3), ("", 1), ("!!!", 2), ("\n", 2), ("", 1)]


def test_what_whitespace_separated_stays_separate():
    tokens = ["xxnl", "=", "A", "<unk>", "", "=", "xxnl", "xxnl", "It", "'s"]
    words, counts = zip(*readable_written(tokens), strict=True)
    assert "".join(words) == "\n= A <unk> =\n\nIt 's"
    assert counts == (1,) * len(tokens)
