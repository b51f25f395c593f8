# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for those who source this
# What the scripts share: packages, the Rust toolchain, caches. Sourced, never run.

# The repository; every script works from here, wherever it was called from.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/marquee

packages_run=(
    gcc pkg-config libssl-dev
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
    gstreamer1.0-libav gstreamer1.0-tools gstreamer1.0-alsa gstreamer1.0-x
    tzdata
)
packages_demo=(python3)
packages_check=(git shellcheck)
# An RTSP server to play the cameras, a desktop without a screen, pictures of it, a reader of QR codes, and a browser
# engine as old as those of TVs.
packages_test=(gir1.2-gst-rtsp-server-1.0 python3-gi iproute2 fonts-dejavu-core xvfb imagemagick zbar-tools
    python3-pip python3-venv python3-pyqt5.qtwebkit unzip)

say() {
    if [[ -t 2 ]]; then
        printf '\033[1m%s\033[0m\n' "$*" >&2
    else
        printf '%s\n' "$*" >&2
    fi
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need_packages NAME...: installs those that are missing, and nothing else.
need_packages() {
    local installed missing=() name
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is neither Debian nor Ubuntu: the equivalents of these packages must be there: $*"
        return
    fi
    # A package it never heard of makes dpkg-query fail; the others are told all the same.
    installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for name in "$@"; do
        grep -qxF "installed $name" <<<"$installed" || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        command -v sudo >/dev/null || die "not root and no sudo here; install these packages first: ${missing[*]}"
        as_root=(sudo)
    fi
    # Another apt (unattended upgrades of a fresh machine) may hold the lock for a while.
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q)
    # What apt says is for people: scripts print paths for others on their standard output.
    "${as_root[@]}" "${apt[@]}" update >&2 || die "apt-get update failed: is the network there?"
    "${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
        die "these packages could not be installed: ${missing[*]}"
}

# first_command NAME...: prints the first command that is there.
first_command() {
    local name
    for name in "$@"; do
        command -v "$name" && return
    done
    return 1
}

