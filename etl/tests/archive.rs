//! The archive on every store there is: a directory, memory, and S3 where `MARQUEE_TEST_S3` gives a
//! server's endpoint, such as `http://127.0.0.1:5001`, with a bucket `marquee`. The keys are `test` and
//! `test` unless `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` give others.
#![allow(clippy::unwrap_used)]

use etl::{
    Error,
    archive::{Archive, Area},
};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Mutex,
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// More than goes up in one request, and no whole number of parts.
const LARGE: usize = (21 << 20) + 12_345;

/// The stores that can be had, by name.
fn archives() -> Vec<(&'static str, Archive, Option<TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/there yet");
    let local = Archive::open(path.to_str().unwrap()).unwrap();
    let mut archives = vec![
        ("directory", local, Some(folder)),
        ("memory", Archive::open("memory://").unwrap(), None),
    ];
    match s3("marquee") {
        Some(archive) => archives.push(("s3", archive, None)),
        None => eprintln!("MARQUEE_TEST_S3 is not set: no S3"),
    }
    archives
}

/// An archive under a prefix of its own in this bucket.
fn s3(bucket: &str) -> Option<Archive> {
    let endpoint = std::env::var("MARQUEE_TEST_S3").ok()?;
    let key = |name: &str| {
        let value = std::env::var(name).unwrap_or_else(|_| "test".to_owned());
        (name.to_owned(), value)
    };
    let variables = [
        ("AWS_ENDPOINT".to_owned(), endpoint),
        ("AWS_ALLOW_HTTP".to_owned(), "true".to_owned()),
        key("AWS_ACCESS_KEY_ID"),
        key("AWS_SECRET_ACCESS_KEY"),
    ];
    let url = format!("s3://{bucket}/test/{:016x}", rand::random::<u64>());
    Some(Archive::open_with(&url, variables).unwrap())
}

fn noise(bytes: usize) -> Vec<u8> {
    use rand::RngCore;
    let mut noise = vec![0; bytes];
    rand::rng().fill_bytes(&mut noise);
    noise
}

