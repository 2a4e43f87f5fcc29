import pandas as pd
import pytest

import synthloom as sl
from synthloom.artifact import verify_folder
from synthloom.cli.main import _run

PEOPLE = [("Anna", "Berger"), ("Peter", "Novak"), ("Maria", "Rossi"), ("John", "Smith"), ("Sophie", "Martin")]


@pytest.fixture
def tables():
    names = [f"{a} {b}" for a, b in PEOPLE] * 20
    mails = [f"{a}.{b}@mail.org".lower() for a, b in PEOPLE] * 20
    customers = pd.DataFrame({"name": names[:5], "email": mails[:5], "age": [31, 42, 53, 64, 25]})
    orders = pd.DataFrame({"customer_email": mails, "amount": [i * 1.5 for i in range(100)]})
    return {"customers": customers, "orders": orders}


def test_one_person_stays_one_person(tables):
    made, report = sl.replace_personal(tables, seed=3)
    assert {(item.table, item.column) for item in report} == {
        ("customers", "name"), ("customers", "email"), ("orders", "customer_email"),
    }  # fmt: skip
    assert not set(made["customers"].email) & set(tables["customers"].email)
    new = dict(zip(tables["customers"].email, made["customers"].email))
    assert (tables["orders"].customer_email.map(new) == made["orders"].customer_email).all()
    assert (made["orders"].amount == tables["orders"].amount).all()
    for name, mail in zip(made["customers"].name, made["customers"].email):
        assert name.split()[-1].lower()[:4] in mail


def test_files(tables, tmp_path, capsys):
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    arguments = [str(tmp_path / "customers.csv"), str(tmp_path / "orders.csv"), "--output", str(tmp_path / "out")]
    assert _run(["replace", *arguments, "--seed", "1"]) == 0
    assert "customers.email" in capsys.readouterr().out
    assert verify_folder(tmp_path / "out").label == "replaced"
    text = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert "berger" not in text.lower()
    assert _run(["replace", *arguments]) == 2
