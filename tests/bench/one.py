"""One module, in this process, its figures as lines of JSON: python -m tests.bench.one MODULE DESCRIPTOR [quick]"""

import importlib
import json
import os
import sys
from dataclasses import asdict

import django

SERVED = {"pages", "saving"}  # what is measured as the web server has it: see practice_vetting.stores


def main(name: str, descriptor: int, *, quick: bool) -> None:
    if name in SERVED:
        os.environ["SERVES_PAGES"] = "1"
    django.setup()
    with os.fdopen(descriptor, "w") as told:
        for figure in importlib.import_module(f"tests.bench.{name}").measure(quick):
            told.write(json.dumps(asdict(figure)) + "\n")
            told.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), quick="quick" in sys.argv[3:])
