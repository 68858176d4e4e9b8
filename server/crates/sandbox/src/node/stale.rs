//! What a killed run left behind.

use std::path::Path;

use crate::process::ProcessRecords;

use super::layout;

/// Ends the containers that a killed run left behind. They die with their parent, so this finds only what slipped
/// through between being started and being tied to it.
pub fn end_stale(state_dir: &Path) {
    let folder = layout::process_records(state_dir);
    if !folder.exists() {
        return;
    }
    match ProcessRecords::open(&folder).and_then(|records| records.end_all()) {
        Ok(ended) => {
            for record in ended {
                tracing::info!(process = %record.name, pid = record.process.pid, "ended a container of an earlier run");
            }
        }
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "containers of an earlier run may still be there");
        }
    }
}
