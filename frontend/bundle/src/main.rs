//! `bundle <in.wasm> <static dir> <console dir> <out dir> [--plain]`: turns the compiled UI into the files the
//! server embeds, and takes the GraphQL console's along where it was built.
//!
//! The app is cut at its `wasm_split` functions: what only those need becomes files of their own, which the browser
//! asks for when such a function is first called.
//!
//! The output is `index.html` and `assets/`, where every name carries a hash of its content, so the
//! server may let browsers keep `/assets/*` for ever. Text and wasm files get `.br` and `.gz`
//! siblings, unless `--plain` asks for a quick build while developing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

/// Where the assets live in URLs, and what `index.html` and `boot.js` write in front of their names.
const PREFIX: &str = "/assets/";
/// The script that fetches the parts, as the app's own script names it.
const LINK: &str = "./parts.js";

fn main() -> Result<()> {
    let mut args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let plain = args.pop_if(|last| last.as_os_str() == "--plain").is_some();
    let [wasm, source, console, out] = args.as_slice() else {
        bail!("usage: bundle <in.wasm> <static dir> <console dir> <out dir> [--plain]");
    };
    let generated = out.with_extension("tmp");
    remove(&generated)?;
    generate(wasm, &generated)?;
    let result = bundle(&generated, source, out, !plain);
    remove(&generated)?;
    result?;
    if console.exists() {
        copy(console, out, !plain)?;
    }
    Ok(())
}

/// Cuts the app into its parts and makes the JavaScript that starts it.
fn generate(wasm: &Path, generated: &Path) -> Result<()> {
    fs::create_dir_all(generated).with_context(|| generated.display().to_string())?;
    let input = fs::read(wasm).with_context(|| wasm.display().to_string())?;
    let main = generated.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = generated;
    options.main_out_path = &main;
    options.main_module = "./app.js";
    options.link_name = LINK;
    wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("splitting {}: {error:#}", wasm.display()))?;
    Bindgen::new()
        .input_path(&main)
        .out_name("app")
        .typescript(false)
        // The parts are linked to what the linker exported.
        .keep_lld_exports(true)
        .web(true)?
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(generated)
        .with_context(|| format!("wasm-bindgen on {}", main.display()))?;
    fs::remove_file(&main)?;
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
    for part in parts(generated)? {
        assets.add(&part, read(generated, &part)?)?;
    }
    assets.add_linked("app.js", "parts.js", generated)?;
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

/// The parts' file names, sorted, for the same output every time.
fn parts(generated: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(generated)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm") && name != "app_bg.wasm" {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
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
        let hashed = hashed(name, &Sha256::digest(&bytes));
        write(&self.dir.join(&hashed), &bytes, self.compress)?;
        self.names.push((name.to_owned(), hashed));
        Ok(())
    }

    /// Writes two scripts that import each other: both names carry the hash of both.
    fn add_linked(&mut self, one: &str, other: &str, generated: &Path) -> Result<()> {
        let files = [one, other].map(|name| Ok((name, self.rewrite(read(generated, name)?))));
        let files: Vec<(&str, Vec<u8>)> = files.into_iter().collect::<Result<_>>()?;
        let mut digest = Sha256::new();
        files.iter().for_each(|(_, bytes)| digest.update(bytes));
        let digest = digest.finalize();
        for (name, bytes) in files {
            let mut text = String::from_utf8(bytes).with_context(|| name.to_owned())?;
            for linked in [one, other] {
                let new = format!("from \"./{}\"", hashed(linked, &digest));
                text = text.replace(&format!("from \"./{linked}\""), &new);
                text = text.replace(&format!("from './{linked}'"), &new);
            }
            let hashed = hashed(name, &digest);
            write(&self.dir.join(&hashed), text.as_bytes(), self.compress)?;
            self.names.push((name.to_owned(), hashed));
        }
        Ok(())
    }

    /// Replaces `/assets/<name>`, and the parts' names beside their script, with the hashed name.
    fn rewrite(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Ok(mut text) = String::from_utf8(bytes.clone()) else {
            return bytes;
        };
        for (name, hashed) in &self.names {
            text = text.replace(&format!("{PREFIX}{name}"), &format!("{PREFIX}{hashed}"));
            text = text.replace(&format!("URL(\"./{name}\""), &format!("URL(\"./{hashed}\""));
        }
        text.into_bytes()
    }
}

/// A name with a hash of the content in it.
fn hashed(name: &str, digest: &[u8]) -> String {
    let hash = &hex::encode(digest)[..12];
    match name.rsplit_once('.') {
        Some((stem, ext)) => format!("{stem}-{hash}.{ext}"),
        None => format!("{name}-{hash}"),
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
        fs::write(
            generated.join("app.js"),
            "import * as parts from \"./parts.js\"; export default init",
        )?;
        fs::write(
            generated.join("parts.js"),
            "import { initSync } from \"./app.js\"; new URL(\"./split_run.wasm\", import.meta.url)",
        )?;
        fs::write(generated.join("split_run.wasm"), b"\0asm run")?;
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
        assert_eq!(names.iter().filter(|n| n.ends_with(".br")).count(), 6);
        assert_eq!(names.iter().filter(|n| n.ends_with(".gz")).count(), 6);
        for (from, to) in [
            ("app-", "parts-"),
            ("parts-", "app-"),
            ("parts-", "split_run-"),
        ] {
            let named = |start: &str| names.iter().find(|name| name.starts_with(start));
            let script = named(from).context("the script")?;
            let text = fs::read_to_string(root.path().join("static/dist/assets").join(script))?;
            let target = named(to).context("what it names")?;
            assert!(text.contains(&format!("\"./{target}\"")), "{text}");
        }
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
