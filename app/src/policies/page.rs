//! The page of rules, drawn.

use super::api::{EnvironmentWords, Field, PoliciesPageData, Verdict};
use crate::{
    sheet::{Drawn, Following},
    ui::{Erase, Notice, Panel, StatusWord, TableScroll, Tone},
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// The whole page. What would become of a wish is a piece of its own: the form stays as it is while somebody fills it in.
pub(crate) fn drawn(data: PoliciesPageData) -> Drawn {
    let PoliciesPageData { sentence, problem, environments, fields, verdict } = data;
    let problem = problem.map(|problem| {
        view! {
            <Notice tone=Tone::Warn word="Old rules">
                {problem}
            </Notice>
        }
        .to_html()
    });
    let fields: Vec<_> = fields.into_iter().map(field).collect();
    let form = view! {
        <Panel title="Try a wish" hint="nothing is asked for" flush=true>
            <form method="get" action=super::PATH class="line-form" data-answers="typing">
                {fields}
                <button type="submit" class="button primary">
                    "Try"
                </button>
            </form>
        </Panel>
    };
    let verdict = verdict.map(|verdict| {
        let findings: Vec<_> = verdict.findings.iter().cloned().map(said).collect();
        view! {
            <Panel title="What would become of it" flush=true>
                <ul class="verdict">{said(verdict)} {findings}</ul>
            </Panel>
        }
        .to_html()
    });
    let rules = environments.into_iter().map(|rules| environment(rules).to_html());
    Drawn {
        title: "Policies".to_owned(),
        sentence,
        facts: "What may be asked for, what of it without asking anybody, and who has to agree to the rest".to_owned(),
        notices: problem.into_iter().collect(),
        panels: rules.chain([form.to_html()]).chain(verdict).collect(),
        following: Following::Nothing,
        ..Drawn::default()
    }
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
