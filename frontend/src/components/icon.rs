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
    Rules,
    Audit,
    Users,
    Tokens,
    System,
    Account,
    More,
    Theme,
    SignOut,
    Retry,
    Search,
    Previous,
    Next,
    Copy,
    Download,
    Upload,
    Close,
    Add,
    Edit,
    Compare,
    Up,
    Down,
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
            Self::Rules => {
                "M2.5 4h7M2.5 8h4M2.5 12h7M12 2.5v3M12 6.5v3M12 10.5v3M10.5 4h3M10.5 8h3M10.5 12h3"
            }
            Self::Audit => "M3.5 1.5h9v13h-9zM5.5 5h5M5.5 8h5M5.5 11h3",
            Self::Users => {
                "M6 7.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 3a2.3 2.3 0 010 4.4M12 9.8c1.6.5 2.5 1.8 2.5 3.7"
            }
            Self::Tokens => "M5.5 13.5a3.5 3.5 0 110-7 3.5 3.5 0 010 7zM8 7.5l5.5-5.5M11 4.5l2 2",
            Self::System => "M2 2.5h12v4.5H2zM2 9h12v4.5H2zM4.5 4.8h.01M4.5 11.2h.01",
            Self::Account => {
                "M8 8a3 3 0 100-6 3 3 0 000 6zM2.5 14c0-2.8 2.4-4.5 5.5-4.5s5.5 1.7 5.5 4.5"
            }
            Self::More => "M3 8h.01M8 8h.01M13 8h.01",
            Self::Theme => "M8 2a6 6 0 100 12zM8 2a6 6 0 010 12",
            Self::SignOut => "M6 2H2.5v12H6M10.5 4.5L14 8l-3.5 3.5M14 8H6",
            Self::Retry => "M13.5 8A5.5 5.5 0 112.7 6.5M2.5 2.5v4h4",
            Self::Search => "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.5 10.5L14 14",
            Self::Previous => "M10 3L5 8l5 5",
            Self::Next => "M6 3l5 5-5 5",
            Self::Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
            Self::Download => "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
            Self::Upload => "M8 10.5v-8M4.5 6L8 2.5 11.5 6M2.5 13.5h11",
            Self::Close => "M3.5 3.5l9 9M12.5 3.5l-9 9",
            Self::Add => "M8 3v10M3 8h10",
            Self::Edit => "M2.5 13.5l.8-3L11 2.8l2.2 2.2-7.7 7.7z",
            Self::Compare => "M5 2.5v11M2.5 5L5 2.5 7.5 5M11 13.5v-11M8.5 11l2.5 2.5 2.5-2.5",
            Self::Up => "M3 10l5-5 5 5",
            Self::Down => "M3 6l5 5 5-5",
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
