"""Personal data of real tables replaced: one person stays one person, everything else stays as it was."""

import pyarrow as pa
import pytest

from synthloom.randomness import RandomStream
from synthloom.values import PersonalFinding, replace_personal
from synthloom.values.word_lists import locale_names

NAMES = locale_names("en_US")
STREAM = RandomStream(3)
N = 300


def person(i):
    first, last = NAMES.female.names[i % 250], NAMES.last.names[(i * 7) % 900]
    return first, last, f"{first}.{last}{i}@mail.com".lower()


@pytest.fixture(scope="module")
def tables():
    customers = [person(i) for i in range(N)]
    buyers = [person(i * 13 % N) for i in range(2 * N)]
    return {
        "customer": pa.table(
            {
                "first_name": [c[0] for c in customers],
                "last_name": [c[1] for c in customers],
                "email": [c[2] for c in customers],
                "phone": [None if i % 10 == 0 else f"(212) 444-{i:04d}" for i in range(N)],
                "ssn": [f"{100 + i:03d}-12-{1000 + i}" for i in range(N)],
                "spent": [float(i) for i in range(N)],
            }
        ),
        "sale": pa.table(
            {"mail": [b[2] for b in buyers], "buyer": [f"{b[1]}, {b[0]}" for b in buyers], "n": list(range(2 * N))}
        ),
    }


@pytest.fixture(scope="module")
def replaced(tables):
    return replace_personal(tables, STREAM)


def test_no_personal_value_is_left_and_the_rest_is_untouched(tables, replaced):
    done, report = replaced
    assert {(r.table, r.column) for r in report} == {
        ("customer", c) for c in ("first_name", "last_name", "email", "phone", "ssn")
    } | {("sale", "mail"), ("sale", "buyer")}
    for entry in report:
        if entry.finding.kind not in ("first_name", "last_name"):
            before = set(tables[entry.table][entry.column].to_pylist()) - {None}
            assert not before & set(done[entry.table][entry.column].to_pylist())
        assert entry.finding.reason
        assert entry.example
    assert done["customer"]["spent"].equals(tables["customer"]["spent"])
    assert done["sale"]["n"].equals(tables["sale"]["n"])
    for name in tables:
        assert done[name].schema == tables[name].schema
    assert done["customer"]["phone"].is_null().equals(tables["customer"]["phone"].is_null())


def test_one_person_stays_one_person_across_columns_and_tables(tables, replaced):
    done, _ = replaced
    by_mail = {}
    for old, new in zip(tables["customer"].to_pylist(), done["customer"].to_pylist()):
        by_mail[old["email"]] = new
        assert new["last_name"].lower().replace("'", "") in new["email"]
    assert len({c["email"] for c in by_mail.values()}) == N
    for old, new in zip(tables["sale"].to_pylist(), done["sale"].to_pylist()):
        known = by_mail[old["mail"]]
        assert new["buyer"] == f"{known['last_name']}, {known['first_name']}"


def test_names_alone_link_and_equal_streams_repeat(tables):
    visits = pa.table({"patient_name": [f"{person(i % 50)[0]} {person(i % 50)[1]}" for i in range(200)]})
    first, _ = replace_personal({"visit": visits}, STREAM)
    again, _ = replace_personal({"visit": visits}, STREAM)
    assert first["visit"].equals(again["visit"])
    mapping = {}
    for old, new in zip(visits["patient_name"].to_pylist(), first["visit"]["patient_name"].to_pylist()):
        assert mapping.setdefault(old, new) == new


def test_two_people_in_a_row_are_two_people():
    rows = [(person(i), person(i + 100)) for i in range(60)]
    table = pa.table(
        {
            "sender_name": [f"{a[0]} {a[1]}" for a, _ in rows],
            "sender_email": [a[2] for a, _ in rows],
            "receiver_name": [f"{b[0]} {b[1]}" for _, b in rows],
            "receiver_email": [b[2] for _, b in rows],
        }
    )
    done, _ = replace_personal({"t": table}, STREAM)
    for row in done["t"].to_pylist():
        assert row["sender_name"] != row["receiver_name"]
        assert row["sender_name"].split()[-1].lower().replace("'", "") in row["sender_email"]
        assert row["receiver_name"].split()[-1].lower().replace("'", "") in row["receiver_email"]


def test_an_office_address_links_nobody():
    people = [person(i) for i in range(40)]
    table = pa.table({"name": [f"{p[0]} {p[1]}" for p in people], "email": ["office@firm.com"] * 40})
    finding = {"t": {"name": PersonalFinding("name", 1.0, "given"), "email": PersonalFinding("email", 1.0, "given")}}
    done, _ = replace_personal({"t": table}, STREAM, findings=finding)
    assert len(set(done["t"]["name"].to_pylist())) > 35


def test_overruled_findings_numbers_and_empty_tables():
    table = pa.table(
        {"phone": pa.array([2125550101 + i for i in range(30)]), "name": [person(i)[0] for i in range(30)]}
    )
    done, report = replace_personal(
        {"t": table}, STREAM, findings={"t": {"phone": PersonalFinding("phone", 1.0, "given")}}
    )
    assert done["t"]["phone"].type == pa.int64()
    assert done["t"]["name"].equals(table["name"])
    assert [r.column for r in report] == ["phone"]
    empty, report = replace_personal({"t": table.slice(0, 0)}, STREAM)
    assert empty["t"].num_rows == 0
    assert report == ()
