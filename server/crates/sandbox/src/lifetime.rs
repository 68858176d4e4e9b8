//! How long a sandbox stays when nobody ends it.

use std::io::{self, Read};
use std::thread;

use tokio_util::sync::CancellationToken;

/// How long a sandbox stays when nobody ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until somebody ends it.
    UntilEnded,
    /// Until standard input closes: whoever holds the other end of the pipe, a test for example, takes it along however it ends.
    WhileStdinIsOpen,
}

/// Cancels `shutdown` when the lifetime is over.
pub(crate) fn watch(lifetime: Lifetime, shutdown: CancellationToken) {
    match lifetime {
        Lifetime::UntilEnded => {}
        // A thread of its own, not the runtime's: nothing can interrupt the read, and the runtime would wait for its own.
        Lifetime::WhileStdinIsOpen => {
            let reading = thread::Builder::new().name("stdin".to_owned()).spawn(move || {
                drain(io::stdin().lock());
                shutdown.cancel();
            });
            if let Err(error) = reading {
                tracing::error!(%error, "cannot watch standard input; the sandbox stays until it is ended");
            }
        }
    }
}

/// Reads until the end, or until there is nothing to read from.
fn drain(mut input: impl Read) {
    let mut ignored = [0; 64];
    loop {
        match input.read(&mut ignored) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_said_is_ignored_and_the_end_is_seen() {
        let (reader, mut writer) = io::pipe().unwrap();
        let reading = thread::spawn(move || drain(reader));
        // More than fits into a pipe: this returns only because somebody reads on after the first answer.
        writer.write_all(&vec![b'x'; 1 << 20]).unwrap();
        drop(writer);
        reading.join().unwrap();
    }
}
