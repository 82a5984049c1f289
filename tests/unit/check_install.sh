#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `meson install` gives is enough to build programs with: usage check_install.sh BUILDDIR
# In C and C++, against the static and the shared library, with nothing but pollux.pc.
set -eu

build=$(cd "$1" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail()
{
	printf 'check_install: %s\n' "$*" >&2
	exit 1
}

DESTDIR="$dir/root" meson install -C "$build" --no-rebuild --quiet >"$dir/log" 2>&1 ||
	{ cat "$dir/log" >&2; fail "meson install failed"; }
pc=$(find "$dir/root" -name pollux.pc)
[ -n "$pc" ] || fail "pollux.pc is not installed"
lib=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# pkg-config leaves paths of the system out; these are not the system's.
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_SYSROOT_DIR="$dir/root"

cat >"$dir/program.c" <<'END'
#include <pollux/pollux.h>
#include <string.h>

int main(void)
{
	struct plx_ctx *ctx;
	struct plx_pool *pool;
	struct plx_port *port;
	struct plx_port_conf conf;

	if (plx_ctx_create(0, &ctx) || plx_pool_create(ctx, 0, &pool))
		return 1;
	memset(&conf, 0, sizeof(conf));
	conf.rx_pool = pool;
	if (plx_port_open(ctx, "null", &port) || plx_port_configure(port, &conf))
		return 2;
	return plx_port_close(port) || plx_pool_destroy(pool) || plx_ctx_destroy(ctx) ? 3 : 0;
}
END
cp "$dir/program.c" "$dir/program.cc"
# A build with sanitizers makes a library that needs their flags.
sanitize=
if nm -u "$lib"/libpollux.a 2>/dev/null | grep -q ' __asan_'; then
	sanitize=-fsanitize=address,undefined
elif nm -u "$lib"/libpollux.a 2>/dev/null | grep -q ' __tsan_'; then
	sanitize=-fsanitize=thread
fi

cflags=$(pkg-config --cflags pollux) || fail "pkg-config --cflags"
shared=$(pkg-config --libs pollux) || fail "pkg-config --libs"
static=$(pkg-config --static --libs pollux) || fail "pkg-config --static --libs"

# try NAME COMPILER SOURCE LIBRARY...
try()
{
	name=$1 compiler=$2 source=$3
	shift 3
	# shellcheck disable=SC2086 # flags are words
	"$compiler" -Wall -Wextra -Werror $sanitize $cflags -o "$dir/program" "$source" "$@" ||
		fail "$name: it does not build"
	LD_LIBRARY_PATH=$lib "$dir/program" || fail "$name: exit status $?"
}

# shellcheck disable=SC2086,SC2046
for language in "C gcc $dir/program.c" "C++ g++ $dir/program.cc"; do
	set -- $language
	try "$1, shared" "$2" "$3" $shared
	readelf -d "$dir/program" | grep -q 'NEEDED.*libpollux\.so\.0' ||
		fail "$1, shared: it does not load libpollux.so.0"
	# The same libraries with ours in its static form, as with no shared one installed.
	try "$1, static" "$2" "$3" $(printf '%s\n' "$static" | sed 's/-lpollux/-l:libpollux.a/g')
	readelf -d "$dir/program" | grep -q 'NEEDED.*libpollux' &&
		fail "$1, static: it loads libpollux.so"
done
so=$(find "$lib" -name 'libpollux.so.0')
[ -n "$so" ] || fail "libpollux.so.0 is not installed"
foreign=$(nm -D --defined-only "$so" | awk '{ print $3 }' | grep -v '^plx_' |
	grep -v -E '^(__asan_|__odr_asan|__tsan_|__ubsan_)' || true)
[ -z "$foreign" ] || fail "libpollux.so exports $(printf '%s' "$foreign" | tr '\n' ' ')"
# Every function of the headers is exported.
nm -D --defined-only "$so" | awk '{ print $3 }' | sort >"$dir/exported"
find "$dir/root" -path '*/include/pollux/*.h' -exec cat {} + |
	awk '/^[ \t]*\*/ { next } /PLX_API/ { on = 1 } on { line = line $0 }
	     on && /[;{]/ { print line; line = ""; on = 0 }' |
	grep -v define | grep -o 'plx_[a-z0-9_]* *(' | tr -d ' (' | sort -u >"$dir/declared"
[ -s "$dir/declared" ] || fail "no header of $dir/root declares anything"
missing=$(comm -13 "$dir/exported" "$dir/declared" | tr '\n' ' ')
[ -z "$missing" ] || fail "declared with PLX_API but not exported: $missing"
# What comes with the programs, where there are any.
for program in plx-testpmd plx-bench plx-dev; do
	find "$dir/root" -path "*/bin/$program" | grep -q . || continue
	for file in "man/man1/$program.1" "bash-completion/completions/$program" \
		"zsh/site-functions/_$program"; do
		find "$dir/root" -path "*/share/$file" -size +0 | grep -q . ||
			fail "share/$file is not installed"
	done
	script=$(find "$dir/root" -path "*/bash-completion/completions/$program")
	bash -euc '. "$1"; complete -p "$2"' bash "$script" "$program" >/dev/null ||
		fail "the completion script for $program is no bash"
done
grep -q "$dir" "$pc" && fail "pollux.pc names the place of the build"
echo "ok: C and C++, shared and static; $(wc -l <"$dir/exported") symbols, all plx_"
