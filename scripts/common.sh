# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What scripts/setup, scripts/run and scripts/test share: where the repository is, and how a step is shown.

# shellcheck disable=SC2034 # for those who read this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Progress goes to descriptor 3, so that a caller whose result is on stdout can send it elsewhere.
exec 3>&1

say() { printf '%s\n' "$*" >&3; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# step NAME LOG COMMAND...: one line, "NAME ... 12 s", with all output in LOG; the end of LOG only when
# the command fails. Returns the command's status. What the command leaves in $step_note is shown too.
step() {
    local name=$1 log=$2 start=$SECONDS status=0
    shift 2
    step_note=
    printf '%-44s' "$name" >&3
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status == 0)); then
        printf '%5d s  %s\n' $((SECONDS - start)) "$step_note" >&3
    else
        printf '%5d s  FAILED %s\n' $((SECONDS - start)) "$step_note" >&3
        show_tail "$log"
    fi
    return "$status"
}

show_tail() {
    {
        printf -- '--- the end of %s:\n' "$1"
        tail -n 60 "$1" | sed 's/^/    /'
        printf -- '---\n'
    } >&2
}
