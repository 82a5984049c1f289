#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Headers, alone and in their rooms: usage check_headers.sh INCLUDEDIR
#   - each header in INCLUDEDIR/pollux compiles alone, as C11 and as C++11 and C++17;
#   - lib/ROOM/*_priv.h is included from lib/ROOM only;
#   - a room includes headers of itself and of the rooms before it in lib/meson.build only;
#   - apps/testpmd includes nothing of ours but <pollux/...> and headers of apps/.
set -eu

include=$(cd "$1" && pwd)
top=$(dirname "$include")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

fail()
{
	printf 'check_headers: %s\n' "$*" >&2
	failed=1
}

# alone HEADER SUFFIX COMPILER FLAG...: twice, so that a missing guard shows.
alone()
{
	header=$1 source=$dir/alone.$2
	shift 2
	printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$source"
	"$@" -I"$include" -fsyntax-only "$source" || fail "$header does not compile alone: $*"
}

n=0
for path in "$include"/pollux/*.h; do
	header=pollux/$(basename "$path")
	alone "$header" c gcc -std=c11 -Wall -Wextra -Wpedantic -Werror
	alone "$header" cc g++ -std=c++17 -Wall -Wextra -Werror
	alone "$header" cc g++ -std=c++11 -Wall -Wextra -Werror
	grep -q "'$(basename "$path")'" "$include/pollux/meson.build" ||
		fail "$header is not installed: it is missing in include/pollux/meson.build"
	n=$((n + 1))
done
[ "$n" -gt 0 ] || fail "no header in $include/pollux"

# FILE:HEADER of every #include, paths below the top.
(cd "$top" && grep -rEo '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+[>"]' \
	--include='*.[ch]' lib drivers apps tests include) | sed 's/:[^<"]*/:/' >"$dir/includes"
[ -s "$dir/includes" ] || fail "no #include in $top"

# Rooms from low to high; <pollux/...> says nothing about rooms.
sed -n "s/^subdir('\(.*\)')$/\1/p" "$top/lib/meson.build" >"$dir/rooms"
for room in "$top"/lib/*/; do
	grep -qx "$(basename "$room")" "$dir/rooms" || fail "$room is not in lib/meson.build"
done
awk -F '[:/"]' '
	FNR == NR { height[$1] = FNR; next }
	/^lib\/.*:"/ && height[$5] > height[$2] { print $0 }
	' "$dir/rooms" "$dir/includes" >"$dir/upwards"
while IFS=: read -r file header; do
	fail "$file includes $header, which is of a higher room"
done <"$dir/upwards"

while IFS=: read -r file header; do
	name=$(printf '%s' "$header" | tr -d '<>"')
	case $name in
	*_priv.h)
		owner=$(cd "$top" && find lib -name "$(basename "$name")" | head -n 1)
		case $file in
		"$(dirname "${owner:-none/none}")"/*) ;;
		tests/*) ;; # unit tests look behind the public headers
		*) fail "$file includes ${owner:-$name}, which is private" ;;
		esac
		;;
	esac
	case $file:$header in
	apps/testpmd/*:'<pollux/'*) ;;
	apps/testpmd/*:'<'*)
		[ -z "$(find "$top/lib" "$top/drivers" -path "*/$name")" ] ||
			fail "$file includes $header, which is not of the public headers"
		;;
	apps/testpmd/*:*)
		[ -f "$top/apps/$name" ] || [ -f "$top/$(dirname "$file")/$name" ] ||
			fail "$file includes $header, which is neither <pollux/...> nor of apps/"
		;;
	esac
done <"$dir/includes"

[ "$failed" = 0 ] || exit 1
echo "ok: $n headers alone in C11, C++11 and C++17; $(wc -l <"$dir/includes") includes in order"
