import pytest
from kerasdl.data.text.readable import joined_words, joined_written


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
    assert joined_words(tokens.split()) == text


def test_what_whitespace_separated_stays_separate():
    assert joined_written(["xxnl", "=", "A", "<unk>", "=", "xxnl", "xxnl", "It", "'s"]) == "\n= A <unk> =\n\nIt 's"
