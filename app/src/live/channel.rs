//! What pages of one browser tell each other about the stream.

use klamm_model::SectionRevision;
use std::fmt::Write;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

const NAME: &str = "klamm-events";

/// A word from page to page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A page was opened or is looked at again: who reads the stream, say all you know.
    WhatIsNew,
    /// What the stream said.
    News(SectionRevision),
    /// The stream is open.
    Following,
    /// It is not, and will be tried again.
    Reconnecting,
    /// The session has ended.
    SignedOut,
}

impl Word {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "?" => Some(Self::WhatIsNew),
            "following" => Some(Self::Following),
            "reconnecting" => Some(Self::Reconnecting),
            "signed-out" => Some(Self::SignedOut),
            news => serde_json::from_str(news).ok().map(Self::News),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail, and a revision is always JSON.
        let _ = match self {
            Self::WhatIsNew => write!(text, "?"),
            Self::Following => write!(text, "following"),
            Self::Reconnecting => write!(text, "reconnecting"),
            Self::SignedOut => write!(text, "signed-out"),
            Self::News(news) => write!(text, "{}", serde_json::to_string(news).unwrap_or_default()),
        };
        text
    }
}

/// The channel, open until dropped.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Channel {
    /// Opens it; `hear` gets what other pages say, never what this one says.
    pub(super) fn open(hear: impl Fn(Word) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            if let Some(word) = message.data().as_string().as_deref().and_then(Word::parse) {
                hear(word);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { channel, _on_message: on_message })
    }

    pub(super) fn say(&self, word: &Word) {
        // A page that is being closed cannot speak any more.
        drop(self.channel.post_message(&word.text().into()));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
