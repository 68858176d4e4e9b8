use super::{GroupFilters, GroupsAddress, group_link, list_href, words};
use crate::{
    clusters::counted,
    ui::{Count, Empty, Erase, StatusWord, TableScroll},
};
use klamm_model::{ClusterRef, Known, Page, TopicConsumer, TopicName};
use leptos::prelude::*;

/// The groups that read a topic, those that are furthest behind first.
#[component]
pub(crate) fn ConsumersPanel(
    cluster: ClusterRef,
    topic: TopicName,
    consumers: Known<Page<TopicConsumer>>,
) -> impl IntoView {
    let (content, aside) = match consumers {
        Known::Unknown => (
            view! {
                <Empty title="Consumer groups are unknown">
                    <p>"No broker has said yet which groups there are. They appear here once one does."</p>
                </Empty>
            }
            .erased(),
            None,
        ),
        Known::Known(page) if page.items.is_empty() => (
            view! {
                <Empty title="Nobody reads this topic as a group">
                    <p>"A consumer group is listed here from the first time it commits an offset of the topic."</p>
                </Empty>
            }
            .erased(),
            None,
        ),
        Known::Known(page) => {
            let of_topic = GroupFilters { topic: topic.to_string(), ..GroupFilters::default() };
            let all = GroupsAddress::of("", of_topic).href(&list_href(&cluster));
            let words = counted(page.total, "group", "groups");
            (table(&cluster, &topic, page.items), Some(view! { <a href=all>{words}</a> }.erased()))
        }
    };
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>"Consumers"</h2>
                <span class="hint">"lag in this topic only"</span>
                {aside.map(|aside| view! { <span class="panel-aside">{aside}</span> })}
            </header>
            <div class="panel-flush">{content}</div>
        </section>
    }
}

fn table(cluster: &ClusterRef, topic: &TopicName, consumers: Vec<TopicConsumer>) -> AnyView {
    let rows: Vec<_> = consumers.into_iter().map(|consumer| row(cluster, consumer)).collect();
    view! {
        <TableScroll label=format!("Consumers of {topic}")>
            <thead>
                <tr>
                    <th scope="col">"Group"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">
                        "Members"
                    </th>
                    <th scope="col" class="number">
                        "Partitions"
                    </th>
                    <th scope="col" class="number">
                        "Lag"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn row(cluster: &ClusterRef, consumer: TopicConsumer) -> AnyView {
    let (status, word) = words::state(&consumer.state);
    view! {
        <tr>
            <th scope="row">{group_link(cluster, &consumer.id)}</th>
            <td>
                <StatusWord status word />
            </td>
            <td class="number">
                <Count value=consumer.member_count.map(u64::from) />
            </td>
            <td class="number">
                <Count value=Known::Known(consumer.partition_count.into()) />
            </td>
            <td class="number">
                <Count value=consumer.lag />
            </td>
        </tr>
    }
    .erased()
}
