"""Known good and bad numbers; the good ones are the issuers' own published examples."""

import pytest

from synthloom.values.check_digits import NATIONAL_IDS, is_card, is_iban, is_luhn


@pytest.mark.parametrize(
    "text", ["GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000", "FR14 2004 1010 0505 0001 3M02 606"]
)
def test_published_ibans_pass(text):
    assert is_iban(text)


@pytest.mark.parametrize(
    "text", ["GB29 NWBK 6016 1331 9268 18", "DE8937040044053201300", "US89370400440532013000", "", "hello"]
)
def test_broken_ibans_fail(text):
    assert not is_iban(text)


@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117"])
def test_published_test_cards_pass(text):
    assert is_card(text)


@pytest.mark.parametrize(
    "text", ["4111111111111112", "1234567812345670", "9999572028319400", "41111", "٤١١١١١١١١١١١١١١١"]
)
def test_wrong_digits_foreign_prefixes_and_other_scripts_are_no_cards(text):
    assert not is_card(text)


def test_luhn():
    assert is_luhn("79927398713")
    assert not is_luhn("79927398710")


@pytest.mark.parametrize(
    ("country", "good"),
    [
        ("US", "219-09-9999"),
        ("GB", "AB 12 34 56 C"),
        ("DE", "86095742719"),
        ("FR", "2 69 05 49 588 157 80"),
        ("ES", "12345678Z"),
        ("ES", "X1234567L"),
        ("ES-CIF", "A58818501"),
        ("IT", "RSSMRA85T10A562S"),
        ("NL", "111222333"),
        ("PL", "44051401359"),
        ("SE", "811218-9876"),
        ("PT", "501964843"),
        ("BR", "529.982.247-25"),
        ("DE-RV", "15070649C103"),
        ("DK", "010190-1234"),
    ],
)
def test_published_identity_numbers_pass_and_a_changed_digit_fails(country, good):
    test = NATIONAL_IDS[country][1]
    assert test(good)
    last = max(i for i, c in enumerate(good) if c.isdigit())
    if country in ("US", "GB", "DK"):  # no check digit
        return
    changed = good[:last] + str((int(good[last]) + 1) % 10) + good[last + 1 :]
    assert not test(changed)


@pytest.mark.parametrize("country", list(NATIONAL_IDS))
@pytest.mark.parametrize("text", ["", "abc", "0", "12345", "2021-01-01", "not a number at all", "😀"])
def test_other_text_is_no_identity_number(country, text):
    assert not NATIONAL_IDS[country][1](text)
