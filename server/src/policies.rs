//! The file with the rules: read at the start, and again whenever it says something else.

use klamm_portal::{Portal, Taken};
use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How often the file is looked at. A ConfigMap that is mounted changes without a sign that could be waited for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Far more than anybody writes; a file that grew by mistake is not read whole.
const LARGEST: u64 = 1 << 20;

/// Keeps the rules of the portal as the file has them, until `stop`.
pub(crate) async fn follow(file: PathBuf, portal: Arc<Portal>, stop: CancellationToken) -> Result<(), Infallible> {
    let mut before = None;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = looks.tick() => {}
        }
        let now = read(&file).await;
        if before.as_ref() == Some(&now) {
            continue;
        }
        match portal.take_policies(now.as_deref().map_err(Clone::clone)) {
            Taken::Counted => tracing::info!(file = %file.display(), "the rules count from now on"),
            Taken::Refused(why) => {
                tracing::warn!(file = %file.display(), why, "these rules do not count, the ones before still do");
            }
        }
        before = Some(now);
    }
}

async fn read(file: &Path) -> Result<String, String> {
    let attempt = async {
        if tokio::fs::metadata(file).await?.len() > LARGEST {
            return Err(std::io::Error::other("it is larger than a megabyte"));
        }
        tokio::fs::read_to_string(file).await
    };
    attempt.await.map_err(|error| format!("the file {} cannot be read: {error}", file.display()))
}
