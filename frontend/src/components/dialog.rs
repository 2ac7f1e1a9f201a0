//! Dialogs on the browser's own `<dialog>`, which keeps the focus inside, closes with Escape and gives the focus
//! back to where it was.
//!
//! ```ignore
//! let open = RwSignal::new(false);
//! let question = Question { title: "Undo run 7?".into(), verb: "Undo", danger: true };
//! view! {
//!     <button type="button" class="button" on:click=move |_| open.set(true)>"Undo"</button>
//!     {confirm(open, question, || "Its rows get back the values they had.".into_any(), move || async move {
//!         undo(id).await?;
//!         toast("Run 7 is being undone");
//!         Ok(())
//!     })}
//! }
//! ```
//!
//! A form that would be a loss calls [`keep`] in its body: Escape or a click beside the dialog then asks first.

use std::future::Future;
use std::pin::Pin;

use leptos::ev::SubmitEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::session::Session;
use crate::api::transport::ApiError;

/// A modal that shows while `open` is true and sets it to false when it is closed. `body` is made anew each time
/// it opens, so that its fields begin as they should.
pub fn dialog(
    open: RwSignal<bool>,
    title: impl Into<String>,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    modal(open, title.into(), "dialog", Box::new(body))
}

/// [`dialog`] with much room: for comparisons and editors.
pub fn wide_dialog(
    open: RwSignal<bool>,
    title: impl Into<String>,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    modal(open, title.into(), "dialog dialog-wide", Box::new(body))
}

/// What makes a dialog's content.
type Body = Box<dyn Fn() -> AnyView + Send + Sync>;

/// Whether a dialog that is open holds what would be lost, told by its body.
#[derive(Clone, Copy)]
struct Unsaved(StoredValue<Option<Signal<bool>>>);

/// For a dialog's body: while `dirty` is true, the dialog is not closed by a slip. "Cancel" is none and does not ask.
pub fn keep(dirty: impl Fn() -> bool + Send + Sync + 'static) {
    expect_context::<Unsaved>()
        .0
        .set_value(Some(Signal::derive(dirty)));
}

/// An element that is shown as a modal while `open` is true.
fn shown_while(open: RwSignal<bool>) -> NodeRef<Dialog> {
    let node = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let (Some(node), wanted) = (node.get(), open.get()) else {
            return;
        };
        if wanted && !node.open() {
            // Fails for an element that is not in the page, which then has nothing to show either.
            let _ = node.show_modal();
        } else if !wanted && node.open() {
            node.close();
        }
    });
    node
}

fn modal(open: RwSignal<bool>, title: String, class: &'static str, body: Body) -> AnyView {
    let unsaved = Unsaved(StoredValue::new(None));
    let asking = RwSignal::new(false);
    // Asks where something would be lost; whether it does.
    let held_back = move |event: &web_sys::Event| {
        let dirty = unsaved.0.get_value();
        let lost = dirty.and_then(|dirty| dirty.try_get_untracked()) == Some(true);
        if lost {
            event.prevent_default();
            asking.set(true);
        }
        lost
    };
    let content = move || {
        unsaved.0.set_value(None);
        asking.set(false);
        open.get().then(|| {
            provide_context(unsaved);
            let body = body();
            let question = unsaved.0.get_value().map(|_| discard(open, asking));
            view! { {body} {question} }
        })
    };
    let name = title.clone();
    view! {
        <dialog class=class node_ref=shown_while(open) aria-label=name
            on:close=move |_| open.set(false)
            on:keydown=move |event| {
                // Held back here already: a browser lets a page hold back only so many of the "cancel"s that follow.
                if event.key() == "Escape" && asking.get_untracked() {
                    event.prevent_default();
                    asking.set(false);
                } else if event.key() == "Escape" {
                    held_back(&event);
                }
            }
            on:cancel=move |event| {
                held_back(&event);
            }
            on:click=move |event| {
                // A click beside the dialog lands on its backdrop, which is the element itself.
                if event.target() == event.current_target() && !held_back(&event) {
                    open.set(false);
                }
            }>
            <div class="dialog-inner">
                <h2>{title}</h2>
                {content}
            </div>
        </dialog>
    }
    .into_any()
}

