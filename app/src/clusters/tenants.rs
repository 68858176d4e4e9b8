use super::words::counted;
use crate::{
    topics::{TopicFilters, TopicsAddress, list_href},
    ui::{Bytes, Count, Erase, Panel, Rate, TableScroll},
};
use klamm_model::{ClusterRef, Known, TenantView};
use leptos::prelude::*;

/// What each tenant has of a cluster; nothing where there are no tenants.
#[component]
pub(super) fn TenantsPanel(cluster: ClusterRef, tenants: Vec<TenantView>) -> impl IntoView {
    let how_many = tenants.len().saturating_sub(1) as u64;
    (!tenants.is_empty()).then(|| {
        let rows: Vec<_> = tenants.into_iter().map(|tenant| row(&cluster, tenant)).collect();
        let hint = format!("{}; what is whose, their prefixes say", counted(how_many, "namespace", "namespaces"));
        view! {
            <Panel title="Tenants" hint flush=true>
                <TableScroll label=format!("Tenants of {cluster}")>
                    <thead>
                        <tr>
                            <th scope="col">"Tenant"</th>
                            <th scope="col">"Team"</th>
                            <th scope="col">"Topics begin with"</th>
                            {["Topics", "Partitions", "In", "Stored", "Groups", "Lag"]
                                .map(|label| {
                                    view! {
                                        <th scope="col" class="number">
                                            {label}
                                        </th>
                                    }
                                })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </TableScroll>
            </Panel>
        }
    })
}

fn row(cluster: &ClusterRef, tenant: TenantView) -> AnyView {
    let list = |search: &str, team: &str| {
        let filters = TopicFilters { team: team.to_owned(), ..TopicFilters::default() };
        TopicsAddress::of(search, filters).href(&list_href(cluster))
    };
    let name = tenant.namespace.as_ref().map_or_else(|| "Others".to_owned(), ToString::to_string);
    let team = tenant.team.as_ref().map(|team| {
        let href = list("", team.as_str());
        view! { <a href=href>{team.to_string()}</a> }
    });
    let prefixes = tenant.topic_prefixes.iter().map(|prefix| {
        let href = list(prefix, "");
        view! {
            <li>
                <a href=href>{prefix.clone()}</a>
            </li>
        }
    });
    let prefixes: Vec<_> = prefixes.collect();
    let prefixes =
        if prefixes.is_empty() { "–".erased() } else { view! { <ul class="inline">{prefixes}</ul> }.erased() };
    let unknown_lag = match tenant.groups_of_unknown_lag {
        0 => String::new(),
        groups => format!(" · {groups} unknown"),
    };
    let count = |count: Known<u32>| {
        view! {
            <td class="number">
                <Count value=count.map(u64::from) />
            </td>
        }
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{team.map_or_else(|| "–".erased(), IntoAny::into_any)}</td>
            <td>{prefixes}</td>
            {count(tenant.topics)}
            {count(tenant.partitions)}
            <td class="number">
                <Rate value=tenant.records_per_second unit="rec" />
            </td>
            <td class="number">
                <Bytes value=tenant.size_bytes />
            </td>
            {count(tenant.groups)}
            <td class="number">
                <Count value=tenant.lag />
                <span class="aside">{unknown_lag}</span>
            </td>
        </tr>
    }
    .erased()
}
