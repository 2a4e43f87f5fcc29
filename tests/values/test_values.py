"""Values that are made up: repeatable by position, in agreement, unique where asked, from reserved ranges only."""

import ipaddress
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthloom.errors import ArtifactError, OptionError
from synthloom.randomness import RandomStream
from synthloom.values import LOCALES, People, ValueStyle, find_style, find_table_locale, make_values
from synthloom.values.check_digits import NATIONAL_IDS, is_iban, is_luhn
from synthloom.values.kinds import VALUE_KINDS
from synthloom.values.provider import unique_capacity
from synthloom.values.word_lists import fold

STREAM = RandomStream(7).child("values")
ROWS = np.arange(2_000)


@pytest.mark.parametrize("kind", VALUE_KINDS)
@pytest.mark.parametrize("locale", ["en_US", "pl_PL"])
def test_a_value_depends_on_stream_and_position_only(kind, locale):
    whole = make_values(kind, ROWS, STREAM, locale=locale)
    parts = [make_values(kind, part, STREAM, locale=locale) for part in np.array_split(ROWS, 7)]
    assert pa.concat_arrays(parts).equals(whole)
    shuffled = np.random.default_rng(0).permutation(ROWS)
    assert make_values(kind, shuffled, STREAM, locale=locale).equals(whole.take(pa.array(shuffled)))
    assert whole.null_count == 0
    if kind != "country":
        assert not make_values(kind, ROWS, RandomStream(8), locale=locale).equals(whole)


@pytest.mark.parametrize("locale", LOCALES)
def test_one_person_agrees(locale):
    name, email, first, last = (
        make_values(kind, ROWS, STREAM, locale=locale).to_pylist()
        for kind in ("name", "email", "first_name", "last_name")
    )
    address, city, postcode, street = (
        make_values(kind, ROWS, STREAM, locale=locale).to_pylist() for kind in ("address", "city", "postcode", "street")
    )
    for i in range(200):
        assert name[i] == f"{first[i]} {last[i]}"
        local = email[i].split("@")[0]
        letters = re.sub("[^a-z]", "", fold(last[i].split(" ")[0]))
        assert letters in local or locale == "de_DE" or len(last[i].split(" ")) > 1
        assert city[i] in address[i]
        assert postcode[i] in address[i]
        assert street[i] in address[i]


@pytest.mark.parametrize("locale", LOCALES)
def test_reserved_ranges_only(locale):
    made = {kind: make_values(kind, ROWS, STREAM, locale=locale).to_pylist() for kind in VALUE_KINDS}
    assert {e.split("@")[1] for e in made["email"]} == {"example.com", "example.org", "example.net"}
    assert all(is_luhn(c) and c.startswith("9999") and len(c) == 16 for c in made["card"])
    assert all(map(is_iban, made["iban"]))
    assert all(i[4:7] in ("900", "XXX", "999") or i[5:8] == "999" for i in made["iban"])
    assert all(map(NATIONAL_IDS[locale[-2:]][1], made["national_id"]))
    documentation = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert all(any(ipaddress.ip_address(a) in n for n in documentation) for a in made["ip_address"])
    if locale == "en_US":
        assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", p) for p in made["phone"])
        assert all(n.startswith("9") and int(n[4:6]) < 50 for n in made["national_id"])
        assert max(int(p) for p in made["postcode"]) < 500


@pytest.mark.parametrize(
    "kind", ["email", "username", "iban", "card", "account", "uuid", "name", "address", "national_id", "phone"]
)
def test_unique_values_are_unique_in_any_order(kind):
    rng = np.random.default_rng(1)
    positions = np.unique(np.concatenate([np.arange(30_000), rng.integers(0, 10_000_000, 120_000)]))
    made = make_values(kind, positions, STREAM, unique=True)
    assert pc.count_distinct(made).as_py() == len(positions)


def test_values_that_repeat_refuse_to_be_unique():
    with pytest.raises(OptionError, match="repeat"):
        make_values("city", ROWS, STREAM, unique=True)
    with pytest.raises(OptionError, match="fiction"):
        make_values("phone", np.array([10**7]), STREAM, unique=True, style=ValueStyle("phone", form="digits"))
    assert unique_capacity("city", ValueStyle("city")) == 0
    assert unique_capacity("national_id", ValueStyle("national_id", "nl_NL")) == 9091
    assert unique_capacity("email", ValueStyle("email")) is None


def test_unknown_kinds_locales_and_positions_are_refused():
    with pytest.raises(OptionError, match="email"):
        make_values("emial", ROWS, STREAM)
    with pytest.raises(OptionError, match="xx_XX"):
        make_values("name", ROWS, STREAM, locale="xx_XX")
    with pytest.raises(OptionError, match="whole numbers"):
        make_values("name", np.array([-1]), STREAM)
    with pytest.raises(OptionError, match="whole numbers"):
        make_values("name", np.array([0.5]), STREAM)
    assert len(make_values("name", np.array([], dtype=np.int64), STREAM)) == 0


