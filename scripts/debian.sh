# shellcheck shell=bash
# Debian packages of any architecture, downloaded and unpacked, never installed. Sourced after lib.sh, never run.
#
# Every architecture has an apt of its own below $cache/debian: its own sources, lists and (empty) package status, so
# that a closure is complete, holds nothing of the machine it is made on, and the machine's own apt is never touched.

# shellcheck disable=SC2154 # cache is that of lib.sh
debian_suite=bookworm
debian_mirror=${MARQUEE_DEBIAN_MIRROR:-http://deb.debian.org/debian}
debian_security=${MARQUEE_DEBIAN_SECURITY:-http://deb.debian.org/debian-security}
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Package lists older than this are fetched anew: security updates come in, most runs need no network.
debian_lists_days_max=7

# debian_sources [EXTRA_SUITE]...: the sources list.
debian_sources() {
    local suite
    for suite in "$debian_suite" "$debian_suite-updates" "$@"; do
        echo "deb [signed-by=$debian_keyring] $debian_mirror $suite main"
    done
    echo "deb [signed-by=$debian_keyring] $debian_security $debian_suite-security main"
}

# debian_apt ARCH[+FOREIGN] COMMAND...: apt-get or apt-cache with the configuration of that architecture.
debian_apt() {
    local arch=$1 home=$cache/debian/$1
    shift
    if [[ ! -e $home/apt.conf ]]; then
        [[ -e $debian_keyring ]] || need_packages debian-archive-keyring
        mkdir -p "$home"/{state/lists/partial,cache/archives/partial,etc/preferences.d,etc/apt.conf.d,empty/partial}
        : >"$home/status"
        cat >"$home/apt.conf.new" <<CONF
Dir::State "$home/state";
Dir::State::status "$home/status";
Dir::Cache "$home/cache";
Dir::Etc "$home/etc";
APT::Architecture "${arch%%+*}";
APT::Architectures { "${arch%%+*}"; $(sed -n 's/.*+\(.*\)/"\1";/p' <<<"$arch") };
APT::Install-Recommends "0";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
        mv "$home/apt.conf.new" "$home/apt.conf"
    fi
    APT_CONFIG=$home/apt.conf "$@"
}

debian_update() {
    local home=$cache/debian/$1
    say "Fetching Debian's package lists ($1)"
    debian_apt "$1" true
    debian_sources >"$home/etc/sources.list"
    debian_apt "$1" apt-get -q -q update || die "Debian's package lists can't be fetched: is the network there?"
    touch "$home/updated"
}

# debian_lock ARCH: apt works for one at a time, and who comes second finds what the first one fetched. Until the end of
# this subshell; for those it calls, too.
debian_lock() {
    [[ -z ${debian_locked:-} ]] || return 0
    mkdir -p "$cache/debian"
    exec {debian_locked}>"$cache/debian/$1.lock"
    flock "$debian_locked"
}

debian_is_fresh() { [[ -n $(find "$cache/debian/$1/updated" -mtime "-$debian_lists_days_max" 2>/dev/null) ]]; }

# debian_fresh ARCH: makes sure that its package lists are there, and not old.
debian_fresh() (
    debian_is_fresh "$1" || {
        debian_lock "$1"
        debian_is_fresh "$1" || debian_update "$1"
    }
)

# debian_resolve ARCH NAME...: file names of the closure of these packages, sorted.
debian_resolve() {
    local arch=$1 home=$cache/debian/$1
    shift
    debian_fresh "$arch"
    # What is in the archives already would be left out: an empty folder stands in for them.
    debian_apt "$arch" apt-get -y -q -q -o "Dir::Cache::archives=$home/empty" --print-uris install "$@" |
        sed -n "s/^'[^']*' \([^ ]*\.deb\) .*/\1/p" | LC_ALL=C sort
}

# debian_download ARCH FILE...: makes sure that these files are in $cache/debian/archives.
debian_download() (
    arch=$1 missing=() archives=$cache/debian/archives
    shift
    debian_lock "$arch"
    mkdir -p "$archives/partial"
    for file in "$@"; do
        [[ ! -e $archives/$file ]] || continue
        name=${file%%_*}
        version=${file#*_}
        version=${version%_*}
        file=${file##*_}
        file=${file%.deb}
        [[ $file != all ]] || file=${arch%%+*}
        missing+=("$name:$file=${version//%3a/:}")
    done
    [[ ${#missing[@]} -gt 0 ]] || exit 0
    say "Downloading ${#missing[@]} Debian packages ($arch)"
    # Into a folder of its own first: a download that is cut short must not look like a package.
    rm -rf "$archives/partial/$arch"
    mkdir -p "$archives/partial/$arch"
    (cd "$archives/partial/$arch" && debian_apt "$arch" apt-get -q -q download "${missing[@]}") ||
        die "packages can't be downloaded; if Debian replaced them meanwhile, remove $cache/debian/$arch/updated"
    mv "$archives/partial/$arch"/*.deb "$archives/"
)

# debian_unpack FOLDER FILE...: unpacks packages of the archives into a folder, with links that stay inside it.
debian_unpack() {
    local folder=$1 file link target
    shift
    mkdir -p "$folder"/usr/{bin,sbin,lib}
    for file in bin sbin lib; do
        ln -sfn "usr/$file" "$folder/$file"
    done
    for file in "$@"; do
        dpkg-deb --fsys-tarfile "$cache/debian/archives/$file" |
            tar --extract --directory "$folder" --keep-directory-symlink --no-same-owner
    done
    # An absolute link would lead out of the folder: libm.so to the host's.
    find "$folder" -type l -lname '/*' -printf '%P\t%l\n' | while IFS=$'\t' read -r link target; do
        ln -sfn "$(realpath -m -s --relative-to="$folder/$(dirname "$link")" "$folder$target")" "$folder/$link"
    done
}

# debian_tree ARCH NAME...: prints the folder that holds the unpacked closure of these packages, made if need be.
debian_tree() (
    arch=$1
    shift
    debian_lock "$arch"
    mapfile -t files < <(debian_resolve "$arch" "$@")
    [[ ${#files[@]} -gt 0 ]] || die "no closure for these packages ($arch): $*"
    folder=$cache/debian/tree-$(printf '%s\n' "${files[@]}" | sha256sum | cut -c 1-16)
    if [[ ! -e $folder/.complete ]]; then
        debian_download "$arch" "${files[@]}"
        say "Unpacking ${#files[@]} packages ($arch)"
        rm -rf "$folder"
        debian_unpack "$folder" "${files[@]}"
        printf '%s\n' "${files[@]}" >"$folder/.packages"
        touch "$folder/.complete"
    fi
    printf '%s\n' "$folder"
)

# The first QEMU with the machine raspi4b; what is older runs the machine virt all the same.
qemu_version_wanted=9.0
packages_qemu=(qemu-system-arm qemu-user)

# need_qemu: QEMU for arm64, on Debian 12 from its backports. These are used for this one installation only: the
# sources of the machine stay as they are.
need_qemu() {
    local version lists options
    [[ $(. /etc/os-release && echo "${VERSION_CODENAME:-}") == "$debian_suite" ]] || {
        need_packages "${packages_qemu[@]}"
        return
    }
    version=$({ qemu-system-aarch64 --version 2>/dev/null || true; } | sed -n "1s/.*version \([0-9.]*\).*/\1/p")
    if command -v qemu-aarch64 >/dev/null &&
        [[ $(printf '%s\n' "${version:-0}" "$qemu_version_wanted" | sort -V | head -n 1) == "$qemu_version_wanted" ]]; then
        return
    fi
    lists=$cache/debian/backports
    mkdir -p "$lists/lists/partial"
    debian_sources "$debian_suite-backports" >"$lists/sources.list"
    options=(-q -o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$lists/lists" -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300)
    say "Installing QEMU from $debian_suite-backports"
    as_root apt-get "${options[@]}" update || die "Debian's package lists can't be fetched: is the network there?"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends \
        --target-release "$debian_suite-backports" "${packages_qemu[@]}" || die "QEMU can't be installed"
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}
