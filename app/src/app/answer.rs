//! What a page does with an answer, or with none.

use crate::{
    AppError,
    session::sign_in_again,
    ui::{Erase, Notice, PageHead, Tone},
};
use klamm_model::ProblemKind;
use leptos::prelude::*;

/// The last good answer of a page, shown on while the server has nothing better to say.
pub(crate) struct Kept<K: 'static, T: 'static>(StoredValue<Option<(K, T)>>);

impl<K, T> Clone for Kept<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T> Copy for Kept<K, T> {}

impl<K, T> Kept<K, T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// What to show for `key`: the answer, or the last good one with the trouble that keeps it from being newer.
    pub(crate) fn settle(self, key: K, answer: Result<T, AppError>) -> Result<(T, Option<AppError>), AppError> {
        match answer {
            Ok(value) => {
                self.0.set_value(Some((key, value.clone())));
                Ok((value, None))
            }
            Err(error) => {
                let last = self
                    .0
                    .with_value(|last| last.as_ref().filter(|(of, _)| *of == key).map(|(_, value)| value.clone()));
                let still_best = error.is_passing() || error.0.kind == ProblemKind::Unauthenticated;
                match last {
                    Some(value) if still_best => Ok((value, Some(error))),
                    Some(_) | None => Err(error),
                }
            }
        }
    }
}

/// Says why a page shows an older answer.
#[component]
pub(crate) fn TroubleNotice(trouble: Option<AppError>) -> impl IntoView {
    // A session that has ended is told by the frame already.
    trouble.filter(|error| error.0.kind != ProblemKind::Unauthenticated).map(|error| {
        view! {
            <Notice tone=Tone::Warn word="Not up to date">
                {error.0.detail}
            </Notice>
        }
    })
}

/// The page in place of one that could not be made. Sets the status of the response.
pub(crate) fn problem_page(error: &AppError) -> impl IntoView + use<> {
    #[cfg(feature = "ssr")]
    crate::door::answer_status(error.0.kind.status());
    let kind = error.0.kind;
    let way_on = match kind {
        ProblemKind::Unauthenticated | ProblemKind::WrongCredentials => sign_in_again().erased(),
        ProblemKind::Unavailable
        | ProblemKind::Internal
        | ProblemKind::TooManyAttempts
        | ProblemKind::Conflict
        | ProblemKind::Gone => view! {
            <a href="" rel="external">
                "Try again"
            </a>
        }
        .erased(),
        // Something behind the question mark, such as a place in a list that nobody was ever sent to.
        ProblemKind::Invalid => view! {
            <a href="?" rel="external">
                "This page from its beginning"
            </a>
        }
        .erased(),
        ProblemKind::Forbidden
        | ProblemKind::ForeignOrigin
        | ProblemKind::NotFound
        | ProblemKind::MethodNotAllowed
        | ProblemKind::TooLarge => view! { <a href="/clusters">"All clusters"</a> }.erased(),
    };
    let detail = error.0.detail.clone();
    view! {
        <PageHead title=kind.title() sentence=kind.title()>
            {detail}
        </PageHead>
        <p>{way_on}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_failure_keeps_the_last_good_answer_of_the_same_thing_only() {
        let owner = Owner::new();
        owner.with(|| {
            let kept = Kept::new();
            let down = || Err(AppError::new(ProblemKind::Unavailable, "down"));
            assert!(kept.settle("a", down()).is_err());
            assert_eq!(kept.settle("a", Ok(1)).unwrap(), (1, None));
            assert_eq!(kept.settle("a", down()).unwrap().0, 1);
            assert!(kept.settle("b", down()).is_err());
            let gone: Result<i32, _> = Err(AppError::new(ProblemKind::NotFound, "gone"));
            assert!(kept.settle("a", gone).is_err());
        });
    }
}
