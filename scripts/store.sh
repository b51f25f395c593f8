# shellcheck shell=bash
# Results that are kept by what they were made of, below ~/.cache/marquee: made once, found again by every clone that has
# the same content. Sourced after lib.sh, never run.

# Results nobody asked for in this time are removed.
store_days_max=14

# digest PATH...: of the names, contents and x bits of files and of all files in folders. Neither times nor the folder of
# the clone are part of it, so that a fresh clone finds what another one made.
digest() {
    # shellcheck disable=SC2154 # root is that of lib.sh
    (cd "$root" && find "${@#"$root"/}" -name __pycache__ -prune -o \( -type f -o -type l \) -print0 | LC_ALL=C sort -z |
        tar --create --null --no-recursion --files-from=- --absolute-names --transform='s|^/.*/||S' \
            --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX | sha256sum | cut -c 1-16)
}

# store_open FOLDER: results are kept there; whoever comes second waits until the first is through.
store_open() {
    store=$1
    mkdir -p "$store"
    exec {store_lock}>"$store/.lock"
    flock "$store_lock"
}

# made NAME KEY COMMAND...: sets $made to a folder that COMMAND has filled ($1 is the folder), now or in a run before.
made() {
    local name=$1 key
    key=$(printf '%s\n' "$2" | sha256sum | cut -c 1-16)
    shift 2
    made=$store/$name-$key
    if [[ ! -e $made/.complete ]]; then
        say "${0##*/}: $name"
        chmod -R u+w "$made" 2>/dev/null || true
        rm -rf "$made"
        mkdir -p "$made"
        "$@" "$made"
        touch "$made/.complete"
    fi
    touch "$made"
}

store_prune() {
    find "$store" -mindepth 1 -maxdepth 1 -type d -mtime "+$store_days_max" -exec rm -rf {} +
}
