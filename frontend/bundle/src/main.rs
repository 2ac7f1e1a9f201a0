//! `bundle <in.wasm> <static dir> <console dir> <out dir> [--plain]`: turns the compiled UI into the files the
//! server embeds, and takes the GraphQL console's along where it was built.
//!
//! The output is `index.html` and `assets/`, where every name carries a hash of its content, so the
//! server may let browsers keep `/assets/*` for ever. Text and wasm files get `.br` and `.gz`
//! siblings, unless `--plain` asks for a quick build while developing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

/// Where the assets live in URLs, and what `index.html` and `boot.js` write in front of their names.
const PREFIX: &str = "/assets/";

fn main() -> Result<()> {
    let mut args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let plain = args.pop_if(|last| last.as_os_str() == "--plain").is_some();
    let [wasm, source, console, out] = args.as_slice() else {
        bail!("usage: bundle <in.wasm> <static dir> <console dir> <out dir> [--plain]");
    };
    let generated = out.with_extension("tmp");
    remove(&generated)?;
    Bindgen::new()
        .input_path(wasm)
        .out_name("app")
        .typescript(false)
        .web(true)?
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&generated)
        .with_context(|| format!("wasm-bindgen on {}", wasm.display()))?;
    let result = bundle(&generated, source, out, !plain);
    remove(&generated)?;
    result?;
    if console.exists() {
        copy(console, out, !plain)?;
    }
    Ok(())
}

/// Copies the console's files, which have their final names, with compressed siblings.
fn copy(from: &Path, to: &Path, compress: bool) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, compress)?;
        } else {
            write(&target, &fs::read(entry.path())?, compress)?;
        }
    }
    Ok(())
}

/// Writes the whole output from what wasm-bindgen made (`generated`) and the hand-written files (`source`).
fn bundle(generated: &Path, source: &Path, out: &Path, compress: bool) -> Result<()> {
    remove(out)?;
    fs::create_dir_all(out.join("assets"))?;

    // Order matters: a file is hashed after the names in it have been rewritten.
    let mut assets = Assets {
        dir: out.join("assets"),
        names: Vec::new(),
        compress,
    };
    assets.add("app_bg.wasm", read(generated, "app_bg.wasm")?)?;
    assets.add("app.js", read(generated, "app.js")?)?;
    for entry in fs::read_dir(source).with_context(|| source.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !["index.html", "boot.js"].contains(&name.as_str()) {
            assets.add(&name, fs::read(entry.path())?)?;
        }
    }
    assets.add("boot.js", read(source, "boot.js")?)?;
    let index = assets.rewrite(read(source, "index.html")?);
    if generated.join("snippets").exists() {
        bail!("wasm-bindgen made inline snippets, which this bundler does not copy");
    }
    write(&out.join("index.html"), &index, compress)
}

/// The asset folder and the names given so far.
struct Assets {
    dir: PathBuf,
    /// Plain name and hashed name.
    names: Vec<(String, String)>,
    compress: bool,
}

impl Assets {
    /// Writes one asset under a name that carries its hash.
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let bytes = if is_text(name) {
            self.rewrite(bytes)
        } else {
            bytes
        };
        let hash = &hex::encode(Sha256::digest(&bytes))[..12];
        let hashed = match name.rsplit_once('.') {
            Some((stem, ext)) => format!("{stem}-{hash}.{ext}"),
            None => format!("{name}-{hash}"),
        };
        write(&self.dir.join(&hashed), &bytes, self.compress)?;
        self.names.push((name.to_owned(), hashed));
        Ok(())
    }

    /// Replaces `/assets/<name>` with the hashed name.
    fn rewrite(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Ok(mut text) = String::from_utf8(bytes.clone()) else {
            return bytes;
        };
        for (name, hashed) in &self.names {
            text = text.replace(&format!("{PREFIX}{name}"), &format!("{PREFIX}{hashed}"));
        }
        text.into_bytes()
    }
}

/// Writes a file, and compressed siblings where compression pays.
fn write(path: &Path, bytes: &[u8], compress: bool) -> Result<()> {
    fs::write(path, bytes).with_context(|| path.display().to_string())?;
    let name = path.to_string_lossy();
    if !compress || (!is_text(&name) && !name.ends_with(".wasm")) {
        return Ok(());
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    fs::write(format!("{name}.gz"), gzip.finish()?)?;
    let mut brotli = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &params)?;
    fs::write(format!("{name}.br"), brotli)?;
    Ok(())
}

fn is_text(name: &str) -> bool {
    [".html", ".css", ".js", ".svg", ".json", ".txt"]
        .iter()
        .any(|ext| name.ends_with(ext))
}

fn read(dir: &Path, name: &str) -> Result<Vec<u8>> {
    let path = dir.join(name);
    fs::read(&path).with_context(|| path.display().to_string())
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| dir.display().to_string())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bundles two small folders and gives the output folder.
    fn check(boot: &str) -> Result<(tempfile::TempDir, Vec<String>)> {
        let root = tempfile::tempdir()?;
        let (generated, source, out) = (
            root.path().join("generated"),
            root.path().join("static"),
            root.path().join("static/dist"),
        );
        fs::create_dir_all(&generated)?;
        fs::create_dir_all(&source)?;
        fs::write(generated.join("app_bg.wasm"), b"\0asm")?;
        fs::write(generated.join("app.js"), "export default init")?;
        fs::write(source.join("boot.js"), boot)?;
        fs::write(source.join("styles.css"), "a{}")?;
        fs::write(
            source.join("index.html"),
            "/assets/boot.js /assets/styles.css",
        )?;
        bundle(&generated, &source, &out, true)?;
        let mut names = Vec::new();
        for entry in fs::read_dir(out.join("assets"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok((root, names))
    }

    #[test]
    fn every_reference_points_at_a_written_file() -> Result<()> {
        let (root, names) = check("import('/assets/app.js')")?;
        let index = fs::read_to_string(root.path().join("static/dist/index.html"))?;
        for reference in index.split_whitespace() {
            let name = reference.trim_start_matches(PREFIX);
            assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
        }
        let boot = names
            .iter()
            .find(|n| n.starts_with("boot-") && n.ends_with(".js"))
            .context("boot.js")?;
        let text = fs::read_to_string(root.path().join("static/dist/assets").join(boot))?;
        assert!(!text.contains("/assets/app.js"), "{text}");
        assert_eq!(names.iter().filter(|n| n.ends_with(".br")).count(), 4);
        assert_eq!(names.iter().filter(|n| n.ends_with(".gz")).count(), 4);
        Ok(())
    }

    #[test]
    fn the_console_keeps_its_names_and_is_compressed() -> Result<()> {
        let root = tempfile::tempdir()?;
        let (from, to) = (root.path().join("console"), root.path().join("dist"));
        fs::create_dir_all(from.join("assets/console"))?;
        fs::write(from.join("console.html"), "<!doctype html>")?;
        fs::write(from.join("assets/console/main-AB12.js"), "start()")?;
        copy(&from, &to, true)?;
        for name in [
            "console.html",
            "console.html.br",
            "assets/console/main-AB12.js",
            "assets/console/main-AB12.js.gz",
        ] {
            assert!(to.join(name).exists(), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_changed_file_changes_its_name() -> Result<()> {
        let (_one, before) = check("1")?;
        let (_two, after) = check("2")?;
        assert_eq!(before.iter().filter(|n| !after.contains(n)).count(), 3);
        Ok(())
    }
}
