//! Files arrive in all the ways in which files arrive; each way with events and by polling.
#![allow(clippy::unwrap_used)]

use etl::inbox::{Arrival, InboxOptions, watch};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long a file must rest in these tests.
const SETTLE: Duration = Duration::from_millis(300);
/// Nothing takes this long unless it never comes.
const BOUND: Duration = Duration::from_secs(20);

struct Inbox {
    folder: TempDir,
    arrivals: mpsc::Receiver<Arrival>,
    shutdown: CancellationToken,
    task: JoinHandle<etl::Result<()>>,
}

impl Inbox {
    /// Watches a folder that holds what `before` puts there.
    fn start(poll: bool, before: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = InboxOptions {
            settle: SETTLE,
            poll: poll.then_some(Duration::from_millis(50)),
            // So late that what is announced within the bound was not found by a rescan.
            rescan: Duration::from_secs(600),
            path: folder.path().join("inbox"),
        };
        fs::create_dir(&options.path).unwrap();
        before(&options.path);
        Self::watch(folder, options, 16)
    }

    /// Watches an empty folder, and has proved that it does: what comes now comes as news.
    async fn running(poll: bool) -> Self {
        let mut inbox = Self::start(poll, |folder| {
            fs::write(folder.join("first.csv"), "").unwrap()
        });
        inbox.expect("first.csv").await;
        inbox
    }

    fn watch(folder: TempDir, options: InboxOptions, capacity: usize) -> Self {
        let (sender, arrivals) = mpsc::channel(capacity);
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(watch(options, sender, shutdown.clone()));
        Self {
            folder,
            arrivals,
            shutdown,
            task,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("inbox").join(name)
    }

    async fn next(&mut self) -> Arrival {
        let next = timeout(BOUND, self.arrivals.recv()).await;
        next.expect("nothing was announced").unwrap()
    }

    /// The next arrival must be this file as it now is on the disk.
    async fn expect(&mut self, name: &str) -> Arrival {
        let next = self.next().await;
        let metadata = fs::metadata(self.path(name)).unwrap();
        assert_eq!(next.path, self.path(name));
        assert_eq!(next.bytes, metadata.len(), "{name} is not announced whole");
        assert_eq!(next.modified, metadata.modified().unwrap());
        assert!(!next.is_dir);
        next
    }

    /// Proves that nothing else was announced before: a file put in now must be the very next.
    async fn end(mut self) {
        let staged = self.folder.path().join("last.csv");
        fs::write(&staged, "last").unwrap();
        fs::rename(&staged, self.path("last.csv")).unwrap();
        self.expect("last.csv").await;
        self.stop().await;
    }

    async fn stop(mut self) {
        // Whatever was to be announced twice would come while a file could come to rest.
        let more = timeout(SETTLE * 3, self.arrivals.recv()).await;
        assert!(
            more.is_err(),
            "announced although nothing changed: {more:?}"
        );
        self.shutdown.cancel();
        timeout(BOUND, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// A test for each way of noticing.
macro_rules! both {
    ($($name:ident)*) => {
        mod native {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(false).await;
            })*
        }
        mod polling {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(true).await;
            })*
        }
    };
}

both! {
    written_in_pieces
    renamed_in
    part_then_renamed
    arrived_before_start
    rewritten_in_place
    removed_and_put_back
    an_empty_file_that_is_filled_later
    a_folder_is_announced_once
    hidden_and_unfinished_names
    many_at_once_with_a_busy_listener
    the_inbox_disappears
}

async fn written_in_pieces(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    let path = inbox.path("slow.csv");
    let writer = std::thread::spawn(move || {
        let mut file = File::create(path).unwrap();
        for _ in 0..8 {
            file.write_all(b"a piece of it\n").unwrap();
            file.flush().unwrap();
            sleep(SETTLE / 2);
        }
    });
    let arrival = inbox.expect("slow.csv").await;
    assert_eq!(arrival.bytes, 8 * 14);
    writer.join().unwrap();
    inbox.end().await;
}

