#!/bin/sh
# Installs what a package list names and dpkg does not have. Usage: setup.sh [list]...
# Silent when nothing is missing; plain sh, because it has to run before anything is installed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- "$root/packages.txt"

wanted=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@" | sort -u)

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: not a Debian system; taking for granted that what $* lists is here" >&2
    exit 0
fi

# dpkg-query fails when it does not know one of the names; that one is then simply missing.
# shellcheck disable=SC2086 # one word per package
present=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
    sed -n 's/^installed //p') || true
missing=
for package in $wanted; do
    case "
$present
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1 || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        echo "setup: as root, run: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "setup: installing$missing"
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}
# The lists may be old or absent; if they cannot be had, the install says what is missing.
apt update || true
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing >/dev/null
