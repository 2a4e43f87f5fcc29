"""The main job on a real table: the RAND health insurance experiment, as statsmodels carries it.

Its codes are labelled first, so that the table is mixed as real ones are, and written as CSV; then
it is handed to ``synthloom run`` as any user would.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from statsmodels.datasets import randhie

FOLDER = Path(__file__).resolve().parent.parent / "demo"


def labelled_table() -> pa.Table:
    """20,190 rows: visits to a doctor, insurance plan, health, and when the family was seen."""
    data = randhie.load_pandas().data
    health = np.select([data.hlthp == 1, data.hlthf == 1, data.hlthg == 1], ["poor", "fair", "good"], "excellent")
    return pa.table(
        {
            "doctor_visits": data.mdvis.astype(int),
            "coinsurance_log": data.lncoins.round(4),
            "individual_deductible": np.where(data.idp == 1, "yes", "no"),
            "participation_incentive_log": data.lpi.round(4).replace(0.0, np.nan),
            "deductible_log": data.fmde.round(4),
            "physical_limitation": np.where(data.physlm > 0.5, "yes", np.where(data.physlm > 0, "unclear", "no")),
            "chronic_diseases": data.disea.round(2),
            "health": health,
            "many_visits": np.where(data.mdvis >= 5, "yes", "no"),
        }
    )


def main() -> int:
    """Writes the table, runs the main job, says where the report is."""
    FOLDER.mkdir(exist_ok=True)
    source, output = FOLDER / "randhie.csv", FOLDER / "run"
    table = labelled_table()
    # the target is a threshold on the visits, which would give it away
    pyarrow.csv.write_csv(table.drop_columns(["doctor_visits"]), source)
    command = Path(sys.executable).parent / "synthloom"
    arguments = ["run", source, "--target", "many_visits", "--output", output, "--seed", "1", "--overwrite"]
    return subprocess.run([command, *map(str, arguments)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
