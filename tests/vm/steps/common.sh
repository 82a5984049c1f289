# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the lab's steps share: where things are, the cache, and apt with files of its own.
#
# The cache is outside the repository, since a kernel takes minutes to build. An entry is a directory
# NAME-KEY-VERSION: KEY is a hash of what it is made by, VERSION that of the package it is made of. Entries are
# made beside it and renamed, so that two runs may happen at once, and carry SHA256SUMS, so that a broken one is
# noticed.

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/pollux/lab

# Ends the step because something cannot be had here: not a failure of ours.
cannot() {
    printf '%s\n' "$*" >&2
    exit 77
}

key() { cat "$@" | sha256sum | cut -c 1-12; }

intact() { [[ -f $1/SHA256SUMS ]] && (cd "$1" && sha256sum --quiet --check --strict SHA256SUMS) >/dev/null 2>&1; }

# newest NAME-KEY: prints the newest intact entry.
newest() {
    local entry
    while read -r entry; do
        intact "$entry" || continue
        touch "$entry"
        printf '%s\n' "$entry"
        return
    done < <(compgen -G "$cache/$1-*" | sort -rV)
    return 1
}

# fresh NAME-KEY: is there one that was made within the last month? That will do: a new bug-fix release is no reason
# to spend minutes.
fresh() {
    local entry
    entry=$(newest "$1") && [[ -n $(find "$entry/SHA256SUMS" -mtime -30) ]]
}

# publish DIR ENTRY: DIR, which is whole now, becomes ENTRY.
publish() {
    (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum >"$1.sums" && mv "$1.sums" SHA256SUMS)
    # Another run may have been faster. A broken entry goes away in one step, too.
    if ! intact "$2"; then
        [[ ! -e $2 ]] || mv -T "$2" "$1.broken"
        mv -T "$1" "$2"
    fi
    rm -rf "$1" "$1.broken"
}

# once NAME-KEY VERSION COMMAND...: runs COMMAND with a new directory as last argument and publishes that as
# NAME-KEY-VERSION, unless it is there. Whoever comes meanwhile waits. Not within a condition: set -e ends it.
once() {
    local entry=$cache/$1-$2 dir lock
    shift 2
    mkdir -p "$cache"
    exec {lock}>"$entry.lock"
    flock "$lock"
    if ! intact "$entry"; then
        dir=$(mktemp -d "$cache/tmp.XXXXXXXX")
        # shellcheck disable=SC2064 # now, not later: the variable is local
        trap "rm -rf '$dir'" EXIT
        "$@" "$dir" {lock}>&-
        publish "$dir" "$entry"
        trap - EXIT
    fi
    exec {lock}>&-
    touch "$entry"
}

# apt's commands with lists and sources of our own: those of the system and, from the same place, the backports.
# Its proxies, keys and passwords stay in force. No root.
lab_apt() {
    local tool=$1 user=()
    shift
    # Root's apt downloads as a user that cannot read a home directory.
    ((EUID != 0)) || user=(-o APT::Sandbox::User=root)
    "$tool" -q -o Dir::State="$cache/apt/state" -o Dir::State::status=/var/lib/dpkg/status \
        -o Dir::Cache="$cache/apt/cache" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin \
        -o Dir::Etc::sourcelist="$cache/apt/debian.sources" \
        -o Dir::Etc::sourceparts=- -o Acquire::Retries=3 -o Acquire::Languages=none \
        "${user[@]}" "$@"
}

# Brings apt's lists up to date, at most every six hours. What was there goes on to be used when that fails, and
# $unreachable says so.
unreachable=
lab_apt_update() {
    local lock stamp=$cache/apt/updated
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        cannot "the lab takes its kernels from Debian's packages, and apt-get or dpkg-deb is missing"
    mkdir -p "$cache"/apt/{state/lists/partial,cache/archives/partial}
    exec {lock}>"$cache/apt/lock"
    flock "$lock"
    if [[ -z $(find "$stamp" -mmin -360 2>/dev/null) ]]; then
        python3 "$vm/steps/sources.py" >"$cache/apt/debian.sources.new" ||
            cannot "the system's apt sources have no suite of Debian's"
        mv "$cache/apt/debian.sources.new" "$cache/apt/debian.sources"
        if lab_apt apt-get update --error-on=any; then
            touch "$stamp"
        else
            unreachable=" (apt-get update failed)"
        fi
    fi
    exec {lock}>&-
}

# candidate PACKAGE [SUITE]: prints the version that apt would take.
candidate() {
    local version
    version=$(lab_apt apt-cache policy ${2:+-t "$2"} "$1" | sed -n 's/^  Candidate: //p')
    [[ -n $version && $version != "(none)" ]] && printf '%s\n' "$version"
}

# unpack DIR PACKAGE=VERSION...: downloads packages and unpacks them; nothing is installed.
unpack() {
    local dir=$1 packages file
    shift
    packages=$(mktemp -d "$cache/tmp.XXXXXXXX")
    if ! (cd "$packages" && lab_apt apt-get download "$@"); then
        rm -rf "$packages"
        cannot "apt-get could not download $*"
    fi
    for file in "$packages"/*.deb; do
        dpkg-deb -x "$file" "$dir"
    done
    rm -rf "$packages"
}
