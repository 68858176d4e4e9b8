use std::{fmt::Debug, future::Future, time::Duration};

use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until};

/// What came of waiting: the state, or the last thing seen when time was up.
pub type Waited<T> = Result<T, anyhow::Error>;

/// How often a state is looked at when nothing announces its changes.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// Looks until `look` answers with a state, at most until `deadline` from now; the error carries what was seen last.
pub async fn eventually<T, F, Fut>(what: &str, deadline: Duration, mut look: F) -> Waited<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, anyhow::Error>>,
{
    let end = Instant::now() + deadline;
    loop {
        let last = match look().await {
            Ok(found) => return Ok(found),
            Err(not_yet) => not_yet,
        };
        if Instant::now() >= end {
            return Err(last.context(format!("waited {} s for {what}", deadline.as_secs())));
        }
        sleep_until(Instant::now() + LOOK_EVERY).await;
    }
}

/// Waits until the object exists and satisfies `wanted`; the error shows the object as it was last seen.
pub async fn wait_for_object<K>(api: &Api<K>, name: &str, deadline: Duration, wanted: impl Fn(&K) -> bool) -> Waited<K>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    K::DynamicType: Default,
{
    eventually(&format!("{name} to be as wanted"), deadline, || async {
        let seen = api.get_opt(name).await?.ok_or_else(|| anyhow::anyhow!("{name} does not exist"))?;
        if wanted(&seen) { Ok(seen) } else { Err(anyhow::anyhow!("last seen: {seen:#?}")) }
    })
    .await
}