def test_locales_may_be_written_loosely():
    for loose in ("de", "de-DE", "de_de", "de_DE.UTF-8"):
        assert make_values("name", ROWS[:5], STREAM, locale=loose).equals(
            make_values("name", ROWS[:5], STREAM, locale="de_DE")
        )


COLUMNS = {
    "name": ["SMITH, ANNA", "MILLER, BERT", "BROWN, CARLA", "DAVIS, DORA", "JONES, EMIL", "WILSON, FRED"],
    "phone": ["+49 170 1234567", "+49 171 7654321", "+49 160 1112223", "+49 151 2345678", "+49 152 3456789"],
    "iban": ["DE89 3704 0044 0532 0130 00"] * 5,
    "card": [
        "4111 1111 1111 1111",
        "5555 5555 5555 4444",
        "4012 8888 8888 1881",
        "4222 2222 2222 2222",
        "4000 0566 5566 5556",
    ],
    "national_id": ["219-09-9999", "123-45-6789", "111-22-3333", "222-33-4444", "333-44-5555"],
    "email": ["anna_bell@firm.de", "bert_cole@firm.de", "cara_dunn@firm.de", "dora_ende@firm.de", "emil_fuchs@firm.de"],
    "ip_address": ["fe80::1", "fe80::2", "fe80::3"],
    "address": ["Hauptstraße 12\n10115 Berlin", "Am Markt 3\n50667 Köln"],
}


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_a_style_takes_the_writing_and_no_value(kind):
    style = find_style(kind, pa.chunked_array([COLUMNS[kind]]))
    state = json.dumps(style.to_json())
    assert ValueStyle.from_json(json.loads(state)) == style
    for value in COLUMNS[kind]:
        for word in re.findall(r"\w{4,}", value):
            assert word.lower() not in state.lower()
    made = make_values(kind, ROWS[:50], STREAM, style=style).to_pylist()
    shape = lambda v: re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "0", v))  # noqa: E731
    if kind in ("phone", "card", "national_id"):
        assert {shape(v) for v in made} == {shape(COLUMNS[kind][0])}
    assert not set(made) & set(COLUMNS[kind])


def test_styles_of_case_order_and_separators():
    made = make_values(
        "name", ROWS[:5], STREAM, style=find_style("name", pa.chunked_array([COLUMNS["name"]]))
    ).to_pylist()
    assert all(re.fullmatch(r"[A-Z' \-]+, [A-Z' \-]+", v) for v in made)
    made = make_values(
        "email", ROWS[:5], STREAM, style=find_style("email", pa.chunked_array([COLUMNS["email"]]))
    ).to_pylist()
    assert all("_" in v.split("@")[0] for v in made)
    numbers = pa.chunked_array([pa.array([2125550101 + i for i in range(20)])])
    style = find_style("phone", numbers)
    assert all(v.isdigit() for v in make_values("phone", ROWS[:5], STREAM, style=style).to_pylist())
    for kind in (pa.int64(), pa.int32(), pa.float64()):
        assert make_values("phone", ROWS[:5], STREAM, style=style, arrow_type=kind).type == kind
    latitude = find_style("coordinates", pa.chunked_array([pa.array([52.5, 53.1])]))
    assert latitude.form == "latitude"
    assert -52 < make_values("coordinates", ROWS[:5], STREAM, style=latitude).to_pylist()[0] < -46


def test_a_rare_shape_is_not_kept():
    values = [f"{i:03d}" for i in range(4)]  # fewer than five share it
    assert find_style("account", pa.chunked_array([values])).mask == ""
    odd = ["12-34 secret 99"] * 9
    assert find_style("account", pa.chunked_array([odd])).mask == ""


def test_the_locale_of_a_table_is_what_its_people_suggest():
    german = ["Jürgen Müller", "Heike Schäfer", "Uwe Schröder", "Sabine Köhler", "Günter Krüger"] * 4
    columns = {"who": pa.chunked_array([german]), "n": pa.chunked_array([list(range(20))])}
    assert find_table_locale(columns, {"who": "name"}) == "de_DE"
    assert find_table_locale(columns, {}) is None


def test_a_foreign_style_is_refused():
    with pytest.raises(ArtifactError, match="colour"):
        ValueStyle.from_json({"kind": "name", "colour": 1})


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.text(max_size=20), max_size=30),
    st.sampled_from(["name", "phone", "card", "national_id", "account", "email", "iban"]),
)
def test_any_text_gives_a_style_that_works(values, kind):
    style = find_style(kind, pa.chunked_array([pa.array(values, pa.string())]))
    made = make_values(kind, ROWS[:3], STREAM, style=style)
    assert len(made) == 3


def test_people_hand_out_the_same_person():
    people = People(ROWS, STREAM, "pl_PL")
    women = people.is_woman
    lasts = np.array(people.last_name.to_pylist())
    assert not any(name.endswith(("ski", "cki")) for name in lasts[women])
    assert any(name.endswith("ski") for name in lasts[~women])
    assert people.region.to_pylist() == make_values("region", ROWS, STREAM, locale="pl_PL").to_pylist()
