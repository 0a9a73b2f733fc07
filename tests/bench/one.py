"""One module, in this process, its figures as lines of JSON: python -m tests.bench.one MODULE DESCRIPTOR [quick]"""

import importlib
import json
import os
import sys
from dataclasses import asdict

import django


def main(name: str, descriptor: int, *, quick: bool) -> None:
    django.setup()
    with os.fdopen(descriptor, "w") as told:
        for figure in importlib.import_module(f"tests.bench.{name}").measure(quick):
            told.write(json.dumps(asdict(figure)) + "\n")
            told.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), quick="quick" in sys.argv[3:])
