"""python -m tests.faults            prints the outcomes of the last run
python -m tests.faults --write    puts them into docs/faults.md
"""

import sys

from tests.faults import results

if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        results.write()
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        sys.stdout.write(results.table(results.read()))
