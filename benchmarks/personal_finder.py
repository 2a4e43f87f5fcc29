"""Precision and recall of the finder on personal columns planted with Faker in real tables.

    SYNTHLOOM_DATA=folder python benchmarks/personal_finder.py [--tables 20] [--rows 1000] [--seed 0]

Into each of 20 tables, for each of five locales, thirteen kinds of personal columns are planted, made by Faker (not by
Synthloom's own providers), each once under a telling name in the locale's language and once under a name that says
nothing. A planted column counts as found if its confidence is at least 0.5; a column of the table itself that is
flagged counts against precision, but for those that really are personal (``KNOWN``). The finder's lists of names were
taken from Faker too, so that recall on names is flattered: ``--blind`` plants names of people who really lived (the
players of the baseball set) in their place.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from faker import Faker

from synthloom.values import find_personal, find_personal_columns

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES")
KNOWN = {
    ("baseball__players", "nameFirst"), ("baseball__players", "nameLast"), ("firstnames_at", "first_name"),
    ("berka__orders", "account_to"), ("berka__trans", "account"),
}  # fmt: skip
NAMES = {
    "name": ("customer_name", "full_name", "Kundenname", "nom_complet", "nombre_completo"),
    "first_name": ("first_name", "forename", "Vorname", "prénom", "nombre_de_pila"),
    "last_name": ("last_name", "surname", "Nachname", "nom_de_famille", "apellidos"),
    "email": ("email", "email_address", "E-Mail-Adresse", "courriel", "correo_electronico"),
    "phone": ("phone", "telephone_number", "Telefonnummer", "numéro_de_téléphone", "teléfono"),
    "address": ("address", "home_address", "Anschrift", "adresse_postale", "dirección"),
    "street": ("street", "address_line_1", "Strasse", "rue", "calle"),
    "iban": ("iban", "iban", "IBAN", "iban", "iban"),
    "card": ("card_number", "cc_number", "Kreditkartennummer", "numero_de_carte", "numero_tarjeta"),
    "national_id": ("ssn", "ni_number", "Sozialversicherungsnummer", "securite_sociale", "DNI"),
    "ip_address": ("ip", "client_ip", "IP-Adresse", "adresse_ip", "direccion_ip"),
    "username": ("username", "login", "Benutzername", "identifiant", "usuario"),
    "free_text": ("notes", "remarks", "Bemerkungen", "commentaires", "observaciones"),
}


def planted(kind: str, fake: Faker, locale: str, rows: int, real: list[tuple[str, str]] | None, rng: random.Random) -> list[str]:
    if real is not None and kind in ("name", "first_name", "last_name"):
        people = [rng.choice(real) for _ in range(rows)]
        return [{"name": f"{f} {l}", "first_name": f, "last_name": l}[kind] for f, l in people]
    national = fake.nif if locale == "es_ES" else fake.ssn
    makers = {
        "name": fake.name, "first_name": fake.first_name, "last_name": fake.last_name, "email": fake.email,
        "phone": fake.phone_number, "address": fake.address, "street": fake.street_address, "iban": fake.iban,
        "card": fake.credit_card_number, "national_id": national, "ip_address": fake.ipv4_public,
        "username": fake.user_name,
    }  # fmt: skip
    if kind in makers:
        return [str(makers[kind]()) for _ in range(rows)]
    texts = []
    for _ in range(rows):
        text = fake.sentence(nb_words=10)
        if rng.random() < 0.2:
            text += " " + rng.choice([fake.name, fake.email, fake.phone_number])() + " " + fake.sentence(nb_words=4)
        texts.append(text)
    return texts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--blind", action="store_true")
    options = parser.parse_args()
    folder = Path(os.environ["SYNTHLOOM_DATA"])
    rng = random.Random(options.seed)
    real = None
    if options.blind:
        players = pq.read_table(folder / "baseball__players.parquet").select(["nameFirst", "nameLast"]).to_pylist()
        real = [(p["nameFirst"], p["nameLast"]) for p in players if p["nameFirst"] and p["nameLast"]]
    files = sorted(folder.glob("*.parquet"), key=lambda f: (f.stem != "baseball__players", f.stem))[: options.tables]
    hits, misses, wrong_kind, columns = Counter(), Counter(), Counter(), 0
    false_alarms = []
    start = time.time()
    for file in files:
        table = pq.read_table(file)
        found = find_personal_columns({n: table.column(n) for n in table.column_names})
        columns += table.num_columns
        false_alarms += [(file.stem, n, f.kind, f.reason) for n, f in found.items() if f.treat_as_personal and (file.stem, n) not in KNOWN]
        for place, locale in enumerate(LOCALES):
            fake = Faker(locale)
            fake.seed_instance(rng.randrange(2**31))
            for kind, names in NAMES.items():
                values = planted(kind, fake, locale, min(options.rows, table.num_rows), real, rng)
                column = pa.chunked_array([values])
                for telling in (True, False):
                    finding = find_personal(names[place] if telling else f"field_{rng.randrange(100)}", column)
                    key = (kind, "telling" if telling else "opaque", locale)
                    ok = finding is not None and finding.treat_as_personal
                    (hits if ok else misses)[key] += 1
                    wanted = {"street": "address"}.get(kind, kind)
                    if ok and finding.kind != wanted:
                        wrong_kind[(kind, finding.kind, locale)] += 1
    total, found_total = sum(hits.values()) + sum(misses.values()), sum(hits.values())
    report(hits, misses, wrong_kind, false_alarms)
    print(f"tables {len(files)}, their own columns {columns}, planted {total}, {time.time() - start:.0f} s")
    print(f"recall    {found_total / total:.4f}")
    for style in ("telling", "opaque"):
        h = sum(v for k, v in hits.items() if k[1] == style)
        m = sum(v for k, v in misses.items() if k[1] == style)
        print(f"  {style:8} {h / (h + m):.4f}")
    own = len(false_alarms)
    print(f"precision {found_total / (found_total + own):.4f} ({own} ordinary columns flagged)")
    distinct = len({k for k in hits})
    print(f"  counting each planted kind, naming and locale once: {distinct / (distinct + own):.4f}")
    print(f"right kind among found {1 - sum(wrong_kind.values()) / found_total:.4f}")


def report(hits, misses, wrong_kind, false_alarms) -> None:
    for key, count in sorted(misses.items()):
        print("missed", *key, f"{count} of {count + hits[key]}")
    for key, count in sorted(wrong_kind.items()):
        print("taken for another kind", *key, count)
    for alarm in false_alarms:
        print("false alarm", *alarm)


if __name__ == "__main__":
    main()
