"""Dialects, headers and rows of CSV files."""

import pytest

from synthloom.errors import InputError
from synthloom.io import ReadLimits


def columns(arrow):
    return arrow.to_pydict()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_file(read_text, delimiter):
    rows = [["id", "city", "size"], ["1", "Graz", "2.5"], ["2", "Linz", "3.5"]]
    arrow, info = read_text("\n".join(delimiter.join(row) for row in rows))
    assert columns(arrow) == {"id": [1, 2], "city": ["Graz", "Linz"], "size": [2.5, 3.5]}
    assert info.delimiter == delimiter
    assert (info.kind, info.suffix, info.rows, info.newline) == ("csv", ".csv", 2, "\n")


def test_a_text_full_of_commas_does_not_mislead_the_delimiter(read_text):
    text = "".join(f"{i};well, yes, number {i};{i}\r\n" for i in range(20))
    arrow, info = read_text("n;comment;m\r\n" + text)
    assert arrow.column_names == ["n", "comment", "m"]
    assert (info.delimiter, info.newline) == (";", "\r\n")


def test_semicolons_with_decimal_commas(read_text):
    arrow, info = read_text("name;price\na;1,5\nb;2,25\nc;-3,0\n")
    assert columns(arrow)["price"] == [1.5, 2.25, -3.0]
    assert (info.delimiter, info.decimal_mark) == (";", ",")


def test_excels_own_first_line_names_the_delimiter(read_text):
    arrow, info = read_text("sep=|\na,x|b\n1,0|2\n3,0|4\n")
    assert columns(arrow) == {"a,x": [1.0, 3.0], "b": [2, 4]}
    assert info.delimiter == "|"


def test_quoted_values_hold_delimiters_line_ends_and_quotes(read_text):
    arrow, _ = read_text('a,b\n"x, y","line 1\nline 2"\n"say ""hi""",z\n')
    assert columns(arrow) == {"a": ["x, y", 'say "hi"'], "b": ["line 1\nline 2", "z"]}


def test_single_quotes_are_told_from_the_file(read_text):
    arrow, info = read_text("a,b\n'x, y',1\n'u, v',2\n'w',3\n")
    assert columns(arrow)["a"] == ["x, y", "u, v", "w"]
    assert info.quote == "'"


def test_one_column_needs_no_delimiter(read_text):
    arrow, info = read_text("comment\nwell, well\nyes\nno; never\n")
    assert columns(arrow) == {"comment": ["well, well", "yes", "no; never"]}
    assert info.delimiter == ","


def test_old_macintosh_line_ends(read_text):
    arrow, info = read_text("a,b\r1,2\r3,4\r")
    assert columns(arrow) == {"a": [1, 3], "b": [2, 4]}
    assert info.newline == "\r"


@pytest.mark.parametrize("text", ["5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.9,virginica\n", "39, State, 7\n50, Self, 9\n"])
def test_a_file_without_header_keeps_its_first_row_and_says_so(read_text, text):
    arrow, info = read_text(text)
    assert arrow.column_names == ["column_1", "column_2", "column_3"]
    assert arrow.num_rows == text.count("\n")
    assert info.header is False
    assert any("first row looks like data" in note for note in info.notes)


def test_plain_categories_without_header(read_text):
    rows = ["vhigh,low,acc", "low,vhigh,unacc", "vhigh,vhigh,acc", "low,low,unacc"]
    arrow, info = read_text("\n".join(rows))
    assert info.header is False
    assert arrow.num_rows == 4


@pytest.mark.parametrize(
    "header", ["country,2019,2020,2021", "name,a,b,c", "x,0.5%,y,z", "0,1,2,3", "id,2020-01-01,2020-02-01,2020-03-01"]
)
def test_doubtful_first_rows_are_taken_for_names(read_text, header):
    arrow, info = read_text(header + "\nA,1.5,2,3\nB,2.5,3,4\nC,5.5,6,7\n")
    assert info.header is True
    assert arrow.column_names == header.split(",")


def test_empty_and_repeated_names_are_mended_with_a_note(read_text):
    arrow, info = read_text(",age,age, age_2 ,\n0,1,2,3,4\n1,5,6,7,8\n")
    assert arrow.column_names == ["column_1", "age", "age_3", "age_2", "column_5"]
    text = " / ".join(info.notes)
    assert '2 columns without a name got one: "column_1", "column_5"' in text
    assert "repeated the name" in text
    assert "white space around column names" in text


def test_html_in_a_name_stays_as_it_is(read_text):
    arrow, _ = read_text("<script>alert(1)</script>,b\n1,2\n")
    assert arrow.column_names == ["<script>alert(1)</script>", "b"]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "   \n"])
