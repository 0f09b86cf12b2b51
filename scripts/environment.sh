# Sourced by run.sh and test.sh: creates the virtual environment, and updates it when a requirements
# file changes. Written for bash 3.2, the version of macOS.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
VENV=.venv

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# find_python: print the newest suitable Python (3.11 or later), or nothing.
find_python() {
    local name
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
}

make_venv() {
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local python
    python=$(find_python)
    [ -n "$python" ] || fail "Tally needs Python 3.11 or later; install it from https://www.python.org" \
        "or with your system's package manager, then run this again."
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "This Python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"
    echo "Making the virtual environment in $VENV ..."
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
}

# print_inputs FILE: print everything that an installation depends on, including the folder's path.
print_inputs() {
    pwd
    cat "$1" pyproject.toml
}

# install_requirements FILE: install exactly what FILE lists, unless it is installed already.
install_requirements() {
    local stamp="$VENV/.installed-$1"
    if [ -x "$VENV/bin/tally" ] && print_inputs "$1" | cmp -s - "$stamp"; then
        return
    fi
    echo "Installing the packages of $1 ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$1"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
    print_inputs "$1" >"$stamp"
}
