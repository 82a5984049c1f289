#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The lab's own steps, without booting anything: a verdict that never says "not ok" would be worth nothing, and
# neither would a cache that hands out half a kernel.
set -euo pipefail

XDG_CACHE_HOME=$(mktemp -d)
export XDG_CACHE_HOME
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
# shellcheck source=tests/vm/steps/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps/common.sh"

n=0
result() {
    n=$((n + 1))
    echo "$1 $n - $2"
}

# --- verdict ---

work=$XDG_CACHE_HOME/work
mkdir "$work"

# boot RESULTS [TRACE [STATUS [CONSOLE]]]: what a boot leaves.
boot() {
    printf '%b' "$1" >"$work/results"
    printf '%b' "${2-}" >"$work/trace.log"
    echo "${3-1}" >"$work/status"
    echo "${4-INIT-REACHED}" >"$work/console.log"
}

# verdict WANTED NAME: WANTED is a regular expression of a line that must be there; no other may be "not ok".
verdict() {
    local said
    said=$("$vm/steps/verdict" "$work")
    if grep -qE -- "$1" <<<"$said" && ! grep '^not ok' <<<"$said" | grep -vqE -- "$1" &&
        [[ $(tail -n 1 <<<"$said") == 1..$(grep -cE '^(not )?ok ' <<<"$said") ]]; then
        result ok "$2"
    else
        result "not ok" "$2"
        printf '# %s\n' "${said//$'\n'/$'\n'# }"
    fi
}

vtd='vtd_dmar_fault sid 0x10 fault 5 addr 0x1003004 write 1\n'
virtio='virtio_iommu_report_fault FAULT reason=2 flags=257 endpoint=16 address =0x1003000\n'
fault='fault 0000:00:02.0 write 0x1003000 - a page\n'
read='fault 0000:00:02.0 read 0x1003000 - a page\n'

boot 'ok - a\r\nok - b # SKIP why\ndone\n'
verdict '^ok 2 - b # SKIP why$' "verdict: checks and skips"
boot 'ok - a\nnot ok - b\ndone\n' '' 3
verdict '^not ok 2 - b$' "verdict: a failed check is named"
boot "${fault}done\\n" "1234@5.6:$vtd"
verdict '^ok 1 - a page: the IOMMU reports' "verdict: a reported fault"
boot "${fault}done\\n"
verdict '^not ok 1 - a page: the IOMMU reports' "verdict: a fault that nobody reports"
boot "${read}done\\n" "$vtd"
verdict '^not ok [12] - (a page: the IOMMU reports|the IOMMU blocks nothing else)' "verdict: another direction"
boot "${read}done\\n" "$virtio"
verdict '^ok 1 - a page: the IOMMU reports' "verdict: virtio-iommu's read"
boot 'ok - a\ndone\n' "$vtd"
verdict '^not ok 2 - the IOMMU blocks nothing else$' "verdict: a fault that nobody expects"
boot 'ok - a\nperhaps 00:02.0 write 0x1003000\ndone\n' "$vtd"
verdict '^ok 2 - the IOMMU blocks nothing else$' "verdict: a fault that may be"
boot 'ok - a\n'
verdict '^not ok 3 - the guest runs all its programs' "verdict: a guest that breaks off"
boot 'ok - a\ndone\n' '' 0
verdict '^not ok 3 - the guest runs all its programs' "verdict: a guest that powers off by itself"
boot 'ok - a\ndone\n' '' 124
verdict '^not ok 3 - the guest ends in time$' "verdict: a guest that does not end"
boot '' '' 0 'Kernel panic'
verdict '^not ok [12] - (the guest boots|the guest makes checks)$' "verdict: a guest that does not boot"
boot 'done\n'
verdict '^not ok 1 - the guest makes checks$' "verdict: a guest that checks nothing"

# --- the cache ---
# shellcheck disable=SC2016 # check evaluates

builds=$XDG_CACHE_HOME/builds
build() {
    echo built >>"$builds"
    sleep 0.2
    echo contents >"$1/file"
}
check() { if eval "$2"; then result ok "$1"; else result "not ok" "$1"; fi; }

(once thing-1 2.0 build) & (once thing-1 2.0 build) & wait
check "cache: two runs at once build once" '[[ $(wc -l <"$builds") == 1 ]]'
check "cache: the entry is found" '[[ $(cat "$(newest thing-1)/file") == contents ]]'
(once thing-1 2.10 build)
check "cache: the newest version is taken" '[[ $(newest thing-1) == *-2.10 ]]'
: >"$cache/thing-1-2.10/file"
check "cache: a broken entry is passed over" '[[ $(newest thing-1) == *-2.0 ]]'
(once thing-1 2.10 build)
check "cache: and made again" '[[ $(newest thing-1) == *-2.10 && $(wc -l <"$builds") == 3 ]]'
# A process of its own: within a condition, bash would not end at an error.
bash -c '. "$0"; set -e; once thing-2 1 false' "$vm/steps/common.sh" || true
check "cache: what failed leaves nothing" '! newest thing-2 && ! compgen -G "$cache/tmp.*" >/dev/null'
echo "1..$n"
