//! What the system tells of changes in the inbox, and whether it can tell at all.

use super::InboxOptions;
use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind, RenameMode},
};
use std::{ffi::OsString, path::Path, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc},
    task::spawn_blocking,
};

/// How often to look where the system does not tell of changes and nobody said how often.
pub(super) const POLL: Duration = Duration::from_secs(2);
/// Hints of closed files that may wait for a look; a file whose hint is lost comes to rest like any other.
const HINTS: usize = 1024;
/// File systems whose changes may be made on another machine, of which the system tells nothing.
const REMOTE: [&str; 13] = [
    "9p",
    "afs",
    "ceph",
    "cifs",
    "drvfs",
    "fuse",
    "glusterfs",
    "lustre",
    "nfs",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];

/// What the system has told.
pub(super) struct Hints {
    pub(super) told: Arc<Notify>,
    pub(super) closed: mpsc::Receiver<OsString>,
    closed_sender: mpsc::Sender<OsString>,
}

impl Hints {
    pub(super) fn new() -> Self {
        let (closed_sender, closed) = mpsc::channel(HINTS);
        Self {
            told: Arc::new(Notify::new()),
            closed,
            closed_sender,
        }
    }
}

/// Asks the system to tell of changes; none where it cannot or shall not.
pub(super) async fn start_watcher(
    options: &InboxOptions,
    hints: &Hints,
) -> Option<RecommendedWatcher> {
    if options.poll.is_some() {
        return None;
    }
    let path = options.path.clone();
    let (told, closed) = (hints.told.clone(), hints.closed_sender.clone());
    let started = spawn_blocking(move || {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        let folder = path.canonicalize()?;
        if let Some(kind) = remote_kind(&mounts, &folder) {
            tracing::info!(
                "inbox {} is on {kind}; looking every {POLL:?}",
                path.display()
            );
            return Ok(None);
        }
        let mut watcher = notify::recommended_watcher(move |event| hint(event, &told, &closed))?;
        watcher.watch(&path, RecursiveMode::NonRecursive)?;
        Ok::<_, notify::Error>(Some(watcher))
    });
    match started.await {
        Ok(Ok(watcher)) => watcher,
        Ok(Err(error)) => {
            let path = options.path.display();
            tracing::warn!("inbox {path}: {error}; looking every {POLL:?} instead");
            None
        }
        Err(error) => {
            tracing::error!("inbox {}: {error}", options.path.display());
            None
        }
    }
}

/// Passes on what the system tells, on its thread.
fn hint(event: notify::Result<Event>, told: &Notify, closed: &mpsc::Sender<OsString>) {
    match event {
        Err(error) => tracing::warn!("inbox: {error}"),
        Ok(event) => match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                let name = event.paths.last().and_then(|path| path.file_name());
                // Where too many wait, this one comes to rest like any other.
                let _ = name.map(|name| closed.try_send(name.to_owned()));
            }
            // Reading and listing, our own included, change nothing.
            EventKind::Access(_) => return,
            _ => {}
        },
    }
    told.notify_one();
}

/// The kind of the file system on which a folder lies, where it is a remote one.
fn remote_kind<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let mut found: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        let point = point.replace("\\040", " ");
        // A later mount on the same point hides the earlier one.
        if folder.starts_with(&point) && found.is_none_or(|(length, _)| point.len() >= length) {
            found = Some((point.len(), kind));
        }
    }
    let (_, kind) = found?;
    // `nfs4` is an `nfs`, `fuse.sshfs` a `fuse`; `fuseblk` is a disk of this machine.
    let family = kind.split('.').next().unwrap_or(kind).trim_end_matches('4');
    REMOTE.contains(&family).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use notify::event::{CreateKind, DataChange};

    #[test]
    fn only_changes_are_a_reason_to_look() {
        let (sender, mut closed) = mpsc::channel(4);
        let told = Notify::new();
        let mut hinted = |kind| {
            hint(
                Ok(Event::new(kind).add_path("/inbox/a.csv".into())),
                &told,
                &sender,
            );
            (
                told.notified().now_or_never().is_some(),
                closed.try_recv().ok(),
            )
        };
        let name = || Some(OsString::from("a.csv"));
        // Our own listing opens the folder: to look for that would be to look for ever.
        for mode in [AccessMode::Any, AccessMode::Read] {
            assert_eq!(
                hinted(EventKind::Access(AccessKind::Open(mode))),
                (false, None)
            );
            assert_eq!(
                hinted(EventKind::Access(AccessKind::Close(mode))),
                (false, None)
            );
        }
        assert_eq!(hinted(EventKind::Create(CreateKind::File)), (true, None));
        let data = ModifyKind::Data(DataChange::Any);
        assert_eq!(hinted(EventKind::Modify(data)), (true, None));
        let written = AccessKind::Close(AccessMode::Write);
        assert_eq!(hinted(EventKind::Access(written)), (true, name()));
        let renamed = ModifyKind::Name(RenameMode::To);
        assert_eq!(hinted(EventKind::Modify(renamed)), (true, name()));
        let away = ModifyKind::Name(RenameMode::From);
        assert_eq!(hinted(EventKind::Modify(away)), (true, None));
    }

    #[test]
    fn remote_mounts_are_known_by_the_innermost_mount() {
        let mounts = "/dev/sda / ext4 rw 0 0\n\
            nas:/a /srv/in\\040box nfs4 rw 0 0\n\
            /dev/sdb /srv/in\\040box/local ext4 rw 0 0\n\
            me@host: /home/me/far fuse.sshfs rw 0 0\n\
            /dev/sdc /media/stick fuseblk rw 0 0\n\
            //host/s /mnt cifs rw 0 0\n\
            /dev/sdd /mnt ext4 rw 0 0\n";
        let kind = |path| remote_kind(mounts, Path::new(path));
        assert_eq!(kind("/srv/in box/movies"), Some("nfs4"));
        assert_eq!(kind("/srv/in box/local/movies"), None);
        assert_eq!(kind("/home/me/far"), Some("fuse.sshfs"));
        assert_eq!(kind("/home/me/farther"), None);
        assert_eq!(kind("/media/stick"), None);
        assert_eq!(kind("/mnt/inbox"), None);
        assert_eq!(kind("/data/inbox"), None);
    }
}
