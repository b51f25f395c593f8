//! How the C library keeps memory that was given back: bounded, and returned once an encoder or decoder has stopped.
#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "glibc's calls for it have no safe form; none takes a pointer")
)]

/// Each thread would get a heap of its own, up to eight for each processor, and what an encoder's threads leave behind in
/// theirs is nobody's any more: 16 MB became 106 to 190 MB after a dozen restarts of one encoder. Two are enough for threads
/// that hardly ever meet in malloc.
#[cfg(target_env = "gnu")]
const HEAPS_MAX: i32 = 2;

/// What is larger comes from the system, and goes back to it at once. glibc would raise this to the largest that was ever
/// given back: the 19 MiB of each password that is checked were then cut out of the heap, small things settled in the hole,
/// and the next 19 MiB found no place: 63 MB became 528 in 20 s of wrong passwords. A picture of 1080p (3 MB) stays below.
#[cfg(target_env = "gnu")]
const LARGE_BYTES: i32 = 8 << 20;
/// Kept at the end of a heap for what comes next; twice the above, as glibc's own rule is.
#[cfg(target_env = "gnu")]
const SPARE_BYTES: i32 = 2 * LARGE_BYTES;

/// To be called before there are threads.
pub(crate) fn bound() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets numbers within malloc, under its own lock (mallopt(3)).
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, HEAPS_MAX);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, SPARE_BYTES);
    }
}

/// Gives the system what nobody uses. Takes a millisecond for some ten megabytes: for after something large has ended.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: releases pages that malloc holds free, under its own locks (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}
