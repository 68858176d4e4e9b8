//! Names of topics, each kept once however many brokers tell of it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The names that are in use.
#[derive(Debug, Default)]
pub(crate) struct SharedNames(Mutex<HashSet<Arc<str>>>);

impl SharedNames {
    /// The one copy of this name.
    pub(super) fn shared(&self, name: &str) -> Arc<str> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        names.insert(Arc::clone(&name));
        name
    }

    /// Forgets those that nobody else has.
    pub(crate) fn forget_unused(&self) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.retain(|name| Arc::strong_count(name) > 1);
        if names.capacity() > 4 * names.len() {
            names.shrink_to_fit();
        }
    }
}