async fn renamed_in(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    let outside = inbox.folder.path().join("outside.csv");
    fs::write(&outside, "id\n1\n").unwrap();
    fs::rename(&outside, inbox.path("inside.csv")).unwrap();
    inbox.expect("inside.csv").await;
    inbox.end().await;
}

async fn part_then_renamed(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    let part = inbox.path("movies.csv.part");
    fs::write(&part, "id\n").unwrap();
    // It would be announced by now if the name were no reason to pass it over.
    assert!(timeout(SETTLE * 3, inbox.arrivals.recv()).await.is_err());
    fs::write(&part, "id\n1\n").unwrap();
    fs::rename(&part, inbox.path("movies.csv")).unwrap();
    inbox.expect("movies.csv").await;
    inbox.end().await;
}

async fn arrived_before_start(poll: bool) {
    let mut inbox = Inbox::start(poll, |folder| {
        let old = Duration::from_secs(3600);
        for (name, age) in [("b.csv", old * 2), ("a.csv", old)] {
            let file = File::create(folder.join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - age)
                .unwrap();
        }
    });
    // In the order of arrival.
    inbox.expect("b.csv").await;
    inbox.expect("a.csv").await;
    inbox.end().await;
}

async fn rewritten_in_place(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    fs::write(inbox.path("movies.csv"), "id\n1\n").unwrap();
    let first = inbox.expect("movies.csv").await;
    // The same size, so only the time of change tells.
    fs::write(inbox.path("movies.csv"), "id\n2\n").unwrap();
    let second = inbox.expect("movies.csv").await;
    assert_eq!(first.bytes, second.bytes);
    assert!(first.modified < second.modified);
    inbox.end().await;
}

async fn removed_and_put_back(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    let time = std::time::SystemTime::now() - Duration::from_secs(60);
    // Same name, size and time of change: another file all the same.
    for _ in 0..2 {
        let outside = inbox.folder.path().join("outside.csv");
        fs::write(&outside, "id\n1\n").unwrap();
        let file = File::options().write(true).open(&outside).unwrap();
        file.set_modified(time).unwrap();
        drop(file);
        fs::rename(&outside, inbox.path("movies.csv")).unwrap();
        inbox.expect("movies.csv").await;
    }
    inbox.end().await;
}

async fn an_empty_file_that_is_filled_later(poll: bool) {
    let mut inbox = Inbox::running(poll).await;
    drop(File::create(inbox.path("movies.csv")).unwrap());
    // Long enough to be announced if closing it counted, too short to come to rest.
    sleep(SETTLE * 2 / 3);
    fs::write(inbox.path("movies.csv"), "id\n1\n").unwrap();
    inbox.expect("movies.csv").await;
    inbox.end().await;
}

async fn a_folder_is_announced_once(poll: bool) {
    let mut inbox = Inbox::start(poll, |folder| {
        fs::create_dir(folder.join("lost+found")).unwrap()
    });
    fs::create_dir(inbox.path("movies")).unwrap();
    let arrival = inbox.next().await;
    assert_eq!(arrival.path, inbox.path("movies"));
    assert!(arrival.is_dir);
    assert_eq!(arrival.bytes, 0);
    // What goes on inside it is not ours.
    fs::write(inbox.path("movies/a.csv"), "id\n1\n").unwrap();
    inbox.end().await;
}