/// Asks, above the dialog that is `open`, whether what was entered in it may go; the browser takes the focus back to
/// where it was.
fn discard(open: RwSignal<bool>, asking: RwSignal<bool>) -> AnyView {
    const TITLE: &str = "Discard what you have entered?";
    let node = shown_while(asking);
    let yes = move |_| {
        // This one first: while it is open, the browser has no way back to where the focus was before the other.
        if let Some(node) = node.get_untracked() {
            node.close();
        }
        open.set(false);
    };
    view! {
        <dialog class="dialog" role="alertdialog" aria-label=TITLE node_ref=node
            on:close=move |_| asking.set(false)>
            <div class="dialog-inner">
                <h2>{TITLE}</h2>
                <div class="dialog-buttons">
                    <button type="button" class="button" autofocus on:click=move |_| asking.set(false)>"Keep editing"</button>
                    <button type="button" class="button danger" on:click=yes>"Discard"</button>
                </div>
            </div>
        </dialog>
    }
    .into_any()
}

/// What [`confirm`] asks.
pub struct Question {
    /// The question itself, with its question mark.
    pub title: String,
    /// What is done, on the button: one word or two.
    pub verb: &'static str,
    /// Whether it cannot be taken back easily.
    pub danger: bool,
}

/// What is done when the answer is yes.
type Act = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), ApiError>>>>>;

/// Asks a question; yes runs `act`. When that succeeds the dialog closes, otherwise it stays and shows the error
/// with its code. `details` says what will happen, and may hold fields whose signals `act` reads.
pub fn confirm<F>(
    open: RwSignal<bool>,
    question: Question,
    details: impl Fn() -> AnyView + Send + Sync + 'static,
    act: impl Fn() -> F + 'static,
) -> AnyView
where
    F: Future<Output = Result<(), ApiError>> + 'static,
{
    ask(
        open,
        question,
        Box::new(details),
        Box::new(move || Box::pin(act())),
    )
}

fn ask(open: RwSignal<bool>, question: Question, details: Body, act: Act) -> AnyView {
    let Question {
        title,
        verb,
        danger,
    } = question;
    let act = StoredValue::new_local(act);
    let body = move || {
        let details = details();
        form(open, verb, danger, act, details)
    };
    modal(open, title, "dialog", Box::new(body))
}

/// What will happen, the error of the last attempt, and the two buttons; Enter in a field means yes.
fn form(
    open: RwSignal<bool>,
    verb: &'static str,
    danger: bool,
    act: StoredValue<Act, LocalStorage>,
    details: AnyView,
) -> AnyView {
    let session = expect_context::<Session>();
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<ApiError>);
    let yes = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(work) = act.try_with_value(|act| act()) else {
            return;
        };
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer = work.await;
            session.note(answer.as_ref().err());
            // The page may have gone in the meantime.
            busy.try_set(false);
            match answer {
                Ok(()) => open.try_set(false).map(|_| ()),
                Err(error) => fault.try_set(Some(error)).map(|_| ()),
            };
        });
    };
    view! {
        <form class="dialog-form" on:submit=yes>
            <div class="dialog-body">{details}</div>
            {move || fault.get().map(fault_line)}
            <div class="dialog-buttons">
                <button type="button" class="button" autofocus=danger on:click=move |_| open.set(false)>"Cancel"</button>
                <button type="submit" class="button" class:primary=!danger class:danger=danger autofocus=!danger
                    disabled=move || busy.get() aria-busy=move || busy.get().to_string()>
                    {verb}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// The error of an action, with its code, where it was tried.
pub fn fault_line(error: ApiError) -> AnyView {
    view! {
        <p class="alert alert-bad" role="alert"><span>{error.message}" "<span class="code quiet">{error.code}</span></span></p>
    }
    .into_any()
}
