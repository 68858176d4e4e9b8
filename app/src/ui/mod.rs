//! The kit that pages are made of: frame, tables, badges, tiles, notices, numbers, times, icons.
//!
//! No noun of the domain may enter: nothing here knows what a cluster or a topic is. Colours and sizes live in the
//! stylesheet; what depends on data is drawn with SVG attributes, because the policy of the pages allows no inline styles.

mod browser;
#[cfg(feature = "hydrate")]
mod chart;
mod clock;
mod copy;
mod erased;
mod fields;
mod figures;
mod filters;
mod frame;
mod help;
mod href;
mod icon;
#[cfg(feature = "ssr")]
mod meter;
mod notice;
mod page;
mod squares;
mod status;
mod table;
mod text;
mod theme;

pub(crate) use browser::{copy_beside, forget_form, page_is_visible, typed_form};
#[cfg(feature = "hydrate")]
pub(crate) use browser::{mark_hydrated, on_visibility_change};
#[cfg(feature = "hydrate")]
pub(crate) use chart::follow_charts;
pub(crate) use clock::{Ago, When, provide_clock};
#[cfg(feature = "ssr")]
pub(crate) use clock::{moment, precise, utc};
pub(crate) use copy::{CopyButton, provide_clipboard};
pub(crate) use erased::Erase;
pub(crate) use fields::Touched;
pub(crate) use figures::{ByteRate, Bytes, Count, Rate, Tile, Tiles, Unknown};
pub(crate) use filters::{filter_chips, kept_fields, search_field};
pub(crate) use frame::{Crumb, Frame, Logo, NavEntry, SearchTarget};
pub(crate) use href::{Query, decode, encode};
pub(crate) use icon::{Icon, IconShape};
#[cfg(feature = "ssr")]
pub(crate) use meter::Meter;
pub(crate) use notice::{Empty, Notice, Tone};
pub(crate) use page::{Chip, PageHead, Panel, Skeleton, Tab, Tabs};
pub(crate) use squares::{Square, SquareRow, Squares};
pub(crate) use status::{Status, StatusWord};
pub(crate) use table::{Pager, SortLink, SortWay, TableScroll, position, sort_links};
pub(crate) use text::{harmless, printable};
#[cfg(feature = "ssr")]
pub(crate) use theme::ThemeChoice;
pub(crate) use theme::{ThemeSwitch, provide_theme};
