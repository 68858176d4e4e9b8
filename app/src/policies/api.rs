//! What the page of rules tells, in words. Nothing is asked for, even where a wish is tried.

use super::words::{self, TriedWish};
use crate::{AppError, door, sheet::Drawn, ui::Status};

/// The rules, and what they say about the wish that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoliciesPageData {
    /// The headline.
    pub(crate) sentence: String,
    /// Why newer rules do not count.
    pub(crate) problem: Option<String>,
    /// By name.
    pub(crate) environments: Vec<EnvironmentWords>,
    /// The form, with what was typed into it.
    pub(crate) fields: Vec<Field>,
    /// What would become of that; none before anything was tried.
    pub(crate) verdict: Option<Verdict>,
}

/// The rules of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvironmentWords {
    /// `prod`
    pub(crate) title: String,
    /// `kafka/prod, kafka/eu`
    pub(crate) hint: String,
    /// What may be asked for, and how it is decided.
    pub(crate) kinds: Vec<(String, String)>,
    /// What holds for topics and teams: headings, each with a rule a line below it.
    pub(crate) limits: Vec<(String, String)>,
}

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// How the address calls it.
    pub(crate) name: String,
    /// What stands above it.
    pub(crate) label: String,
    /// What stands in it.
    pub(crate) value: String,
    /// An example, where anything can be typed.
    pub(crate) example: String,
    /// Values and their words, where one of them is chosen.
    pub(crate) choices: Vec<(String, String)>,
}

/// What would become of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How it is.
    pub(crate) status: Status,
    /// The same in a word.
    pub(crate) word: String,
    /// In a sentence.
    pub(crate) sentence: String,
    /// Where it is written; empty for the verdict as a whole.
    pub(crate) rule: String,
    /// What each rule says.
    pub(crate) findings: Vec<Verdict>,
}

/// The rules, and what they say about the wish in the query of the page.
pub(crate) async fn policies(query: &str) -> Result<Drawn, AppError> {
    let (portal, actor) = door::asking()?;
    let rules = portal.policies(&actor).map_err(door::refuse)?;
    let clusters = portal.clusters(&actor).map_err(door::refuse)?;
    let tried = TriedWish::of(query);
    let verdict = match words::wish(&tried) {
        None => None,
        Some(Err(why)) => Some(words::not_valid(why)),
        Some(Ok(wish)) => Some(match portal.try_wish(&actor, &wish).await {
            Ok(verdict) => words::verdict(verdict, portal.now()),
            Err(problem) => words::not_valid(problem.detail),
        }),
    };
    let own_team = actor.teams.first().map(ToString::to_string).unwrap_or_default();
    let page = words::page(rules, &words::clusters_of(&clusters), &own_team, tried, verdict, portal.now());
    Ok(super::page::drawn(page))
}