fn file(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("movies.csv");
    fs::write(&path, bytes).unwrap();
    path
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn read(archive: &Archive, path: &str) -> Vec<u8> {
    let (archive, path) = (archive.clone(), path.to_owned());
    spawn_blocking(move || {
        let mut bytes = Vec::new();
        archive
            .reader(&path)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn what_is_put_is_given_back() {
    for (name, archive, _folder) in archives() {
        for size in [0, 1, 100_000, LARGE] {
            let folder = tempfile::tempdir().unwrap();
            let bytes = noise(size);
            let path = file(&folder, &bytes);
            let progress = Mutex::new(Vec::new());
            let told = |bytes| progress.lock().unwrap().push(bytes);
            let stored = archive.put_file(&path, &told).await.unwrap();
            assert_eq!(stored.sha256, sha256(&bytes), "{name}");
            assert_eq!(
                stored.path,
                format!("raw/{}/{}", &stored.sha256[..2], stored.sha256)
            );
            assert_eq!(
                (stored.bytes, stored.existed),
                (size as u64, false),
                "{name}"
            );

            let progress = progress.into_inner().unwrap();
            assert!(progress.is_sorted(), "{name}: {progress:?}");
            assert_eq!(
                (progress.first(), progress.last()),
                (Some(&0), Some(&(size as u64)))
            );
            assert!(size < LARGE || progress.len() > 3, "{name}: {progress:?}");

            assert!(
                read(&archive, &stored.path).await == bytes,
                "{name}: {size} bytes"
            );
            let (hash, length) = archive.rehash(&stored.path).await.unwrap();
            assert_eq!((hash, length), (stored.sha256, size as u64), "{name}");
            assert_eq!(
                archive.size(&stored.path).await.unwrap(),
                Some(size as u64),
                "{name}"
            );
            assert!(archive.exists(&stored.path).await.unwrap(), "{name}");
        }
        archive.ping().await.unwrap();
    }
}

#[tokio::test]
async fn the_same_bytes_are_stored_once() {
    for (name, archive, folder) in archives() {
        for size in [1000, LARGE] {
            let input = tempfile::tempdir().unwrap();
            let path = file(&input, &noise(size));
            let first = archive.put_raw(&path).await.unwrap();
            let state = |folder: &TempDir| {
                use std::os::unix::fs::MetadataExt;
                let object = folder.path().join("not/there yet").join(&first.path);
                let metadata = fs::metadata(object).unwrap();
                (metadata.ino(), metadata.modified().unwrap())
            };
            let before = folder.as_ref().map(state);
            let second = archive.put_raw(&path).await.unwrap();
            assert!(!first.existed && second.existed, "{name}");
            assert_eq!(first.path, second.path, "{name}");
            assert_eq!(
                before,
                folder.as_ref().map(state),
                "{name}: was written again"
            );
        }
    }
}

#[tokio::test]
async fn two_who_put_the_same_bytes_at_once_agree() {
    for (name, archive, _folder) in archives() {
        let input = tempfile::tempdir().unwrap();
        let bytes = noise(300_000);
        let path = file(&input, &bytes);
        let puts = futures::future::join_all((0..8).map(|_| archive.put_raw(&path))).await;
        let paths: Vec<String> = puts.into_iter().map(|put| put.unwrap().path).collect();
        assert!(
            paths.iter().all(|path| *path == paths[0]),
            "{name}: {paths:?}"
        );
        assert!(read(&archive, &paths[0]).await == bytes, "{name}");
    }
}

#[tokio::test]
async fn a_runs_files_lie_in_its_partition() {
    for (name, archive, _folder) in archives() {
        let input = tempfile::tempdir().unwrap();
        let path = file(&input, b"PAR1");
        let hash = &sha256(b"PAR1")[..16];
        let movies = archive.put_part(Area::Transformed, 7, &path).await.unwrap();
        assert_eq!(
            movies.path,
            format!("transformed/movies/run=7/part-{hash}.parquet"),
            "{name}"
        );
        let rejects = archive.put_part(Area::Rejects, 7, &path).await.unwrap();
        assert_eq!(
            rejects.path,
            format!("rejects/run=7/part-{hash}.parquet"),
            "{name}"
        );
        assert_eq!(read(&archive, &movies.path).await, b"PAR1", "{name}");
        assert!(
            archive
                .put_part(Area::Rejects, 7, &path)
                .await
                .unwrap()
                .existed,
            "{name}"
        );
    }
}

#[tokio::test]
async fn ranges_are_read_exactly() {
    for (name, archive, _folder) in archives() {
        let input = tempfile::tempdir().unwrap();
        let stored = archive.put_raw(&file(&input, b"0123456789")).await.unwrap();
        let range = async |range| archive.range(&stored.path, range).await;
        assert_eq!(&range(3..6).await.unwrap()[..], b"345", "{name}");
        assert_eq!(&range(0..10).await.unwrap()[..], b"0123456789", "{name}");
        assert_eq!(&range(4..4).await.unwrap()[..], b"", "{name}");
        for beyond in [8..12, 20..30] {
            let error = range(beyond).await.unwrap_err().to_string();
            assert!(error.contains(&stored.path), "{name}: {error}");
        }
    }
}

/// A file that grows when its first bytes are about to be stored.
async fn put_growing(archive: &Archive, path: &Path) -> Result<(), Error> {
    let grow = |bytes| {
        if bytes == 0 {
            let mut file = File::options().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        }
    };
    archive.put_file(path, &grow).await.map(drop)
}

#[tokio::test]
async fn a_file_that_grows_meanwhile_is_not_stored() {
    for (name, archive, _folder) in archives() {
        for size in [1000, LARGE] {
            let input = tempfile::tempdir().unwrap();
            let bytes = noise(size);
            let path = file(&input, &bytes);
            let error = put_growing(&archive, &path).await.unwrap_err();
            assert!(matches!(error, Error::Input(_)), "{name}: {error}");
            let text = error.to_string();
            assert!(
                text.contains("movies.csv changed while it was read"),
                "{name}: {text}"
            );
            let grown = [&bytes[..], b"more"].concat();
            for bytes in [&bytes[..], &grown] {
                let hash = sha256(bytes);
                let object = format!("raw/{}/{hash}", &hash[..2]);
                assert!(
                    !archive.exists(&object).await.unwrap(),
                    "{name}: half a file is there"
                );
            }
            // Once it is complete it is taken.
            assert_eq!(
                archive.put_raw(&path).await.unwrap().sha256,
                sha256(&grown),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    for (name, archive, _folder) in archives() {
        let input = tempfile::tempdir().unwrap();
        let missing = archive
            .put_raw(&input.path().join("missing.csv"))
            .await
            .unwrap_err();
        assert!(
            missing.to_string().contains("missing.csv"),
            "{name}: {missing}"
        );
        let folder = archive.put_raw(input.path()).await.unwrap_err().to_string();
        let advice = "is a directory; put the files themselves into the inbox";
        assert!(folder.contains(advice), "{name}: {folder}");

        let absent = "raw/ab/absent";
        assert!(!archive.exists(absent).await.unwrap(), "{name}");
        let rehash = archive.rehash(absent).await.unwrap_err();
        let range = archive.range(absent, 0..1).await.unwrap_err();
        let reader = {
            let archive = archive.clone();
            let reader = spawn_blocking(move || archive.reader(absent).err().unwrap());
            reader.await.unwrap()
        };
        for error in [rehash, range, reader] {
            assert!(matches!(error, Error::Archive { .. }), "{name}: {error}");
            assert!(error.to_string().contains(absent), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn tampering_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("archive");
    let archive = Archive::open(root.to_str().unwrap()).unwrap();
    let path = file(&folder, b"id\n1\n");
    let stored = archive.put_raw(&path).await.unwrap();
    fs::write(root.join(&stored.path), b"id\n2\n").unwrap();
    assert_ne!(archive.rehash(&stored.path).await.unwrap().0, stored.sha256);
    // It is not taken for the real one, nor written over.
    let error = archive.put_raw(&path).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains(&stored.path), "{error}");
    assert_eq!(fs::read(root.join(&stored.path)).unwrap(), b"id\n2\n");
}

#[tokio::test]
async fn a_directory_holds_plain_readable_files_and_no_leftovers() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("archive");
    let url = format!("file://{}", root.display());
    fs::create_dir_all(root.join(".incoming")).unwrap();
    let (old, new) = (root.join(".incoming/old"), root.join(".incoming/new"));
    fs::write(&new, "another process writes this").unwrap();
    let two_days = std::time::Duration::from_secs(48 * 60 * 60);
    let left = File::create(&old).unwrap();
    left.set_modified(std::time::SystemTime::now() - two_days)
        .unwrap();

    let archive = Archive::open(&url).unwrap();
    assert!(!old.exists() && new.exists());
    let path = file(&folder, b"id\n1\n");
    let stored = archive.put_raw(&path).await.unwrap();
    put_growing(&archive, &path).await.unwrap_err();
    let object = root.join(&stored.path);
    assert_eq!(fs::read(&object).unwrap(), b"id\n1\n");
    // Like any file that this process makes: no more and no less than the umask allows.
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&object), mode(&new));
    let left = fs::read_dir(root.join(".incoming")).unwrap().count();
    assert_eq!(left, 1, "a temporary file was left behind");
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, b"id\n1\n");
    // Below a file nothing can be made, not even by root.
    let error = Archive::open(path.join("archive").to_str().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("movies.csv/archive") && text.contains("MARQUEE_ARCHIVE_URL"),
        "{text}"
    );

    let root = folder.path().join("archive");
    let archive = Archive::open(root.to_str().unwrap()).unwrap();
    fs::write(root.join("raw"), "in the way").unwrap();
    let error = archive.put_raw(&path).await.unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error}");
    assert!(error.to_string().contains("Not a directory"), "{error}");

    fs::remove_dir_all(&root).unwrap();
    assert!(archive.ping().await.is_err());
}

#[test]
fn other_urls_are_refused_by_the_settings_name() {
    for url in [
        "ftp://host/archive",
        "gs://bucket",
        "http://host/",
        "s3://",
        "s3:///prefix",
        "",
    ] {
        let error = Archive::open(url).unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{url}: {error}");
        assert!(
            error.to_string().contains("MARQUEE_ARCHIVE_URL"),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn a_missing_bucket_is_no_healthy_archive() {
    match s3("no-such-bucket-here") {
        Some(archive) => assert!(archive.ping().await.is_err()),
        None => eprintln!("MARQUEE_TEST_S3 is not set: skipped"),
    }
}
