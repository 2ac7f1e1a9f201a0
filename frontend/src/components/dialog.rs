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

fn modal(open: RwSignal<bool>, title: String, class: &'static str, body: Body) -> AnyView {
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
    let name = title.clone();
    view! {
        <dialog class=class node_ref=node aria-label=name
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // A click beside the dialog lands on its backdrop, which is the element itself.
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }>
            <div class="dialog-inner">
                <h2>{title}</h2>
                {move || open.get().then(&body)}
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
        <p class="alert alert-bad" role="alert"><span><strong class="code">{error.code}</strong>" "{error.message}</span></p>
    }
    .into_any()
}
