//! Light, dark, or as the system has it. `static/boot.js` applies the choice before the first paint.

use leptos::prelude::*;

const KEY: &str = "marquee-theme";

/// The reader's choice of theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    /// The stored choice as a signal that applies and stores what it is set to.
    pub fn current() -> RwSignal<Self> {
        let stored = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        let theme = RwSignal::new(Self::parse(stored.as_deref()));
        Effect::new(move |_| theme.get().apply());
        theme
    }

    /// The theme after this one.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The name on the button.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    fn parse(stored: Option<&str>) -> Self {
        match stored {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn apply(self) {
        let value = self.name().to_lowercase();
        if let Some(root) = document().document_element() {
            // Neither an attribute nor storage is worth an error message: the page works without.
            let _ = root.set_attribute("data-theme", &value);
        }
        if let Some(storage) = storage() {
            let _ = storage.set_item(KEY, &value);
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
