"""``python -m synthloom``."""

from synthloom.cli.main import main

main()
