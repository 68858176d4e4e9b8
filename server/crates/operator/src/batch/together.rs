use futures::{StreamExt, stream};

/// Does all this, at most so much of it at once. Results come in the order in which they are ready.
pub(crate) async fn together<F: Future>(most: usize, work: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    // Collected first: a stream that maps lazily is not `Send` for all lifetimes, which tasks have to be.
    let work: Vec<F> = work.into_iter().collect();
    stream::iter(work).buffer_unordered(most).collect().await
}
