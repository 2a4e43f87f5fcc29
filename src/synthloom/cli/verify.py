"""``synthloom verify``: is a folder still what was written?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import consoles


def verify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A run, a release or a model folder.")],
) -> None:
    """Check every file of a folder against its manifest."""
    from synthloom.artifact import verify_folder
    from synthloom.errors import ArtifactError

    out, _ = consoles()
    places = [
        place for place in (folder, folder / "release", folder / "private") if (place / "manifest.json").is_file()
    ]
    places += [place / "model" for place in places if (place / "model" / "manifest.json").is_file()]
    if not places:
        raise ArtifactError(
            f'"{folder}" holds no manifest.json', accepted="a run, release or model folder that Synthloom wrote"
        )
    for place in places:
        manifest = verify_folder(place)
        count = len(manifest.files)
        out.print(f"{place}: {manifest.kind}, {manifest.label}; {count} files unchanged", markup=False)
