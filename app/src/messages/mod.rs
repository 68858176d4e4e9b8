//! A look at the messages of a topic, said on the server. What was found and what was looked for stand in the answer to the form and
//! nowhere else: not in addresses, not in the browser's history, not in anything that is kept here.

mod form;
mod page;
mod words;

pub use form::{PeekForm, peek_asked};
pub(crate) use page::page;

use klamm_model::MessagesView;
use std::sync::Arc;

/// What the form has just found, or why nothing, in the context of the one page that shows it.
#[derive(Clone, Debug)]
pub struct Peeked {
    /// The form as it was filled in.
    pub filled: PeekForm,
    /// What came of it.
    pub answer: Arc<Result<MessagesView, String>>,
}
