//! Rows of small squares: where things are, at a glance.

use leptos::prelude::*;

/// How a square is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Square {
    /// Filled with the accent.
    Dark,
    /// Filled lightly.
    Light,
    /// Only a line, in the colour of a warning.
    Outlined,
    /// Nothing here.
    None,
}

impl Square {
    fn class(self) -> &'static str {
        match self {
            Self::Dark => "square square-dark",
            Self::Light => "square square-light",
            Self::Outlined => "square square-outlined",
            Self::None => "square square-none",
        }
    }
}

/// One row: what it is, its squares, and the same in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SquareRow {
    /// What the row is about.
    pub(crate) label: String,
    /// A second word behind the label.
    pub(crate) hint: String,
    /// In order; wrapped after as many as fit.
    pub(crate) squares: Vec<Square>,
    /// For those who do not see squares.
    pub(crate) words: String,
}

/// Size of a square and the step to the next.
const SIDE: usize = 11;
const STEP: usize = 14;

/// Rows of squares, at most `columns` beside each other.
#[component]
pub(crate) fn Squares(rows: Vec<SquareRow>, columns: usize) -> impl IntoView {
    let longest = rows.iter().map(|row| row.squares.len()).max().unwrap_or_default();
    let columns = columns.min(longest).max(1);
    view! {
        <ul class="squares">
            {rows
                .into_iter()
                .map(|row| {
                    let lines = row.squares.len().div_ceil(columns).max(1);
                    let (width, height) = (columns * STEP, lines * STEP);
                    view! {
                        <li>
                            <span class="squares-label">{row.label} <small>{row.hint}</small></span>
                            <svg
                                role="img"
                                aria-label=row.words
                                viewBox=format!("0 0 {width} {height}")
                                width=width
                                height=height
                            >
                                {row
                                    .squares
                                    .into_iter()
                                    .enumerate()
                                    .map(|(index, square)| {
                                        view! {
                                            <rect
                                                class=square.class()
                                                x=index % columns * STEP + 1
                                                y=index / columns * STEP + 1
                                                width=SIDE
                                                height=SIDE
                                                rx="2.5"
                                            />
                                        }
                                    })
                                    .collect_view()}
                            </svg>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}
