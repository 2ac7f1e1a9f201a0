//! The `marquee` binary; everything is in the library.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Keeps no pieces of what earlier batches took, so that memory does not grow with a file; set in
/// `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    server::cli::main()
}
