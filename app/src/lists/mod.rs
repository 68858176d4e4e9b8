//! What lists have in common: which part of one stands in the address, heads of columns that sort, the way from page to page,
//! and the frame around what was found in all clusters. What is listed is the business of others.

mod address;
mod found;
mod head;
mod pager;

pub(crate) use address::{Filters, ListAddress, SortWords, given};
pub(crate) use found::{FoundCluster, FoundFrame, found_page};
pub(crate) use head::{Holds, head, heads};
pub(crate) use pager::{pager, past_the_end};
