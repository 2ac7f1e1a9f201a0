//! Line icons. They stand beside words only, so they are hidden from assistive technology.

use leptos::prelude::*;

/// An icon by the name of what it stands for.
#[derive(Clone, Copy)]
pub enum Icon {
    Dashboard,
    Runs,
    Files,
    Companies,
    Genres,
    Movies,
    Console,
    Theme,
    SignOut,
    Retry,
    Search,
    Previous,
    Next,
    Download,
}

impl Icon {
    /// Strokes on a 16-unit square.
    fn path(self) -> &'static str {
        match self {
            Self::Dashboard => "M2 2h5v6H2zM9 2h5v3H9zM9 8h5v6H9zM2 11h5v3H2z",
            Self::Runs => "M5 3l8 5-8 5z",
            Self::Files => "M4 1.5h5.5L13 5v9.5H4zM9.5 1.5V5H13",
            Self::Companies => {
                "M2 14.5h12M3.5 14.5V3h6v11.5M9.5 7h3v7.5M5.5 5.5h2M5.5 8h2M5.5 10.5h2"
            }
            Self::Genres => "M2 8V2.5h5.5L14 9l-5 5zM5 5.5h.01",
            Self::Movies => {
                "M2 3h12v10H2zM5 3v10M11 3v10M2 8h12M2 5.5h3M2 10.5h3M11 5.5h3M11 10.5h3"
            }
            Self::Console => "M1.5 2.5h13v11h-13zM4 6l2.5 2L4 10M8 10.5h3.5",
            Self::Theme => "M8 2a6 6 0 100 12zM8 2a6 6 0 010 12",
            Self::SignOut => "M6 2H2.5v12H6M10.5 4.5L14 8l-3.5 3.5M14 8H6",
            Self::Retry => "M13.5 8A5.5 5.5 0 112.7 6.5M2.5 2.5v4h4",
            Self::Search => "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.5 10.5L14 14",
            Self::Previous => "M10 3L5 8l5 5",
            Self::Next => "M6 3l5 5-5 5",
            Self::Download => "M8 2v8.5M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
        }
    }

    /// The drawing.
    pub fn draw(self) -> AnyView {
        view! {
            <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <path d=self.path()></path>
            </svg>
        }
        .into_any()
    }
}
