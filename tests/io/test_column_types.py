"""Which types columns of text get, and what is read as missing."""

import datetime as dt

import pytest


def column(read_text, values, header="x", delimiter=";", extra=None):
    """A column of these texts, read beside a second one that keeps rows from being blank."""
    other = extra or ["k"] * len(values)
    rows = "".join(f"{value}{delimiter}{more}\n" for value, more in zip(values, other, strict=True))
    arrow, info = read_text(f"{header}{delimiter}other\n{rows}")
    return str(arrow.schema.field(header).type), arrow.column(header).to_pylist(), info


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-2", " 3 "], "int64", [1, -2, 3]),
        (["9223372036854775807"], "int64", [2**63 - 1]),
        (["1.5", "2", "-.5", "1e3", "+2.5", "3."], "double", [1.5, 2, -0.5, 1000, 2.5, 3]),
        (["true", "False", "TRUE"], "bool", [True, False, True]),
        (["yes", "no", "yes"], "string", ["yes", "no", "yes"]),
        (["0", "1", "1"], "int64", [0, 1, 1]),
        (["00123", "01234", "99999"], "string", ["00123", "01234", "99999"]),
        (["+4366012345", "+4366012346"], "string", ["+4366012345", "+4366012346"]),
        (["9223372036854775808", "1"], "string", ["9223372036854775808", "1"]),
        (["12%", "13%"], "string", ["12%", "13%"]),
        (["0x10", "0x11"], "string", ["0x10", "0x11"]),
        (["1_000", "2_000"], "string", ["1_000", "2_000"]),
        (["", "", ""], "null", [None, None, None]),
        (["NA", "", "NA"], "null", [None, None, None]),
        (["12:30", "13:00"], "string", ["12:30", "13:00"]),
    ],
)
def test_types_by_all_values(read_text, values, kind, expected):
    assert column(read_text, values)[:2] == (kind, expected)


@pytest.mark.parametrize(
    ("values", "kind", "expected", "layout"),
    [
        (["2024-02-29", "1999-12-31"], "date32[day]", [dt.date(2024, 2, 29), dt.date(1999, 12, 31)], None),
        (["2024-02-30", "2024-01-01"], "string", ["2024-02-30", "2024-01-01"], None),
        (
            ["2024-01-01 10:00:00", "2024-01-01"],
            "timestamp[s]",
            [dt.datetime(2024, 1, 1, 10), dt.datetime(2024, 1, 1)],
            None,
        ),
        (["2024-01-01 10:00:00.5"], "timestamp[ms]", [dt.datetime(2024, 1, 1, 10, 0, 0, 500_000)], None),
        (["2024-01-01T10:30"], "timestamp[s]", [dt.datetime(2024, 1, 1, 10, 30)], "%Y-%m-%dT%H:%M%z"),
        (["31.12.2024", "01.02.2024"], "date32[day]", [dt.date(2024, 12, 31), dt.date(2024, 2, 1)], "%d.%m.%Y"),
        (["12/31/2024", "1/2/2024"], "date32[day]", [dt.date(2024, 12, 31), dt.date(2024, 1, 2)], "%-m/%-d/%Y"),
        (["31/12/2024", "01/02/2024"], "date32[day]", [dt.date(2024, 12, 31), dt.date(2024, 2, 1)], "%d/%m/%Y"),
        (["2024/12/31"], "date32[day]", [dt.date(2024, 12, 31)], "%Y/%m/%d"),
        (
            ["12/31/2024 11:59:00 PM", "01/15/2024 12:00:00 AM"],
            "timestamp[s]",
            [dt.datetime(2024, 12, 31, 23, 59), dt.datetime(2024, 1, 15)],
            "%m/%d/%Y %I:%M:%S %p",
        ),
        (["31.12.2024 8:05"], "timestamp[s]", [dt.datetime(2024, 12, 31, 8, 5)], "%d.%m.%Y %-H:%M"),
        (["31.12.24", "01.01.24"], "string", ["31.12.24", "01.01.24"], None),
    ],
)
def test_dates_only_where_one_layout_fits(read_text, values, kind, expected, layout):
    found, result, info = column(read_text, values)
    assert (found, result) == (kind, expected)
    assert info.layouts.get("x") == layout


def test_dates_that_could_be_day_or_month_first_stay_text(read_text):
    kind, values, info = column(read_text, ["01/02/2024", "03/04/2024"])
    assert (kind, values) == ("string", ["01/02/2024", "03/04/2024"])
    assert any("day first or month first" in note for note in info.notes)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2024-01-01T10:00:00Z", "2024-07-01T10:00:00Z"], "timestamp[s, tz=UTC]"),
        (["2024-01-01 10:00:00+02:00"], "timestamp[s, tz=+02:00]"),
        (["2024-01-01 10:00:00+0200"], "timestamp[s, tz=+02:00]"),
        (["2024-01-01 10:00:00+01:00", "2024-07-01 10:00:00+02:00"], "timestamp[s, tz=UTC]"),
        (["2024-01-01 10:00:00Z", "2024-01-01 10:00:00"], "string"),
    ],
)
def test_zones(read_text, values, kind):
    assert column(read_text, values)[0] == kind


