#!/bin/sh
# Makes .venv and installs one lock file into it: practice_vetting/environment.sh requirements.lock
# A second call with the same lock does nothing: the lock last installed is kept beside the environment.
set -eu
cd "$(dirname "$0")/.."
lock=$1
python=.venv/bin/python
installed=.venv/installed-$lock

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    found=
    for candidate in ${PYTHON_FOR_ENVIRONMENT:-} python3.13 python3.12 python3.11 python3; do
        usable "$candidate" || continue
        found=${found:-$candidate}
        if can_make_environments "$candidate"; then found=$candidate && return; fi
    done
    [ -n "$found" ] || no_python
}

no_python() {
    have=$(python3 --version 2>/dev/null || echo "no python3 at all")
    {
        echo "Practice Vetting needs Python 3.11 or later. This machine has: $have."
        echo "Install it, then run the same command again:"
        echo "  Debian, Ubuntu   sudo apt-get install python3 python3-venv"
        echo "  Fedora           sudo dnf install python3"
        echo "  macOS            brew install python@3.13"
    } >&2
    exit 1
}

add_venv_module() { # Debian ships venv apart from Python
    package=$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $package"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
    fi
    can_make_environments "$found" && return
    echo "Python on this machine cannot make environments. Install this, then run the same command again:" >&2
    echo "  sudo apt-get install $package" >&2
    exit 1
}

install() {
    .venv/bin/uv --version >/dev/null 2>&1 ||
        $python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock || true
    if .venv/bin/uv pip install -q --python $python --compile-bytecode --require-hashes -r "$lock"; then return; fi
    echo "Trying again with pip, which is slower" >&2
    $python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
}

if ! usable $python; then
    find_python
    can_make_environments "$found" || add_venv_module
    echo "Making an environment with $("$found" --version)"
    "$found" -m venv --clear .venv
fi
if ! cmp -s "$lock" "$installed"; then
    echo "Installing the Python packages of $lock (a minute or two the first time)"
    install
    cp "$lock" "$installed"
fi
