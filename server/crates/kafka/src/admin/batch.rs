//! Many items in several requests: cut, sent, put together again.

use super::TopicPartition;
use crate::{ClientError, ErrorCode, KafkaError};
use futures::{StreamExt, stream};
use klamm_model::{PartitionId, TopicName};
use std::{collections::BTreeMap, future::Future};

/// Outcomes by item.
pub(super) type Outcomes<K, T> = BTreeMap<K, Result<T, KafkaError>>;

/// How many requests may be under way at once. Changes go one after the other: the controller has one hand.
#[derive(Clone, Copy)]
pub(super) enum Lanes {
    One,
    Four,
}

impl Lanes {
    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Four => 4,
        }
    }
}

/// Items cut so that the weights in each piece add up to at most `limit`; a heavier single item goes alone.
pub(super) fn cut<I>(items: Vec<I>, limit: usize, weight: impl Fn(&I) -> usize) -> Vec<Vec<I>> {
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    let mut load = 0;
    for item in items {
        let weight = weight(&item);
        if !piece.is_empty() && load + weight > limit {
            pieces.push(std::mem::take(&mut piece));
            load = 0;
        }
        load += weight;
        piece.push(item);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// What concerns partitions, by topic as requests have it.
pub(super) fn by_topic<T>(items: Vec<(TopicPartition, T)>) -> BTreeMap<TopicName, Vec<(PartitionId, T)>> {
    let mut topics: BTreeMap<TopicName, Vec<(PartitionId, T)>> = BTreeMap::new();
    for ((topic, partition), item) in items {
        topics.entry(topic).or_default().push((partition, item));
    }
    topics
}

/// Sends every piece and gathers the outcomes of all.
///
/// Only when every piece failed is that a failed call. Otherwise items of a failed piece say so themselves, so that what
/// did succeed is not lost: `NETWORK_EXCEPTION` with the reason. An item the broker left out of its answer is an error too.
pub(super) async fn gather<K, I, T, F>(
    pieces: Vec<Vec<I>>,
    lanes: Lanes,
    key: impl Fn(&I) -> K,
    send: impl Fn(usize, Vec<I>) -> F,
) -> Result<Outcomes<K, T>, ClientError>
where
    K: Ord + Clone,
    F: Future<Output = Result<Outcomes<K, T>, ClientError>>,
{
    let total = pieces.len();
    let mut answers = stream::iter(pieces.into_iter().enumerate().map(|(turn, piece)| {
        let keys: Vec<K> = piece.iter().map(&key).collect();
        let answer = send(turn, piece);
        async move { (keys, answer.await) }
    }))
    .buffer_unordered(lanes.count());
    let mut outcomes = BTreeMap::new();
    let mut failed = Vec::new();
    while let Some((keys, answer)) = answers.next().await {
        match answer {
            Ok(mut answer) => {
                for key in keys {
                    let outcome = answer.remove(&key).unwrap_or_else(|| Err(left_out()));
                    outcomes.insert(key, outcome);
                }
            }
            Err(error) => failed.push((keys, error)),
        }
    }
    if total > 0 && failed.len() == total {
        if let Some((_, error)) = failed.into_iter().next() {
            return Err(error);
        }
        return Ok(outcomes);
    }
    for (keys, error) in failed {
        let reason = error.explain();
        for key in keys {
            let error = KafkaError { code: ErrorCode::NetworkException, message: Some(reason.clone()) };
            outcomes.insert(key, Err(error));
        }
    }
    Ok(outcomes)
}

fn left_out() -> KafkaError {
    KafkaError {
        code: ErrorCode::UnknownServerError,
        message: Some("the broker's answer left this item out".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_respect_the_limit_and_lose_nothing() {
        let pieces = cut(vec![5, 5, 5, 20, 1, 1], 10, |weight| *weight);
        assert_eq!(pieces, vec![vec![5, 5], vec![5], vec![20], vec![1, 1]]);
        assert!(cut(Vec::<usize>::new(), 10, |w| *w).is_empty());
    }

    #[tokio::test]
    async fn one_failed_piece_does_not_lose_the_others() {
        let send = |turn, items: Vec<u8>| async move {
            if turn == 1 {
                return Err(ClientError::Disconnected { what: "Test" });
            }
            // The last item of every piece is left out by the "broker".
            Ok(items.iter().take(items.len() - 1).map(|i| (*i, Ok(()))).collect())
        };
        let outcomes = gather(vec![vec![1, 2], vec![3, 4]], Lanes::One, |i| *i, send).await.unwrap();
        assert!(outcomes[&1].is_ok());
        assert_eq!(outcomes[&2].as_ref().unwrap_err().code, ErrorCode::UnknownServerError);
        assert_eq!(outcomes[&3].as_ref().unwrap_err().code, ErrorCode::NetworkException);
        assert_eq!(outcomes.len(), 4);
    }

    #[tokio::test]
    async fn when_all_pieces_fail_the_call_fails() {
        let send = |_, _: Vec<u8>| async { Err::<Outcomes<u8, ()>, _>(ClientError::Closed) };
        assert!(matches!(gather(vec![vec![1]], Lanes::Four, |i| *i, send).await, Err(ClientError::Closed)));
        assert!(gather(vec![], Lanes::Four, |i: &u8| *i, send).await.unwrap().is_empty());
    }
}
