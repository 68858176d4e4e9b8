use super::together;
use crate::runtime::EventRecorder;
use k8s_openapi::api::core::v1::ObjectReference;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Something people would ask about later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct News {
    pub(crate) about: ObjectReference,
    pub(crate) tone: Tone,
    pub(crate) reason: &'static str,
    pub(crate) action: &'static str,
    pub(crate) note: String,
}

/// Whether somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Normal,
    Warning,
}

/// So many are told at the same time: few enough that thousands of Events leave the API server room for what matters.
const TELLING: usize = 3;
/// So many are looked at together, so that what repeats itself is told once.
const BACKLOG: usize = 5000;
/// From so many on, good news wait until it is calm: no further news for this long,
const CROWD: usize = 16;
const CALM: Duration = Duration::from_secs(3);
/// and no longer than this.
const LONGEST: Duration = Duration::from_secs(30);

/// Takes news at once and tells them when there is time: thousands of topics becoming ready must not wait for thousands of
/// Events.
#[derive(Clone)]
pub(crate) struct NewsDesk {
    sender: mpsc::UnboundedSender<News>,
}

impl NewsDesk {
    /// A desk, and the work of telling, which ends with `stop`.
    pub(crate) fn new(events: EventRecorder, stop: CancellationToken) -> (Self, impl Future<Output = ()>) {
        let (sender, mut receiver) = mpsc::unbounded_channel::<News>();
        let tell = async move {
            let all = async {
                loop {
                    let mut backlog = Vec::new();
                    if receiver.recv_many(&mut backlog, BACKLOG).await == 0 {
                        return;
                    }
                    let end = Instant::now() + LONGEST;
                    while (CROWD..BACKLOG).contains(&backlog.len()) && Instant::now() < end {
                        // What somebody should look at waits for nobody.
                        let warnings: Vec<_> = backlog.extract_if(.., |news| news.tone == Tone::Warning).collect();
                        tell_all(&events, &warnings).await;
                        let room = BACKLOG - backlog.len();
                        match timeout(CALM, receiver.recv_many(&mut backlog, room)).await {
                            Ok(more) if more > 0 => {}
                            Ok(_) | Err(_) => break,
                        }
                    }
                    tell_all(&events, &backlog).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = all => {}
            }
        };
        (Self { sender }, tell)
    }

    /// Takes news to be told.
    pub(crate) fn take(&self, news: impl IntoIterator<Item = News>) {
        for news in news {
            // Nobody listens any more only when the room is being left.
            let _ = self.sender.send(news);
        }
    }
}

async fn tell_all(events: &EventRecorder, news: &[News]) {
    together(TELLING, latest(news).into_iter().map(|news| tell(events, news))).await;
}

async fn tell(events: &EventRecorder, News { about, tone, reason, action, note }: News) {
    match tone {
        Tone::Normal => events.normal(&about, reason, action, &note).await,
        Tone::Warning => events.warning(&about, reason, action, &note).await,
    }
}

/// Of what was said about an object for the same reason while nobody had time, only the last word counts.
fn latest(backlog: &[News]) -> Vec<News> {
    let mut last: BTreeMap<_, usize> = BTreeMap::new();
    for (at, news) in backlog.iter().enumerate() {
        last.insert((news.about.uid.clone(), news.about.name.clone(), news.reason), at);
    }
    let counts =
        |at: usize, news: &News| last.get(&(news.about.uid.clone(), news.about.name.clone(), news.reason)) == Some(&at);
    backlog.iter().enumerate().filter(|(at, news)| counts(*at, news)).map(|(_, news)| news.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_load_only_the_last_word_about_an_object_and_a_reason_is_told() {
        let news = |uid: &str, reason, note: &str| News {
            about: ObjectReference { uid: Some(uid.to_owned()), ..ObjectReference::default() },
            tone: Tone::Normal,
            reason,
            action: "Change",
            note: note.to_owned(),
        };
        let told = latest(&[
            news("a", "Changed", "first"),
            news("a", "Created", "made"),
            news("b", "Changed", "other"),
            news("a", "Changed", "second"),
        ]);
        let notes: Vec<_> = told.iter().map(|news| news.note.as_str()).collect();
        assert_eq!(notes, ["made", "other", "second"]);
    }
}
