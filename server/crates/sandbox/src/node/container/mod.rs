//! One container: what it sees and how it runs. What a pod does with its containers is decided elsewhere.

pub(super) mod env;
pub(super) mod exec;
pub(super) mod expand;
pub(super) mod field;
pub(super) mod launch;
pub(super) mod logs;
pub(super) mod root;
pub(super) mod sandbox;
