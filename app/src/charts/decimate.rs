//! What of very many points is drawn. Pure.

/// Points that follow each other without a gap.
pub(super) type Run<T> = Vec<(i64, T)>;

/// Points without the gaps between them. `bridged` points without a value make no gap yet: what is looked at every quarter of a
/// minute or so misses a quarter now and then.
pub(super) fn runs<T: Copy>(points: impl IntoIterator<Item = (i64, Option<T>)>, bridged: usize) -> Vec<Run<T>> {
    let mut runs: Vec<Run<T>> = Vec::new();
    let mut missing = usize::MAX;
    for (at, value) in points {
        let Some(value) = value else {
            missing = missing.saturating_add(1);
            continue;
        };
        match runs.last_mut() {
            Some(run) if missing <= bridged => run.push((at, value)),
            Some(_) | None => runs.push(vec![(at, value)]),
        }
        missing = 0;
    }
    runs
}

/// Of each column its least and its most, in their order, and of the run its ends.
pub(super) fn decimated<T: Copy>(run: &[(i64, T)], column: impl Fn(i64) -> i64, value: impl Fn(&T) -> f64) -> Run<T> {
    let mut kept = Vec::new();
    let mut begins = 0;
    for of_column in run.chunk_by(|(a, _), (b, _)| column(*a) == column(*b)) {
        let order = |a: &usize, b: &usize| {
            let of = |at: &usize| of_column.get(*at).map_or(0.0, |(_, one)| value(one));
            of(a).total_cmp(&of(b))
        };
        let lowest = (0..of_column.len()).min_by(|a, b| order(a, b)).unwrap_or_default();
        let highest = (0..of_column.len()).max_by(|a, b| order(a, b)).unwrap_or_default();
        let beginning = (begins == 0).then_some(0);
        begins += of_column.len();
        let end = (begins == run.len()).then(|| of_column.len() - 1);
        let mut places: Vec<usize> = [Some(lowest), Some(highest), beginning, end].into_iter().flatten().collect();
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().filter_map(|at| of_column.get(at).copied()));
    }
    kept
}
