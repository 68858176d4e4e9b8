use crate::runtime::EventRecorder;
use k8s_openapi::api::core::v1::ObjectReference;
use tokio::sync::mpsc;
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

/// Takes news at once and tells them one after the other: thousands of topics becoming ready must not wait for
/// thousands of Events.
#[derive(Clone)]
pub(crate) struct NewsDesk {
    sender: mpsc::UnboundedSender<News>,
}

impl NewsDesk {
    /// A desk, and the work of telling, which ends with `stop`.
    pub(crate) fn new(events: EventRecorder, stop: CancellationToken) -> (Self, impl Future<Output = ()>) {
        let (sender, mut receiver) = mpsc::unbounded_channel::<News>();
        let tell = async move {
            loop {
                let news = tokio::select! {
                    () = stop.cancelled() => return,
                    news = receiver.recv() => news,
                };
                let Some(News { about, tone, reason, action, note }) = news else { return };
                match tone {
                    Tone::Normal => events.normal(&about, reason, action, &note).await,
                    Tone::Warning => events.warning(&about, reason, action, &note).await,
                }
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
