//! Compiles anew when a file of the pages is added: those that were there are tracked by the compiler itself.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=src/web/ui");
}