# need_browser: Chromium and Node.js, from Debian where there is none yet; sets CHROMIUM, and CHROMIUM_HEADLESS for pages
# that need no window: Chromium without what draws windows, tabs and menus takes 38 % less of the processors (45 tests of
# the gallery and the player, 265 -> 164 s).
need_browser() {
    local missing=()
    first_command chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    command -v chromium-headless-shell >/dev/null || ! has_package chromium-headless-shell || missing+=(chromium-headless-shell)
    [[ ${#missing[@]} -eq 0 ]] || need_packages "${missing[@]}"
    CHROMIUM=$(first_command chromium chromium-browser google-chrome) || die "no Chromium here"
    CHROMIUM_HEADLESS=$(first_command chromium-headless-shell || echo "$CHROMIUM")
    export CHROMIUM CHROMIUM_HEADLESS
}

# has_package NAME: whether apt could install it. Of a machine that never asked for its lists nothing is known.
has_package() { apt-cache show "$1" >/dev/null 2>&1; }

# need_rust: cargo on the PATH, new enough; build output in the cache, so that a fresh clone builds in seconds.
need_rust() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    command -v cargo >/dev/null || PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    command -v cargo >/dev/null || die "Rust is missing: install Rust $wanted or newer from https://rustup.rs"
    found=$(cd "$root" && cargo --version 2>&1) || die "cargo does not start: $found"
    found=$(cut -d' ' -f2 <<<"$found")
    [[ $(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1) == "$wanted" ]] ||
        die "Rust $found is too old: $wanted or newer is needed (rustup update)"
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
    build_is_of_this_clone
}

# build_is_of_this_clone: cargo tells the same crate in two folders apart by the times of its files alone, and a debug
# build reads pages and fixtures from the folder it was compiled in. Another one's is compiled anew.
build_is_of_this_clone() {
    local mark=$CARGO_TARGET_DIR/clone this=${MARQUEE_CLONE:+at one place: }${MARQUEE_CLONE:-$root}
    [[ $(cat "$mark" 2>/dev/null) != "$this" ]] || return 0
    touch "$root"/build.rs "$root"/src/{lib,main}.rs "$root"/tests/*.rs "$root"/tests/*/main.rs "$root"/examples/*.rs
    mkdir -p "$CARGO_TARGET_DIR"
    echo "$this" >"$mark"
}

# at_one_place ARGUMENTS...: starts the script again with its clone mounted at ~/.cache/marquee/clone, where it alone
# sees it. rustc goes on from its last work only in the folder of that work (-C incremental), and a build server has a
# new folder each time: 1:39 there, 0:28 at one place. Who built here last stays here; only root may mount.
at_one_place() {
    local place=$cache/clone built
    built=$(cat "${CARGO_TARGET_DIR:-$cache/target}/clone" 2>/dev/null || echo "$root")
    [[ -z ${MARQUEE_CLONE:-} && $built != "$root" && $EUID -eq 0 ]] || return 0
    mkdir -p "$place"
    # In a container it may not.
    unshare --mount mount --bind "$root" "$place" 2>/dev/null || return 0
    # For whoever starts what was built here, a debug build reads its pages from there, too.
    ln -sfn "$root"/* "$place/"
    export MARQUEE_CLONE=$root
    # shellcheck disable=SC2016 # for the shell in the namespace
    exec unshare --mount bash -c 'mount --bind "$MARQUEE_CLONE" "$0" && cd "$0" && exec "$@"' \
        "$place" "$place/scripts/${0##*/}" "$@"
}

# need_rust_tools: rustfmt and clippy, which from then on has a look at all that is compiled of ours.
need_rust_tools() {
    export RUSTC_WORKSPACE_WRAPPER=clippy-driver
    local tool
    for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 ||
            die "cargo $tool is missing: rustup component add rustfmt clippy"
    done
}

# need_nextest: the runner of the Rust tests, built once where it is not installed.
nextest_version=0.9.143
need_nextest() {
    PATH=$cache/tools/bin:$PATH
    cargo nextest --version >/dev/null 2>&1 && return
    say "Installing cargo-nextest $nextest_version (a few minutes, once)"
    env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$cache/tools" "cargo-nextest@$nextest_version" ||
        die "cargo-nextest can't be installed; https://nexte.st/docs/installation has other ways"
}

# integration_targets: every test of its own below tests/ but tidy.
integration_targets() {
    local file
    for file in "$root"/tests/*.rs "$root"/tests/*/main.rs; do
        [[ -f $file && $file != */tests/tidy.rs ]] || continue
        file=${file#"$root/tests/"}
        file=${file%/main.rs}
        printf '%s\n' --test "${file%.rs}"
    done
}

# build_tests: everything that is tested, in one build with the lints in it: clippy's driver compiles as rustc does, and
# `cargo clippy` would read all libraries a second time. Not `cargo build` for the program either: without the tests'
# own needs half of the libraries would differ. What is fresh tells its warnings again.
build_tests() {
    local targets
    mapfile -t targets < <(integration_targets)
    cargo test --locked --no-run --lib --bins --test tidy "${targets[@]}"
}

# fetch_crates: fetches what is to be compiled, while packages are installed. Wait for $fetching; should it fail, the build
# says why.
fetch_crates() {
    cargo fetch --locked --quiet --manifest-path "$root/Cargo.toml" \
        --target "$(rustc -vV | sed -n 's/^host: //p')" </dev/null >/dev/null 2>&1 &
    fetching=$!
}

# numbered TOTAL: cargo's messages, each crate with its number; on a terminal cargo draws a bar of its own.
# Not by awk: Debian's reads 4 kB ahead, so that nothing is said for minutes.
numbered() {
    local line number=0
    while IFS= read -r line; do
        [[ $line != *" Compiling "* ]] || printf '[%d of %d] ' $((++number)) "$1"
        printf '%s\n' "$line"
    done >&2
}

# build_program PROFILE: builds it (a profile of Cargo.toml), with what it does and how far it is. Sets `program`.
# MARQUEE_PROGRAM names one that is there, and nothing is built.
build_program() {
    local total manifest=(--locked --manifest-path "$root/Cargo.toml")
    program=${MARQUEE_PROGRAM:-$CARGO_TARGET_DIR/$1/marquee}
    [[ -z ${MARQUEE_PROGRAM:-} ]] || return 0
    unset RUSTC_WORKSPACE_WRAPPER
    total=$(cargo tree "${manifest[@]}" --prefix none --edges normal,build | cut -d ' ' -f 1-2 | sort -u | wc -l)
    [[ -e $program ]] || say "Building Marquee and $total libraries: minutes the first time, seconds from then on"
    if [[ -t 2 ]]; then
        cargo build --profile "$1" "${manifest[@]}"
    else
        cargo build --profile "$1" "${manifest[@]}" 2> >(numbered "$total")
    fi
}
