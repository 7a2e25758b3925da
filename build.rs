//! Links what the vendored speech libraries expect from the system.

fn main() {
    // espeak-ng, inside piper-rs, calls libsonic for speaking rates but does not name it to the linker.
    println!("cargo:rustc-link-lib=dylib=sonic");
    println!("cargo:rerun-if-changed=build.rs");
}
