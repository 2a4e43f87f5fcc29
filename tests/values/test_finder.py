"""Personal columns are found; ordinary columns, traps among them, are left alone."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthloom.values import find_personal, find_personal_columns


def column(values):
    return pa.chunked_array([pa.array(values)])


FIRST = ["Anna", "Bernd", "Carla", "David", "Elena", "Frank", "Greta", "Hans", "Irene", "Jonas",
         "Karin", "Lukas", "Maria",
         "Nils", "Olga", "Peter",
         "Robert", "Sophie", "Thomas", "Ursula", "Victor", "Walter", "Xenia", "Yvonne"]  # fmt: skip
LAST = [
    "Smith",
    "Müller",
    "Garcia",
    "Rossi",
    "Dubois",
    "Jansen",
    "Schmidt",
    "Lopez",
    "Martin",
    "Weber",
    "Fischer",
    "Wagner",
]
FULL = [f"{f} {last}" for f in FIRST for last in LAST]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("col_7", [f"{f.lower()}@mail{i}.com" for i, f in enumerate(FIRST)], "email"),
        ("Correo electrónico", ["ana@correo.es", "x@y.org"], "email"),
        ("iban", ["DE89370400440532013000", "GB29NWBK60161331926819"], "iban"),
        ("k", ["DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "BE68 5390 0754 7034"], "iban"),
        (
            "payment",
            ["4111111111111111", "5555555555554444", "378282246310005", "4012888888881881", "6011111111111117"],
            "card",
        ),
        ("x", [4111111111111111, 5555555555554444, 378282246310005, 4012888888881881, 6011111111111117], "card"),
        ("ssn", ["219-09-9999", "123-45-6789"], "national_id"),
        ("codice", ["RSSMRA85T10A562S", "MRTMTT91D08F205J", "BNCGNN80A01H501C"] * 2, None),  # two bad ones out of three
        ("Telefonnummer", ["030 1234567", "+49 170 1234567", "0171/2345678"], "phone"),
        ("kontakt", [f"+49 170 {1000000 + 7 * i}" for i in range(30)], "phone"),
        ("nameFirst", FIRST, "first_name"),
        ("Nachname", LAST, "last_name"),
        ("vorname_kunde", FIRST, "first_name"),
        ("Imię", FIRST, "first_name"),
        ("who", FULL, "name"),
        ("customer", [f"{x.split()[1]}, {x.split()[0]}" for x in FULL], "name"),
        ("client_ip", ["10.0.0.1", "192.168.1.7", "8.8.8.8"], "ip_address"),
        ("addr6", ["2001:db8::1", "fe80::2", "::1"], "ip_address"),
        ("Anschrift", ["Hauptstraße 12, 10115 Berlin", "Am Markt 3, 50667 Köln"], "address"),
        ("place", [f"{i} Oak Street, Springfield, IL 6270{i % 10}" for i in range(1, 40)], "address"),
        ("login", ["jdoe", "asmith", "bwayne42", "ckent", "pparker"], "username"),
        ("account_no", [f"{12345678 + 91 * i}" for i in range(30)], "account"),
    ],
)
def test_personal_columns_are_found(name, values, kind):
    found = find_personal(name, column(values))
    if kind is None:
        assert found is None or not found.treat_as_personal
        return
    assert found is not None
    assert (found.kind, found.treat_as_personal) == (kind, True)
    assert found.reason


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("telephone", ["none", "yes"] * 50),
        ("month", ["April", "May", "June", "August"] * 9),
        ("category", ["Jordan", "Georgia", "Chad", "Virginia"] * 9),
        ("native_country", ["United-States", "Jordan", "Israel", "Georgia", "Cuba"] * 9),
        ("race", ["White", "Black", "Other"] * 9),
        ("occupation", ["Sales", "Craft-repair", "Exec-managerial"] * 9),
        (
            "city",
            ["Houston", "Jackson", "Lincoln", "Madison", "Austin", "Charlotte", "Florence", "Victoria", "Carson"] * 3,
        ),
        ("last_review", ["2019-01-02", "2018-11-30", "2017-05-12"] * 9),
        ("amount", [str(12.5 * i) for i in range(100)]),
        ("version", ["1.2.3", "1.2.4", "2.0.1"]),
        ("code", [f"A-{i:05d}" for i in range(100)]),
        ("id", [f"{i:016d}" for i in range(4_000_000_000_000_000, 4_000_000_000_000_100)]),
        ("id", list(range(100_000_000, 100_000_400))),
        ("ean", [f"{4006381333000 + 17 * i}" for i in range(200)]),
        ("time", ["08:15:00", "23:59:10", "12:00:01"]),
        ("fee", ["1,234.50", "12,000.00", "3,500.25"] * 5),
        ("comment", ["The service was fine and the food was good"] * 3 + ["Nothing to complain about at all, really"]),
        ("email_sent", ["yes", "no"] * 20),
        ("card_type", ["gold", "classic", "junior"] * 5),
        ("address_type", ["home", "work"] * 20),
        ("account_status", ["open", "closed"] * 20),
    ],
)
def test_ordinary_columns_are_left_alone(name, values):
    found = find_personal(name, column(values))
    assert found is None or not found.treat_as_personal, found


@pytest.mark.parametrize(
    "mention",
    [
        "call me on +49 170 1234567",
        "write to anna@mail.de",
        "spoke with Anna Schmidt about it",
        "iban DE89370400440532013000",
    ],
)
def test_free_text_that_mentions_people_is_found(mention):
    plain = [f"The parcel number {i} arrived late and nobody was told about it" for i in range(80)]
    mixed = [f"Ticket {i}: {mention}, please see to it" for i in range(20)]
    found = find_personal("remarks", column(plain + mixed))
    assert found is not None
    assert (found.kind, found.treat_as_personal) == ("free_text", True)
    assert find_personal("remarks", column(plain)) is None


def test_coordinates_are_personal_only_beside_people():
    numbers = column(np.linspace(40.5, 40.9, 50))
    alone = find_personal_columns({"latitude": numbers, "price": column(list(range(50)))})
    assert not alone["latitude"].treat_as_personal
    beside = find_personal_columns({"latitude": numbers, "owner_name": column((FULL * 2)[:50])})
    assert beside["latitude"].treat_as_personal
    assert "owner_name" in beside["latitude"].reason


def test_a_finding_repeats_and_names_no_value():
    values = column([f"{f.lower()}.{i}@mail.com" for i, f in enumerate(FIRST * 200)])
    first, second = find_personal("contact", values), find_personal("contact", values)
    assert first == second
    assert not any(f.lower() in first.reason for f in FIRST)


@pytest.mark.parametrize(
    "values",
    [pa.array([], pa.string()), pa.array([None, None], pa.string()), pa.array(["", " "]), pa.array([True, False]),
     pa.array([1.5, None]), pa.array([None], pa.null()), pa.array([b"x"])],
)  # fmt: skip
def test_empty_and_odd_columns_give_nothing(values):
    for name in ("email", "name", "phone", "", "lat"):
        assert find_personal(name, pa.chunked_array([values])) is None or name == "lat"


REAL_PERSONAL = {  # what is personal in the real tables, by hand
    ("baseball__players", "nameFirst"), ("baseball__players", "nameLast"), ("firstnames_at", "first_name"),
    ("berka__orders", "account_to"), ("berka__trans", "account"),
}  # fmt: skip


def test_no_false_alarm_on_real_tables():
    folder = os.environ.get("SYNTHLOOM_DATA")
    if not folder:
        pytest.skip("SYNTHLOOM_DATA names no folder of real tables")
    import pyarrow.parquet as pq

    found = set()
    for file in sorted(Path(folder).glob("*.parquet")):
        table = pq.read_table(file)
        findings = find_personal_columns({n: table.column(n) for n in table.column_names})
        found |= {(file.stem, name) for name, f in findings.items() if f.treat_as_personal}
    assert found <= REAL_PERSONAL
    assert {("baseball__players", "nameFirst"), ("baseball__players", "nameLast")} <= found


def test_no_false_alarm_on_bundled_tables():
    import statsmodels.api as sm
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

    frames = [load().frame for load in (lambda: load_wine(as_frame=True), lambda: load_diabetes(as_frame=True))]
    frames.append(load_breast_cancer(as_frame=True).frame)
    frames += [getattr(sm.datasets, name).load_pandas().data for name in ("anes96", "fair", "randhie", "star98")]
    for frame in frames:
        for name in frame.columns:
            found = find_personal(str(name), pa.chunked_array([pa.array(frame[name], from_pandas=True)]))
            assert found is None or not found.treat_as_personal