def test_thousands_separators_where_they_are_certain(read_text):
    assert column(read_text, ["1,234.50", "12", "2,000,000"])[:2] == ("double", [1234.5, 12, 2_000_000])
    assert column(read_text, ["1.234,50", "12", "2.000.000"])[:2] == ("double", [1234.5, 12, 2_000_000])
    kind, values, info = column(read_text, ["1.234.567", "2.000.000"])
    assert (kind, values) == ("int64", [1_234_567, 2_000_000])
    assert any("thousands separators" in note for note in info.notes)


def test_the_rest_of_the_file_decides_what_a_point_means(read_text):
    assert column(read_text, ["1.234", "2.500"], extra=["1,5", "2,5"])[1] == [1234, 2500]
    assert column(read_text, ["1.234", "2.500"], extra=["1.5", "2.5"])[1] == [1.234, 2.5]
    assert column(read_text, ["1.234", "2.500"])[1] == [1.234, 2.5]
    assert column(read_text, ["1,234", "2,500"], extra=["1,5", "2,5"])[1] == [1.234, 2.5]


def test_where_nothing_decides_commas_stay_text(read_text):
    kind, _, info = column(read_text, ["1,234", "2,500"])
    assert kind == "string"
    assert any("1,234 could mean 1234 or 1.234" in note for note in info.notes)


def test_quoted_thousands_in_a_comma_file(read_text):
    arrow, _ = read_text('a,b\n"1,234",x\n"2,500",y\n')
    assert arrow.column("a").to_pylist() == [1234, 2500]


@pytest.mark.parametrize("marker", ["?", "-", "None", "n.a.", "unknown", "#DIV/0!", "."])
def test_markers_in_a_number_column_are_missing_and_noted(read_text, marker):
    kind, values, info = column(read_text, ["1", marker, "2", marker])
    assert (kind, values) == ("int64", [1, None, 2, None])
    assert f'"{marker}" was read as missing: "x" (2 rows)' in info.notes


@pytest.mark.parametrize("marker", ["?", "None", "unknown", "-"])
def test_the_same_markers_are_categories_in_a_text_column(read_text, marker):
    assert column(read_text, ["a", marker, "b"])[1] == ["a", marker, "b"]


@pytest.mark.parametrize("marker", ["NA", "N/A", "NULL", "null", "NaN", "\\N", "#N/A", "<NA>"])
def test_common_markers_are_missing_in_a_text_column_too(read_text, marker):
    _, values, info = column(read_text, ["a", marker, "b"])
    assert values == ["a", None, "b"]
    assert f'{marker} was read as missing: "x" (1 row)' in info.notes


def test_a_quoted_marker_is_a_value(read_text):
    _, values, info = column(read_text, ["a", '"NA"', "b", "NA"])
    assert values == ["a", "NA", "b", None]
    assert 'NA was read as missing: "x" (1 row)' in info.notes


def test_na_among_two_letter_codes_is_namibia(read_text):
    codes = ["AT", "DE", "FR", "IT", "ES", "PT", "NL", "BE", "NA", "US", "ZA", "GB"]
    _, values, info = column(read_text, codes)
    assert values == codes
    assert any("two-letter codes" in note for note in info.notes)


def test_a_quoted_empty_text_is_a_text_where_gaps_are_unquoted(read_text):
    arrow, _ = read_text('a,b\n"",1\nx,\ny,3\n')
    assert arrow.to_pydict() == {"a": ["", "x", "y"], "b": [1, None, 3]}


def test_in_a_file_that_quotes_everything_the_quoted_empty_text_is_missing(read_text):
    arrow, info = read_text('"a","b"\n"","1"\n"x",""\n"y","3"\n')
    assert arrow.to_pydict() == {"a": [None, "x", "y"], "b": [1, None, 3]}
    assert '"" was read as missing: "a" (1 row)' in info.notes


def test_infinite_values_become_missing_with_a_note(read_text):
    kind, values, info = column(read_text, ["1.5", "inf", "-Infinity", "2"])
    assert (kind, values) == ("double", [1.5, None, None, 2])
    assert sum("infinite values became missing" in note for note in info.notes) == 1
    assert column(read_text, ["1.5", "1e999"])[1] == [1.5, None]


def test_a_mixture_is_kept_as_text_with_a_note_that_quotes_no_value(read_text):
    kind, values, info = column(read_text, ["1", "2", "3", "secret"])
    assert (kind, values) == ("string", ["1", "2", "3", "secret"])
    assert 'kept as text, because numbers are mixed with other values: "x"' in info.notes
    assert not any("secret" in note for note in info.notes)


def test_a_type_holds_for_all_rows_not_for_the_first(read_text):
    values = ["1"] * 300_000 + ["x"]
    kind, result, _ = column(read_text, values)
    assert kind == "string"
    assert result[-1] == "x"


def test_boolean_style_is_remembered(read_text):
    assert column(read_text, ["TRUE", "FALSE"])[2].layouts == {"x": "TRUE/FALSE"}
    assert column(read_text, ["true", "unknown"])[0] == "string"
    assert column(read_text, ["true", "NA"])[:2] == ("bool", [True, None])
