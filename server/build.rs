//! Makes sure the folder of the built UI exists, so that the server compiles before the UI was built.

use std::{env, fs, path::Path};

fn main() -> std::io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| ".".to_owned());
    fs::create_dir_all(Path::new(&manifest).join("../static/dist"))?;
    println!("cargo::rerun-if-changed=../static/dist");
    Ok(())
}
