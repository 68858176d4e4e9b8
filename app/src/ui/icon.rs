use leptos::prelude::*;

/// The shapes there are: strokes on a grid of 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IconShape {
    /// A desk's inbox.
    Work,
    /// Three nodes joined.
    Clusters,
    /// Lines of a log.
    Topics,
    /// Several readers of one stream.
    Groups,
    /// A page with ticks.
    Policies,
    /// A pen.
    Requests,
    /// A tick in a circle.
    Approvals,
    /// A key.
    Credentials,
    /// Two people.
    Teams,
    /// A book of records.
    Audit,
    /// A magnifying glass.
    Search,
    /// Somebody.
    Person,
    /// A question mark in a circle.
    Help,
    /// Sorted, smallest first.
    Up,
    /// Sorted, largest first.
    Down,
}

impl IconShape {
    fn path(self) -> &'static str {
        match self {
            Self::Work => "M3 13h5l1.5 3h5L16 13h5M3 13 6 5h12l3 8v6H3z",
            Self::Clusters => {
                "M12 3.5l3 1.7v3.5l-3 1.8-3-1.8V5.2zM6 13.5l3 1.7v3.5l-3 1.8-3-1.8v-3.5zM18 13.5l3 1.7v3.5l-3 1.8-3-1.8v-3.5z"
            }
            Self::Topics => "M4 6h16M4 12h16M4 18h10",
            Self::Groups => "M4 12h5M9 12l6-6h5M9 12h11M9 12l6 6h5",
            Self::Policies => "M6 3h9l4 4v14H6zM9 10l1.5 1.5L13 9M9 16l1.5 1.5L13 15M15 11h2M15 17h2",
            Self::Requests => "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
            Self::Approvals => "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8 12.5l2.7 2.7L16 9.5",
            Self::Credentials => "M8 12a4 4 0 1 1 0 .1M12 12h9M18 12v3M21 12v2",
            Self::Teams => {
                "M9 5a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 9 5zM3 19c.6-3 3-4.6 6-4.6s5.4 1.6 6 4.6M16 5.4a3 3 0 0 1 0 5.6M17.5 14.6c2 .5 3.2 1.9 3.6 4.4"
            }
            Self::Audit => "M5 4h13v16H5zM8.5 8.5h6M8.5 12h6M8.5 15.5h3.5",
            Self::Search => "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.2 15.2 20.5 20.5",
            Self::Person => "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 20.5c.8-3.6 3.7-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
            Self::Help => {
                "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9.3a2.6 2.6 0 1 1 3.6 2.4c-.8.4-1.1.8-1.1 1.8M12 16.8v.1"
            }
            Self::Up => "M6 15l6-6 6 6",
            Self::Down => "M6 9l6 6 6-6",
        }
    }
}

/// A shape beside a word; never alone, so it says nothing to a screen reader.
#[component]
pub(crate) fn Icon(shape: IconShape) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=shape.path() />
        </svg>
    }
}
