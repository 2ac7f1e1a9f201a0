//! Plain, `.gz`, `.zst` and `.zip` files as streams of text, within limits.

use super::ReadOptions;
use crate::{Error, Result};
use std::{
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Growing is not looked at before this many bytes: small files pack well.
const FREE: u64 = 64 << 20;

/// Whether a file of this name is packed, so that its offsets are not those of its bytes.
pub fn is_packed(name: &str) -> bool {
    [".gz", ".zst", ".zip"]
        .iter()
        .any(|end| ends_with(name, end))
}

fn ends_with(name: &str, end: &str) -> bool {
    name.len() >= end.len()
        && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

/// What is done with each text of a file: its name for messages, and its bytes.
pub type EachText<'a> = dyn FnMut(&str, &mut dyn Read) -> Result<()> + 'a;

/// Hands every text that a file holds to `read`, one after the other.
///
/// The first bytes tell how the file is packed. A packed file whose name does not say so is refused, because
/// whoever looks at a record later goes by the name.
pub fn each_text(
    name: &str,
    input: Box<dyn Read + Send>,
    options: &ReadOptions,
    read: &mut EachText,
) -> Result<()> {
    let mut input = Source(input);
    let mut magic = Vec::with_capacity(4);
    input
        .by_ref()
        .take(4)
        .read_to_end(&mut magic)
        .map_err(|error| io_error(name, error))?;
    let kind = Kind::of(&magic);
    if let Some(end) = kind.ending().filter(|_| !is_packed(name)) {
        return Err(Error::Input(format!(
            "{name} is not plain text but packed as {end}; unpack it, or send it under a name that ends in {end}"
        )));
    }
    let packed = Arc::new(AtomicU64::new(0));
    let input = Counted(Cursor::new(magic).chain(input), packed.clone());
    let mut limited = |text: &mut dyn Read| {
        read(
            name,
            &mut Limited {
                text,
                packed: &packed,
                unpacked: 0,
                options,
            },
        )
    };
    match kind {
        Kind::Plain => read(name, &mut { input }),
        Kind::Gzip => limited(&mut flate2::read::MultiGzDecoder::new(input)),
        Kind::Zstd => {
            let mut decoder = zstd::Decoder::new(input).map_err(|error| io_error(name, error))?;
            limited(&mut decoder)
        }
        Kind::Zip => each_member(name, input, options, read),
    }
}

/// How a file is packed.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Gzip,
    Zstd,
    Zip,
}

impl Kind {
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one to be skipped that stands before it.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => Self::Zip,
            _ => Self::Plain,
        }
    }

    fn ending(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some(".gz"),
            Self::Zstd => Some(".zst"),
            Self::Zip => Some(".zip"),
        }
    }
}

/// A zip's directory stands at its end, so the file is laid down in a temporary place first.
fn each_member(
    name: &str,
    mut input: impl Read,
    options: &ReadOptions,
    read: &mut EachText,
) -> Result<()> {
    let spooling = |error: io::Error| match error.downcast::<Unreadable>() {
        Ok(Unreadable(source)) => Error::Io {
            path: PathBuf::from(name),
            source,
        },
        Err(source) => Error::Io {
            path: std::env::temp_dir(),
            source,
        },
    };
    let mut file = tempfile::tempfile().map_err(spooling)?;
    let size = io::copy(&mut input, &mut file).map_err(spooling)?;
    file.seek(SeekFrom::Start(0)).map_err(spooling)?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| {
        Error::Input(format!(
            "{name}: {error} in {size} bytes; the zip file is broken or did not arrive whole, send it again"
        ))
    })?;
    let packed = AtomicU64::new(size);
    let mut found = false;
    let mut unpacked = 0;
    for index in 0..zip.len() {
        let Some(path) = zip.name_for_index(index).filter(|path| is_text(path)) else {
            continue;
        };
        found = true;
        let shown = format!("{name}/{path}");
        let mut member = zip.by_index(index).map_err(|error| {
            Error::Input(format!(
                "{shown}: {error}; pack it again as an ordinary zip (deflate, without a password)"
            ))
        })?;
        let mut limited = Limited {
            text: &mut member,
            packed: &packed,
            unpacked,
            options,
        };
        read(&shown, &mut limited)?;
        unpacked = limited.unpacked;
    }
    if found {
        Ok(())
    } else {
        Err(Error::Input(format!(
            "{name} holds no .csv file; pack movies_metadata.csv itself"
        )))
    }
}

/// Whether a zip's member is to be read; what systems hide in an archive is not.
fn is_text(path: &str) -> bool {
    let hidden = |part: &str| part.starts_with('.') || part == "__MACOSX";
    ends_with(path, ".csv") && !path.split(['/', '\\']).any(hidden)
}

/// What an error while reading a file means for the person who sent it.
pub fn io_error(name: &str, error: io::Error) -> Error {
    let error = match error.downcast::<Unreadable>() {
        Ok(Unreadable(source)) => {
            return Error::Io {
                path: PathBuf::from(name),
                source,
            };
        }
        Err(error) => error,
    };
    match error.downcast::<TooBig>() {
        Ok(bomb) => Error::Input(format!("{name} {bomb}")),
        Err(error) => Error::Input(format!(
            "{name} cannot be unpacked: {error}; it is broken or did not arrive whole, send it again"
        )),
    }
}

/// The file's own bytes did not come: no fault of what is in them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreadable(io::Error);

/// A packed file that grows beyond measure.
#[derive(Debug, thiserror::Error)]
#[error(
    "unpacks to more than {unpacked} bytes from {packed}; at most {max_unpacked} and {max_ratio} times as many \
     are taken: that is no movie data, but if it is, send it in parts"
)]
struct TooBig {
    unpacked: u64,
    packed: u64,
    max_unpacked: u64,
    max_ratio: u64,
}

/// Marks the errors of the bytes as they arrive, so that they are told from those of unpacking them.
struct Source<R>(R);

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, Unreadable(error)),
        })
    }
}

/// Counts the bytes that pass.
pub struct Counted<R>(pub R, pub Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Unpacked text that may not grow beyond the options' measure.
struct Limited<'a> {
    text: &'a mut dyn Read,
    packed: &'a AtomicU64,
    unpacked: u64,
    options: &'a ReadOptions,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self
            .text
            .read(buffer)
            .map_err(|error| match error.get_ref() {
                Some(inner) if inner.is::<Unreadable>() => error,
                _ if error.kind() == io::ErrorKind::Interrupted => error,
                _ => io::Error::new(
                    error.kind(),
                    format!("after byte {} of its text: {error}", self.unpacked),
                ),
            })?;
        self.unpacked += count as u64;
        let (packed, unpacked) = (self.packed.load(Ordering::Relaxed), self.unpacked);
        let ReadOptions {
            max_unpacked_bytes: max_unpacked,
            max_ratio,
            ..
        } = *self.options;
        let grown = unpacked > FREE && unpacked / packed.max(1) > max_ratio;
        if grown || unpacked > max_unpacked {
            return Err(io::Error::other(TooBig {
                unpacked,
                packed,
                max_unpacked,
                max_ratio,
            }));
        }
        Ok(count)
    }
}
