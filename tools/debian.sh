#!/usr/bin/env bash
# tools/debian.sh PACKAGE...: unpack packages of this machine's own distribution (Debian, Ubuntu ...) below
# build/debian/root, with whatever they depend on that the machine lacks. Needs no root, installs nothing,
# and what is unpacked once is used again the next time. Called by the parts of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
base=$PWD/build/debian

missing=()
for package; do
    [ -e "$base/unpacked/$package" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

fail() {
    printf 'debian.sh: %s\n' "$@" >&2
    exit 1
}
for command in apt-get apt-cache dpkg-deb; do
    command -v $command >/dev/null || fail "$command is missing: ${missing[*]} can be had on Debian and its kin only"
done
mkdir -p "$base"/{root,unpacked,archives,state/lists/partial,cache/archives/partial}

# The machine's own package lists serve if they know the packages and their addresses still hold; otherwise
# lists of our own do, which anyone may update.
cat >"$base/apt.conf" <<END
Dir::Cache "$base/cache";
Debug::NoLocking "true";
APT::Sandbox::User "$(id -un)";
#clear APT::Update::Post-Invoke;
END
options=(-qq -c "$base/apt.conf")

unpack_all() {
    local names archive
    # Named packages, and of their dependencies those that aren't installed; the C library is the machine's.
    names=$(apt-get "${options[@]}" --no-install-recommends --print-uris install "${missing[@]}" |
        sed -n "/' libc6_/d; s/^'[^']*' \([^_ ]*\)_.*/\1/p") || return 1
    rm -f "$base"/archives/*.deb
    # shellcheck disable=SC2086 # package names have no spaces
    (cd "$base/archives" && apt-get "${options[@]}" download $(printf '%s\n' $names "${missing[@]}" | sort -u)) ||
        return 1
    for archive in "$base"/archives/*.deb; do
        dpkg-deb -x "$archive" "$base/root" || return 1
        rm "$archive"
    done
}

if ! apt-cache -c "$base/apt.conf" show "${missing[@]}" >/dev/null 2>&1 || ! unpack_all; then
    options+=(-o Dir::State::Lists="$base/state/lists")
    apt-get "${options[@]}" update || fail "apt-get can't fetch the package lists: is there a network?"
    unpack_all || fail "can't fetch ${missing[*]}: the message above says why"
fi
for package in "${missing[@]}"; do
    touch "$base/unpacked/$package"
done
