//! The page of the search, drawn.

use super::api::{Found, FoundKind, FoundRow, Marked};
use crate::{
    clusters::cluster_name,
    sheet::{Drawn, Following},
    ui::{Empty, Erase, Notice, Panel, StatusWord, TableScroll, Tone},
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// What was found, kind by kind.
pub(crate) fn drawn(found: Found) -> Drawn {
    let Found { wanted, sentence, facts, kinds, unsearched } = found;
    let title = if wanted.is_empty() { "Search".to_owned() } else { format!("{wanted} – search") };
    let nothing = kinds.is_empty().then(|| nothing(&wanted).to_html());
    let notice = (!unsearched.is_empty()).then(|| {
        view! {
            <Notice tone=Tone::Warn word="Not all of it">
                {unsearched.join(" ")}
            </Notice>
        }
        .to_html()
    });
    Drawn {
        title,
        sentence,
        facts,
        notices: notice.into_iter().collect(),
        panels: kinds.into_iter().map(|kind| kind_panel(kind).to_html()).chain(nothing).collect(),
        following: Following::Everything,
        ..Drawn::default()
    }
}

fn kind_panel(FoundKind { title, hint, all, rows }: FoundKind) -> impl IntoView {
    let has_cluster = rows.iter().any(|row| row.cluster.is_some());
    let label = title.clone();
    let aside = view! { {all.map(|(words, href)| view! { <a href=href>{words}</a> })} };
    view! {
        <Panel title hint aside=aside.erased() flush=true>
            <TableScroll label=format!("{label} found")>
                <thead>
                    <tr>
                        <th scope="col" class="found-name">
                            "Name"
                        </th>
                        <th scope="col" class="found-state">
                            "State"
                        </th>
                        <th scope="col">"About it"</th>
                        {has_cluster
                            .then(|| {
                                view! {
                                    <th scope="col" class="found-cluster">
                                        "Cluster"
                                    </th>
                                }
                            })}
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </TableScroll>
        </Panel>
    }
}

fn row(FoundRow { name, href, status, word, facts, cluster }: FoundRow) -> impl IntoView {
    // The router takes a part of the encoding back when it follows a link by itself.
    let rel = href.contains('%').then_some("external");
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=href rel=rel>
                    {marked(name)}
                </a>
            </th>
            <td>
                <StatusWord status word />
            </td>
            <td class="wrap">{marked(facts)}</td>
            {cluster.map(|cluster| view! { <td>{cluster_name(&cluster)}</td> })}
        </tr>
    }
}

/// The text with what was looked for made visible.
fn marked(Marked(before, found, after): Marked) -> impl IntoView {
    let found = (!found.is_empty()).then(|| view! { <mark>{found}</mark> });
    view! {
        {before}
        {found}
        {after}
    }
}

/// What to do where there is nothing to see.
fn nothing(wanted: &str) -> impl IntoView + use<> {
    let (title, text) = if wanted.is_empty() {
        (
            "Type a part of a name",
            "Into the field at the top, which the key / leads to. Clusters, topics, consumer groups and brokers of all \
             clusters are searched. A topic is also found by its team and by the object that declares it, such as \
             payments/sample-topic, a broker by its id, host or rack.",
        )
    } else {
        (
            "Nothing found",
            "Search for a shorter part of the name. Names, teams, declaring objects, hosts and racks are searched; what \
             stands in records is not.",
        )
    };
    view! {
        <Panel title="Search" flush=true>
            <Empty title>
                <p>{text}</p>
                <p>
                    "Or look through all " <a href="/clusters">"clusters"</a> ", " <a href="/topics">"topics"</a> " or "
                    <a href="/groups">"consumer groups"</a> "."
                </p>
            </Empty>
        </Panel>
    }
}