async fn hidden_and_unfinished_names(poll: bool) {
    let inbox = Inbox::running(poll).await;
    for name in [
        ".hidden.csv",
        "a.csv.tmp",
        "a.csv.PART",
        "a.csv.crdownload",
        "a.csv~",
        "~a.csv",
    ] {
        fs::write(inbox.path(name), "id\n1\n").unwrap();
    }
    std::os::unix::fs::symlink("nowhere", inbox.path("link.csv")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(inbox.path("socket.csv")).unwrap();
    tokio::time::sleep(SETTLE * 2).await;
    inbox.end().await;
}

async fn many_at_once_with_a_busy_listener(poll: bool) {
    const FILES: usize = 3000;
    let folder = tempfile::tempdir().unwrap();
    let options = InboxOptions {
        settle: SETTLE,
        poll: poll.then_some(Duration::from_millis(50)),
        ..InboxOptions::new(folder.path().join("inbox"))
    };
    fs::create_dir(&options.path).unwrap();
    // Room for one: the inbox waits for its listener and still loses and repeats nothing.
    let mut inbox = Inbox::watch(folder, options, 1);
    let mut wanted: Vec<PathBuf> = (0..FILES)
        .map(|n| inbox.path(&format!("{n}.csv")))
        .collect();
    for path in &wanted {
        fs::write(path, "id\n1\n").unwrap();
    }
    tokio::time::sleep(SETTLE * 2).await;
    let mut found = Vec::new();
    while found.len() < FILES {
        found.push(inbox.next().await.path);
    }
    found.sort();
    wanted.sort();
    assert!(found == wanted, "some were lost or came twice");
    inbox.end().await;
}

async fn the_inbox_disappears(poll: bool) {
    let folder = tempfile::tempdir().unwrap();
    let options = InboxOptions {
        settle: SETTLE,
        rescan: SETTLE,
        poll: poll.then_some(Duration::from_millis(50)),
        // It is not there at first, either.
        path: folder.path().join("inbox"),
    };
    let mut inbox = Inbox::watch(folder, options, 16);
    let appears = |inbox: &Inbox| {
        let began = Instant::now();
        while !inbox.path("").is_dir() {
            assert!(began.elapsed() < BOUND, "the inbox was not made");
            sleep(Duration::from_millis(10));
        }
    };
    appears(&inbox);
    fs::write(inbox.path("movies.csv"), "id\n1\n").unwrap();
    inbox.expect("movies.csv").await;
    fs::remove_dir_all(inbox.path("")).unwrap();
    appears(&inbox);
    fs::write(inbox.path("movies.csv"), "id\n1\n").unwrap();
    inbox.expect("movies.csv").await;
    // Somebody else makes it anew before we notice.
    fs::rename(inbox.path(""), inbox.folder.path().join("old")).unwrap();
    let _ = fs::create_dir(inbox.path(""));
    fs::write(inbox.path("movies.csv"), "id\n1\n").unwrap();
    inbox.expect("movies.csv").await;
    inbox.end().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_busy_listener() {
    let folder = tempfile::tempdir().unwrap();
    let options = InboxOptions {
        settle: Duration::from_millis(20),
        ..InboxOptions::new(folder.path())
    };
    for name in ["a.csv", "b.csv", "c.csv"] {
        fs::write(folder.path().join(name), "id\n").unwrap();
    }
    let (sender, mut arrivals) = mpsc::channel(1);
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(watch(options, sender, shutdown.clone()));
    timeout(BOUND, arrivals.recv()).await.unwrap().unwrap();
    // The channel is full again, and nobody takes anything.
    shutdown.cancel();
    timeout(BOUND, task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_closed_file_is_announced_before_it_could_settle() {
    let folder = tempfile::tempdir().unwrap();
    let settle = Duration::from_secs(5);
    let options = InboxOptions {
        settle,
        ..InboxOptions::new(folder.path())
    };
    let (sender, mut arrivals) = mpsc::channel(1);
    let task = tokio::spawn(watch(options, sender, CancellationToken::new()));
    // Let the start-up look pass, so that events have to tell.
    tokio::time::sleep(Duration::from_millis(800)).await;
    let began = Instant::now();
    fs::write(folder.path().join("a.csv"), "id\n1\n").unwrap();
    timeout(BOUND, arrivals.recv()).await.unwrap().unwrap();
    assert!(began.elapsed() < settle, "{:?}", began.elapsed());
    // Nobody listens any more: the watch ends by itself.
    drop(arrivals);
    timeout(BOUND, task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn an_inbox_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (sender, _arrivals) = mpsc::channel(1);
    let options = InboxOptions::new(file.join("inbox"));
    let error = watch(options, sender, CancellationToken::new())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("file/inbox"), "{error}");
}
