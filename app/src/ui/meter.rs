use leptos::prelude::*;

/// Width of the drawing; the stylesheet scales it.
const WIDTH: u32 = 100;

/// How full something is: a bar with its words beside it. The bar says nothing that the words do not.
#[component]
pub(crate) fn Meter(used: u64, total: u64, children: Children) -> impl IntoView {
    let share = percent(used, total);
    let class = match share {
        0..=79 => "meter",
        80..=89 => "meter meter-warn",
        _ => "meter meter-bad",
    };
    view! {
        <span class="meter-line">
            <svg class=class viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="meter-ground" width=WIDTH height="6" />
                <rect class="meter-fill" width=share height="6" />
            </svg>
            <span>{children()}</span>
        </span>
    }
}

/// Whole percent, rounded down, at least 1 for anything and at most 100.
fn percent(used: u64, total: u64) -> u32 {
    if used == 0 {
        return 0;
    }
    let share = u128::from(used) * 100 / u128::from(total.max(1));
    u32::try_from(share).unwrap_or(WIDTH).clamp(1, WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_between_nothing_and_all() {
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(1, 1_000_000), 1);
        assert_eq!(percent(50, 100), 50);
        assert_eq!(percent(7, 0), 100);
        assert_eq!(percent(u64::MAX, 1), 100);
    }
}
