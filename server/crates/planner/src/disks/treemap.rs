//! Rectangles as large as what they stand for, as near to squares as they can be (Bruls, Huizing and van Wijk, 2000).

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

/// A rectangle for each of these sizes, the largest first, which fill the whole together. What is not above zero gets none of it.
pub fn treemap(sizes: &[f64], whole: Rect) -> Vec<Rect> {
    let total: f64 = sizes.iter().copied().filter(|size| *size > 0.0 && size.is_finite()).sum();
    let mut rects = vec![Rect::default(); sizes.len()];
    if total <= 0.0 || whole.width <= 0.0 || whole.height <= 0.0 {
        return rects;
    }
    let scale = whole.width * whole.height / total;
    let areas: Vec<(usize, f64)> = sizes
        .iter()
        .enumerate()
        .filter(|(_, size)| **size > 0.0 && size.is_finite())
        .map(|(place, size)| (place, size * scale))
        .collect();
    let (mut free, mut rest) = (whole, areas.as_slice());
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let count = best_row(rest, side);
        let (row, after) = rest.split_at(count);
        free = put(row, free, &mut rects);
        rest = after;
    }
    rects
}

/// How many of the first ones stand beside each other: as long as the worst of them becomes more like a square by that.
fn best_row(areas: &[(usize, f64)], side: f64) -> usize {
    let (mut sum, mut least, mut most) = (0.0, f64::MAX, 0.0_f64);
    let mut worst = f64::MAX;
    for (count, (_, area)) in areas.iter().enumerate() {
        sum += area;
        least = least.min(*area);
        most = most.max(*area);
        let ratio = (side * side * most / (sum * sum)).max(sum * sum / (side * side * least));
        if ratio > worst {
            return count;
        }
        worst = ratio;
    }
    areas.len()
}

/// Puts a row along the shorter side, and says what is left.
fn put(row: &[(usize, f64)], free: Rect, rects: &mut [Rect]) -> Rect {
    let sum: f64 = row.iter().map(|(_, area)| area).sum();
    let is_upright = free.width >= free.height;
    let side = if is_upright { free.height } else { free.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for (place, area) in row {
        let length = if sum > 0.0 { side * area / sum } else { 0.0 };
        let rect = if is_upright {
            Rect { x: free.x, y: free.y + along, width: depth, height: length }
        } else {
            Rect { x: free.x + along, y: free.y, width: length, height: depth }
        };
        if let Some(slot) = rects.get_mut(*place) {
            *slot = rect;
        }
        along += length;
    }
    if is_upright {
        Rect { x: free.x + depth, width: (free.width - depth).max(0.0), ..free }
    } else {
        Rect { y: free.y + depth, height: (free.height - depth).max(0.0), ..free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: Rect = Rect { x: 0.0, y: 0.0, width: 800.0, height: 400.0 };

    #[test]
    fn equal_sizes_are_squares_where_they_can_be() {
        let rects = treemap(&[1.0; 8], WHOLE);
        assert!(rects.iter().all(|rect| (rect.width - 200.0).abs() < 1e-6 && (rect.height - 200.0).abs() < 1e-6));
    }

    #[test]
    fn nothing_has_no_room() {
        assert!(treemap(&[], WHOLE).is_empty());
        assert_eq!(treemap(&[0.0, -1.0, f64::NAN], WHOLE), [Rect::default(); 3]);
        assert_eq!(treemap(&[1.0], Rect::default()), [Rect::default()]);
        let some = treemap(&[0.0, 5.0], WHOLE);
        assert_eq!((some[0], some[1]), (Rect::default(), WHOLE));
    }

    proptest! {
        /// They are as large as they should be, inside, and never on top of each other.
        #[test]
        fn rectangles_fill_the_whole_without_touching(mut sizes in proptest::collection::vec(0.01..1000.0_f64, 1..60)) {
            sizes.sort_by(|a, b| b.total_cmp(a));
            let rects = treemap(&sizes, WHOLE);
            let total: f64 = sizes.iter().sum();
            let area = WHOLE.width * WHOLE.height;
            for (rect, size) in rects.iter().zip(&sizes) {
                prop_assert!((rect.width * rect.height / area - size / total).abs() < 1e-6);
                prop_assert!(rect.x > -1e-6 && rect.y > -1e-6);
                prop_assert!(rect.x + rect.width < WHOLE.width + 1e-6 && rect.y + rect.height < WHOLE.height + 1e-6);
            }
            for (place, a) in rects.iter().enumerate() {
                for b in &rects[place + 1..] {
                    let wide = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
                    let high = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
                    prop_assert!(wide < 1e-6 || high < 1e-6, "{a:?} and {b:?}");
                }
            }
        }
    }
}
