//! Files on their way in. They go one after another, whichever page the reader is on.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, XmlHttpRequest};

use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::api::upload::{STOPPED, Uploaded, give_up, received, send};

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Others go first.
    Waiting,
    /// So many of its bytes have gone.
    Sending(f64),
    Done(Uploaded),
    Failed(ApiError),
}

/// A file that is to go, goes or has gone.
#[derive(Clone)]
pub struct Upload {
    pub id: u32,
    file: File,
    hold: bool,
    /// Whether some of it may have come before.
    again: ArcRwSignal<bool>,
    /// Where it stands.
    pub stage: ArcRwSignal<Stage>,
}

impl Upload {
    /// The file's name.
    pub fn name(&self) -> String {
        self.file.name()
    }

    /// The file's size.
    pub fn bytes(&self) -> f64 {
        self.file.size()
    }

    fn is(&self, wanted: fn(&Stage) -> bool) -> bool {
        self.stage.with_untracked(wanted)
    }
}

/// All uploads since the page was loaded, provided as a context.
#[derive(Clone, Copy)]
pub struct Uploads {
    session: Session,
    all: RwSignal<Vec<Upload>, LocalStorage>,
    /// The request that is under way.
    request: StoredValue<Option<XmlHttpRequest>, LocalStorage>,
    /// Whether runs of files that are added from now on are held before merging.
    pub hold: RwSignal<bool>,
}

impl Uploads {
    /// None yet. From now on the browser asks before it closes the tab on those that are not through.
    pub fn new(session: Session) -> Self {
        let uploads = Self {
            session,
            all: RwSignal::new_local(Vec::new()),
            request: StoredValue::new_local(None),
            hold: RwSignal::new(false),
        };
        window_event_listener(ev::beforeunload, move |event| {
            if untrack(|| uploads.busy()) {
                event.prevent_default();
            }
        });
        uploads
    }

    /// The uploads in the order they were added. Reactive.
    pub fn all(self) -> Vec<Upload> {
        self.all.get()
    }

    /// Whether something waits or goes. Reactive.
    pub fn busy(self) -> bool {
        let going = |stage: &Stage| matches!(stage, Stage::Waiting | Stage::Sending(_));
        self.all
            .with(|all| all.iter().any(|upload| upload.stage.with(going)))
    }

    /// Adds files to those that go.
    pub fn add(self, files: Vec<File>) {
        let hold = self.hold.get_untracked();
        self.all.update(|all| {
            let next = all.last().map_or(0, |last| last.id + 1);
            all.extend(files.into_iter().zip(next..).map(|(file, id)| Upload {
                id,
                file,
                hold,
                again: ArcRwSignal::new(false),
                stage: ArcRwSignal::new(Stage::Waiting),
            }));
        });
        self.proceed();
    }

    /// Sends a file again, from where it broke off.
    pub fn retry(self, upload: &Upload) {
        upload.again.set(true);
        upload.stage.set(Stage::Waiting);
        self.proceed();
    }

    /// Stops a file that waits or goes; it may be sent again.
    pub fn stop(self, upload: &Upload) {
        let goes = upload.is(|stage| matches!(stage, Stage::Sending(_)));
        upload.stage.set(Stage::Failed(ApiError {
            code: STOPPED.to_owned(),
            message: "You have stopped this upload; nothing is loaded.".to_owned(),
        }));
        if goes && let Some(request) = self.request.try_update_value(Option::take).flatten() {
            // Abortion ends it as a lost connection does, whereupon the next one goes.
            let _ = request.abort();
        }
    }

    /// Takes a file off the list; what has come of one that is not whole is forgotten.
    pub fn remove(self, upload: &Upload) {
        let (id, name) = (upload.id, upload.name());
        if upload.is(|stage| matches!(stage, Stage::Failed(_))) {
            spawn_local(async move { give_up(&name).await });
        }
        self.all.update(|all| all.retain(|upload| upload.id != id));
    }

    /// Sends the next one that waits, unless one goes.
    fn proceed(self) {
        let next = self.all.with_untracked(|all| {
            let goes = |upload: &Upload| upload.is(|stage| matches!(stage, Stage::Sending(_)));
            let waits = |upload: &&Upload| upload.is(|stage| *stage == Stage::Waiting);
            match all.iter().any(goes) {
                true => None,
                false => all.iter().find(waits).cloned(),
            }
        });
        let Some(upload) = next else {
            return;
        };
        upload.stage.set(Stage::Sending(0.0));
        spawn_local(async move {
            let from = match upload.again.get_untracked() {
                true => received(&upload.name()).await,
                false => 0.0,
            };
            // What is larger than the file is of another one of its name.
            self.send(
                upload.clone(),
                if from < upload.bytes() { from } else { 0.0 },
            );
        });
    }

    fn send(self, upload: Upload, from: f64) {
        if !upload.is(|stage| matches!(stage, Stage::Sending(_))) {
            return self.proceed();
        }
        let (sent, ended) = (upload.stage.clone(), upload.clone());
        let progress = move |bytes| {
            if sent.with_untracked(|stage| matches!(stage, Stage::Sending(_))) {
                sent.set(Stage::Sending(bytes));
            }
        };
        let end = move |answer: Result<Uploaded, ApiError>| self.end(&ended, answer);
        match send(
            &upload.file,
            from,
            upload.hold,
            Box::new(progress),
            Box::new(end),
        ) {
            Ok(request) => self.request.set_value(Some(request)),
            Err(error) => self.end(&upload, Err(error)),
        }
    }

    fn end(self, upload: &Upload, answer: Result<Uploaded, ApiError>) {
        // One that was stopped has told why.
        if upload.is(|stage| matches!(stage, Stage::Sending(_))) {
            self.session.note(answer.as_ref().err());
            upload.stage.set(match answer {
                Ok(uploaded) => Stage::Done(uploaded),
                Err(error) => Stage::Failed(error),
            });
        }
        self.request.set_value(None);
        self.proceed();
    }
}
