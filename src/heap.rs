//! How the C library keeps memory that was given back: bounded, and returned once an encoder or decoder has stopped.
#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "glibc's two calls for it have no safe form; neither takes a pointer")
)]

/// Each thread would get a heap of its own, up to eight for each processor, and what an encoder's threads leave behind in
/// theirs is nobody's any more: 16 MB became 106 to 190 MB after a dozen restarts of one encoder. Two are enough for threads
/// that hardly ever meet in malloc.
#[cfg(target_env = "gnu")]
const HEAPS_MAX: i32 = 2;

/// To be called before there are threads.
pub(crate) fn bound() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number within malloc, under its own lock (mallopt(3)).
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, HEAPS_MAX);
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
