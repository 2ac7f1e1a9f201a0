//! Registers the GraphQL contract so that every query is checked against it at compile time.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("marquee")
        .from_sdl_file("../schema.graphql")?
        .as_default()?;
    // Relocations tell `frontend/bundle` what each part that is downloaded later needs.
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-link-arg-bins=--emit-relocs");
    }
    Ok(())
}
