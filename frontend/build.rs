//! Registers the GraphQL contract so that every query is checked against it at compile time.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("marquee")
        .from_sdl_file("../schema.graphql")?
        .as_default()?;
    Ok(())
}
