//! Views made from the inventory: pure functions, no clock, no authorisation but the names of allowed actions.

pub(crate) mod access;
pub(crate) mod broker;
pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod group;
pub(crate) mod loss;
pub(crate) mod manifest;
mod meaning;
pub(crate) mod pace;
pub(crate) mod paging;
pub(crate) mod placement;
pub(crate) mod policy;
pub(crate) mod readers;
mod rights;
pub(crate) mod search;
mod state;
pub(crate) mod tenants;
pub(crate) mod topic;
pub(crate) mod topic_page;

use klamm_model::Page;

pub(crate) fn map_page<T, U>(page: Page<T>, convert: impl FnMut(T) -> U) -> Page<U> {
    Page { items: page.items.into_iter().map(convert).collect(), total: page.total, next_cursor: page.next_cursor }
}

/// A length as the views carry it; nothing here comes near the limit.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
