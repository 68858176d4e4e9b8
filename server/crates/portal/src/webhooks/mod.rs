//! Webhooks: programs elsewhere that want to be told when requests move. Who is told, where and of what stands in the
//! configuration and nowhere else: nobody of the portal makes Klamm talk to an address of their choice.
//!
//! The store notes every move of a request in the transaction that makes it. The [`Messenger`] makes each out for those who
//! want it ([`message`]), signs it by the Standard Webhooks specification ([`secret`]), sends it ([`send`]), and tries again
//! until it arrived or is not worth it ([`attempt`]). What was read from an address or a file of a webhook leaves this room
//! neither in a log nor in an error: they are secrets to many receivers.

mod attempt;
mod configured;
mod log;
mod message;
mod messenger;
mod secret;
mod send;
mod tally;

pub use configured::{InvalidWebhook, Told, Webhook};
pub use messenger::{Messenger, MessengerError};
pub use secret::SecretError;
pub use tally::{AttemptOutcome, WebhookCounts};

pub(crate) use tally::Tally;

use std::sync::OnceLock;

/// What the portal knows of webhooks.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    told: OnceLock<Told>,
    pub(crate) tally: Tally,
}

impl Webhooks {
    /// Those that are configured, in the order of the configuration.
    pub(crate) fn all(&self) -> &[Webhook] {
        self.told.get().map_or(&[], |told| told.webhooks.as_slice())
    }

    /// Where people find Klamm's pages, where that is known.
    pub(crate) fn site(&self) -> Option<&str> {
        self.told.get().and_then(|told| told.site.as_deref())
    }

    pub(crate) fn find(&self, name: &klamm_model::WebhookName) -> Option<&Webhook> {
        self.all().iter().find(|webhook| webhook.name == *name)
    }
}

impl crate::Portal {
    /// Says who is told of requests, once.
    pub fn tell(&self, told: Told) {
        // Whoever came first stays.
        drop(self.webhooks.told.set(told));
    }
}

#[cfg(test)]
mod tests;
