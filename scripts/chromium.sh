# Sourced by tests-start.sh: finds Chromium for the browser tests, or installs it.

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" 2>/dev/null && return
    done
    for name in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        [ -x "$name" ] && printf '%s\n' "$name" && return
    done
    "$VENV/bin/python" - <<'END'
from pathlib import Path
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = playwright.chromium.executable_path
    if Path(path).exists():
        print(path)
END
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's package where there is one; Ubuntu's is a snap, which cannot be driven like this.
install_debian_package() {
    command -v apt-get >/dev/null 2>&1 || return 1
    as_root apt-get update --quiet
    apt-cache show chromium 2>/dev/null | grep -q '^Package: chromium$' || return 1
    as_root apt-get install --yes --no-install-recommends chromium
}

install_chromium() {
    install_debian_package || "$VENV/bin/python" -m playwright install --with-deps chromium
}

# ensure_chromium: set CHROMIUM to the path of a browser; install one if there is none.
ensure_chromium() {
    CHROMIUM=${CHROMIUM:-$(find_chromium)}
    if [ -z "$CHROMIUM" ]; then
        echo "Installing Chromium for the browser tests ..."
        install_chromium
        CHROMIUM=$(find_chromium)
    fi
    [ -n "$CHROMIUM" ] || fail "No Chromium was found; install one, or set CHROMIUM to its path."
    export CHROMIUM
}
