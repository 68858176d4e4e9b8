use std::{collections::BTreeSet, fmt::Debug, future::Future, time::Duration};

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

/// How long the whole of something may take, as a multiple of how long it may make no progress: what goes round and round ends, too.
const AT_MOST: u32 = 8;

/// Something that is not as it is wanted yet, and how far it is.
#[derive(Debug)]
pub struct NotYet<P> {
    /// How far it is. What has not been seen before is progress, whatever it is; none where that could not be seen.
    pub progress: Option<P>,
    /// What was seen, in words.
    pub seen: anyhow::Error,
}

impl<P> From<anyhow::Error> for NotYet<P> {
    fn from(seen: anyhow::Error) -> Self {
        Self { progress: None, seen }
    }
}

/// Looks until `look` answers with a state. What goes on may go on, however slow the machine is: time is up when nothing new was
/// seen for as long as `quiet`, or after eight times that in all. The error carries what was seen last.
pub async fn while_it_goes_on<T, P, F, Fut>(what: &str, quiet: Duration, mut look: F) -> Waited<T>
where
    P: Ord,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, NotYet<P>>>,
{
    let began = Instant::now();
    let mut since = began;
    let mut seen = BTreeSet::new();
    loop {
        let NotYet { progress, seen: last } = match look().await {
            Ok(found) => return Ok(found),
            Err(not_yet) => not_yet,
        };
        let now = Instant::now();
        // Only what is new: two states in turn are no progress.
        if progress.is_some_and(|progress| seen.insert(progress)) {
            since = now;
        }
        if now - since >= quiet || now - began >= quiet * AT_MOST {
            let (all, without) = ((now - began).as_secs(), (now - since).as_secs());
            return Err(
                last.context(format!("waited {all} s for {what}, the last {without} s of them without progress"))
            );
        }
        sleep_until(now + LOOK_EVERY).await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const QUIET: Duration = Duration::from_secs(1);
    /// So many looks take far longer than it may be quiet.
    const MANY: u32 = 14;

    /// Waits for something that is `far(n)` at the n-th look, and answers at which look it ended and with what.
    async fn waited(far: impl Fn(u32) -> Option<u32>, there_at: u32) -> (u32, Waited<()>) {
        let looks = Cell::new(0);
        let outcome = while_it_goes_on("it", QUIET, || async {
            looks.set(looks.get() + 1);
            let look = looks.get();
            if look >= there_at {
                return Ok(());
            }
            Err(NotYet { progress: far(look), seen: anyhow::anyhow!("look {look}") })
        })
        .await;
        (looks.get(), outcome)
    }

    #[tokio::test]
    async fn what_goes_on_may_take_longer_than_what_stands_still() {
        let (looks, outcome) = waited(Some, MANY).await;
        outcome.unwrap();
        assert_eq!(looks, MANY);
        let (looks, outcome) = waited(|_| Some(1), MANY).await;
        let said = format!("{:#}", outcome.unwrap_err());
        assert!(looks < MANY && said.contains("without progress") && said.contains("look "), "{looks}: {said}");
    }

    #[tokio::test]
    async fn two_states_in_turn_and_nothing_at_all_are_no_progress() {
        let in_vain: [fn(u32) -> Option<u32>; 2] = [|look| Some(look % 2), |_| None];
        for far in in_vain {
            let (looks, outcome) = waited(far, MANY).await;
            outcome.unwrap_err();
            assert!(looks < MANY, "{looks}");
        }
    }
}
