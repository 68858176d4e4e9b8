//! Large answers that stay the same while nothing breaks or heals are written once.

use super::{
    faults::{Condition, Fault},
    wire::Heard,
};
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

/// The two of them that take longest to write.
const LARGE: &[ApiKey] = &[ApiKey::Metadata, ApiKey::DescribeConfigs];
/// More than a look at everything has different questions.
const MOST: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    /// What was broken when they were written, and how much had been changed.
    faults: BTreeSet<Fault>,
    changes: u64,
    frames: HashMap<(i32, Bytes), Bytes>,
}

impl Remembered {
    /// What this broker answered before, or what `write` writes.
    pub(super) fn frame(
        &self,
        broker: i32,
        heard: &Heard,
        condition: &Condition,
        write: impl FnOnce() -> anyhow::Result<Bytes>,
    ) -> anyhow::Result<Bytes> {
        if !LARGE.contains(&heard.key) {
            return write();
        }
        let question = (broker, heard.without_correlation());
        if let Some(frame) = self.with(condition, |answers| answers.frames.get(&question).cloned()) {
            // The correlation id comes first and is the only thing that differs.
            let mut own = BytesMut::with_capacity(frame.len());
            own.put_i32(heard.correlation());
            own.put_slice(&frame[4..]);
            return Ok(own.freeze());
        }
        let frame = write()?;
        self.with(condition, |answers| answers.frames.insert(question, frame.clone()));
        Ok(frame)
    }

    fn with<T>(&self, condition: &Condition, act: impl FnOnce(&mut Answers) -> T) -> T {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, changes) = (&condition.faults, condition.changed.count);
        if answers.faults != *faults || answers.changes != changes || answers.frames.len() > MOST {
            *answers = Answers { faults: faults.clone(), changes, frames: HashMap::new() };
        }
        act(&mut answers)
    }
}
