use super::api::{EnvironmentWords, Field, PoliciesPageData, Verdict, policies};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    ui::{Erase, Notice, PageHead, Panel, Skeleton, StatusWord, TableScroll, Tone},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// `/policies`: the rules, and what they would say about the wish in the address.
#[component]
pub(crate) fn PoliciesPage() -> impl IntoView {
    let query = use_location().search;
    let data = Resource::new(move || query.get(), policies);
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the rules" /> }
        }>
            {move || Suspend::new(async move {
                match kept.settle(String::new(), data.await) {
                    Ok((data, trouble)) => {
                        view! {
                            <TroubleNotice trouble />
                            <PoliciesView data />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// The whole page.
#[component]
pub(crate) fn PoliciesView(data: PoliciesPageData) -> impl IntoView {
    let PoliciesPageData { sentence, problem, environments, fields, verdict } = data;
    let problem = problem.map(|problem| {
        view! {
            <Notice tone=Tone::Warn word="Old rules">
                {problem}
            </Notice>
        }
        .erased()
    });
    let environments: Vec<_> = environments.into_iter().map(environment).collect();
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    let verdict = verdict.map(|verdict| {
        let findings: Vec<_> = verdict.findings.iter().cloned().map(said).collect();
        view! { <ul class="verdict">{said(verdict)} {findings}</ul> }.erased()
    });
    view! {
        <PageHead title="Policies" sentence>
            "What may be asked for, what of it without asking anybody, and who has to agree to the rest"
        </PageHead>
        {problem}
        {environments}
        <Panel title="Try a wish" hint="nothing is asked for" flush=true>
            <form method="get" action=super::PATH class="line-form">
                {fields}
                <button type="submit" class="button primary">
                    "Try"
                </button>
            </form>
            {verdict}
        </Panel>
    }
    .erased()
}

fn environment(EnvironmentWords { title, hint, kinds, limits }: EnvironmentWords) -> AnyView {
    let rows = kinds.into_iter().map(|(kind, sentence)| {
        view! {
            <tr>
                <th scope="row">{kind}</th>
                <td class="wrap">{sentence}</td>
            </tr>
        }
        .erased()
    });
    let rows: Vec<_> = rows.collect();
    let limits = limits.into_iter().map(|(heading, lines)| {
        view! {
            <div>
                <h3>{heading}</h3>
                <p>{lines}</p>
            </div>
        }
        .erased()
    });
    let limits: Vec<_> = limits.collect();
    let label = format!("What may be asked for in {title}");
    view! {
        <Panel title=title hint=hint flush=true>
            <TableScroll label>
                <tbody>{rows}</tbody>
            </TableScroll>
            <div class="rules">{limits}</div>
        </Panel>
    }
    .erased()
}

fn field(Field { name, label, value, example, choices }: Field) -> AnyView {
    let is_long = name == "topic" || name == "config";
    let input = if choices.is_empty() {
        view! { <input type="text" name=name value=value placeholder=example autocomplete="off" maxlength="2000" /> }
            .erased()
    } else {
        let options = choices.into_iter().map(|(choice, words)| {
            let is_chosen = choice == value;
            view! {
                <option value=choice selected=is_chosen>
                    {words}
                </option>
            }
            .erased()
        });
        view! { <select name=name>{options.collect::<Vec<_>>()}</select> }.erased()
    };
    view! {
        <label class=is_long.then_some("grow")>
            <span>{label}</span>
            {input}
        </label>
    }
    .erased()
}

fn said(Verdict { status, word, sentence, rule, .. }: Verdict) -> AnyView {
    view! {
        <li>
            <StatusWord status word />
            " "
            {sentence}
            " "
            <code class="aside">{rule}</code>
        </li>
    }
    .erased()
}
