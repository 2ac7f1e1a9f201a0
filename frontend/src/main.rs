//! Starts the app in the page.

use frontend::app::App;

fn main() {
    std::panic::set_hook(Box::new(|info| {
        leptos::logging::error!("{info}");
        // The app can't go on; the page holds a note that says so.
        if let Some(note) = leptos::prelude::document().get_element_by_id("boot-error") {
            let _ = note.remove_attribute("hidden");
        }
    }));
    leptos::mount::mount_to_body(App);
}