def test_an_empty_file_is_an_error(read_text, text):
    with pytest.raises(InputError, match="is empty"):
        read_text(text)


def test_a_header_without_rows_is_an_error(read_text):
    with pytest.raises(InputError, match="column names but no rows"):
        read_text("a,b,c\n")


def test_one_row_is_a_table(read_text):
    arrow, info = read_text("a,b\n1,x")
    assert columns(arrow) == {"a": [1], "b": ["x"]}
    assert info.rows == 1


@pytest.mark.parametrize(("row", "values"), [("1,2,3", 3), ("1", 1)])
def test_a_ragged_row_is_an_error_that_names_the_line(read_text, row, values):
    text = 'a,b\n"line\nbreak",1\n' + "x,y\n" * 50 + row + "\n" + "x,y\n" * 50
    with pytest.raises(InputError, match=rf'line 54 of "table.csv" has {values} values, but the first row has 2 names'):
        read_text(text)


def test_a_quote_that_is_never_closed_is_an_error(read_text):
    with pytest.raises(InputError, match="line 3"):
        read_text('a,b\n1,2\n"3,4\n5,6\n7,8\n')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_unclosed_quote_in_the_last_column_does_not_swallow_the_rest(read_text, encoding):
    text = 'a,b\n1,x\n2,"y\n' + "3,z\n" * 100
    with pytest.raises(InputError, match=r"never closed: the last value runs over 101 lines"):
        read_text(text.encode(encoding))
    arrow, _ = read_text('a,b\n1,x\n2,"y\nz"\n'.encode(encoding))
    assert columns(arrow)["b"] == ["x", "y\nz"]


def test_lines_above_the_names_are_an_error_that_says_so(read_text):
    with pytest.raises(InputError, match=r"line 3 .* has 3 values.* remove what stands above"):
        read_text("Report of June\n\na,b,c\n" + "1,2,3\n" * 50)


def test_a_very_long_unclosed_quote_is_an_error(read_text):
    with pytest.raises(InputError, match="quote"):
        read_text('a,b\n1,2\n"3' + ",4\n5" * 60_000)


def test_a_long_value_is_read(read_text):
    arrow, _ = read_text('a,b\n1,2\n3,"' + "text " * 2_000_000 + '"\n')
    assert len(columns(arrow)["b"][1]) == 10_000_000


def test_five_hundred_columns(read_text):
    names = [f"c{i}" for i in range(500)]
    arrow, _ = read_text(",".join(names) + "\n" + (",".join(map(str, range(500))) + "\n") * 30)
    assert arrow.column_names == names
    assert arrow.num_rows == 30


def test_a_very_long_first_row(read_text):
    names = [f"measurement_{'x' * 40}_{i}" for i in range(4_000)]
    text = ",".join(names) + "\n" + (",".join(["1"] * 4_000) + "\n") * 3
    arrow, _ = read_text(text)
    assert (arrow.num_columns, arrow.num_rows) == (4_000, 3)
    with pytest.raises(InputError, match="4,000 columns"):
        read_text(text, limits=ReadLimits(maximum_columns=3_999))


def test_a_hundred_thousand_categories(read_text):
    arrow, _ = read_text("c,n\n" + "".join(f"category {i},{i}\n" for i in range(100_000)))
    assert arrow.column("c").to_pylist()[99_999] == "category 99999"


def test_blank_lines_are_passed_over(read_text):
    arrow, _ = read_text("\n\na,b\n\n1,2\n\n\n3,4\n\n")
    assert columns(arrow) == {"a": [1, 3], "b": [2, 4]}


def test_unusual_line_separators_stay_inside_values(read_text):
    arrow, _ = read_text("a,b\nx\u2028y,1\nu\x0cv,2\n")
    assert columns(arrow)["a"] == ["x\u2028y", "u\x0cv"]


def test_nul_bytes_are_left_out_with_a_note(read_text):
    arrow, info = read_text(b"a,b\nx\0y,1\nz,2\n")
    assert columns(arrow)["a"] == ["xy", "z"]
    assert "1 NUL bytes were left out" in info.notes


def test_a_million_rows_in_seconds(read_text, tmp_path):
    import time

    block = "".join(f"{i},{i * 0.5},label {i % 7},2024-01-{i % 28 + 1:02}\n" for i in range(50_000))
    start = time.monotonic()
    arrow, _ = read_text("id,x,c,d\n" + block * 10)
    assert arrow.num_rows == 500_000
    assert time.monotonic() - start < 20  # about half a second; the bound leaves room for a busy machine
