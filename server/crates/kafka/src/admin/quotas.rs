//! Quotas of users (KIP-546).

use super::{
    Apply,
    batch::{Lanes, Outcomes, cut, gather},
    words,
};
use crate::{Client, ClientError, KafkaError, client::Ask};
use kafka_protocol::messages::{
    AlterClientQuotasRequest, DescribeClientQuotasRequest, alter_client_quotas_request as alter,
    describe_client_quotas_request::ComponentData, describe_client_quotas_response as described,
};
use std::{collections::BTreeMap, fmt};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaKey {
    /// Bytes written per second and broker.
    ProducerByteRate,
    /// Bytes read per second and broker.
    ConsumerByteRate,
    /// Share of the time of request threads, in percent.
    RequestPercentage,
    /// Topics and partitions made or deleted per second.
    ControllerMutationRate,
}

impl QuotaKey {
    const ALL: [Self; 4] =
        [Self::ProducerByteRate, Self::ConsumerByteRate, Self::RequestPercentage, Self::ControllerMutationRate];

    fn wire(self) -> &'static str {
        match self {
            Self::ProducerByteRate => "producer_byte_rate",
            Self::ConsumerByteRate => "consumer_byte_rate",
            Self::RequestPercentage => "request_percentage",
            Self::ControllerMutationRate => "controller_mutation_rate",
        }
    }
}

impl fmt::Display for QuotaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire())
    }
}

/// Whose quotas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaSelection {
    /// Those of every user who has some.
    AllUsers,
    /// Those of one user.
    User(String),
}

const USER: &str = "user";
const EXACT: i8 = 0;
const SPECIFIED: i8 = 2;
const USERS: usize = 200;

/// The quotas of one user; absent means unlimited, or the default for all users.
type Quotas = BTreeMap<QuotaKey, f64>;

impl Client {
    /// Quotas set on users as such; those of a client id within a user are left out.
    pub async fn describe_user_quotas(
        &self,
        selection: &QuotaSelection,
    ) -> Result<BTreeMap<String, Quotas>, ClientError> {
        let component = ComponentData::default().with_entity_type(words::text(USER));
        let component = match selection {
            QuotaSelection::AllUsers => component.with_match_type(SPECIFIED).with_match(None),
            QuotaSelection::User(user) => component.with_match_type(EXACT).with_match(Some(words::text(user))),
        };
        let request = DescribeClientQuotasRequest::default().with_components(vec![component]).with_strict(true);
        let ask = Ask::look(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        let response = self.ask(ask).await?;
        Ok(response.entries.unwrap_or_default().iter().filter_map(entry).collect())
    }

    /// Sets quotas of users, or with none takes them away; keys not named stay as they are.
    pub async fn alter_user_quotas(
        &self,
        changes: BTreeMap<String, BTreeMap<QuotaKey, Option<f64>>>,
        apply: Apply,
    ) -> Result<BTreeMap<String, Result<(), KafkaError>>, ClientError> {
        let send = |_, changes: Vec<(String, BTreeMap<QuotaKey, Option<f64>>)>| async move {
            let request = AlterClientQuotasRequest::default()
                .with_entries(changes.iter().map(|(user, change)| alteration(user, change)).collect())
                .with_validate_only(apply.is_validation());
            let response = self.ask(Ask::change(&request)).await?;
            let outcomes = response.entries.iter().filter_map(|entry| {
                let user = entry.entity.iter().find(|entity| &*entity.entity_type == USER)?.entity_name.as_ref()?;
                Some((user.to_string(), KafkaError::check(entry.error_code, entry.error_message.as_deref())))
            });
            Ok(outcomes.collect::<Outcomes<_, _>>())
        };
        gather(cut(changes.into_iter().collect(), USERS, |_| 1), Lanes::One, |(user, _)| user.clone(), send).await
    }
}

fn entry(entry: &described::EntryData) -> Option<(String, Quotas)> {
    let [entity] = entry.entity.as_slice() else { return None };
    // Without a name it is the default for users without quotas of their own.
    let user = entity.entity_name.as_ref().filter(|_| &*entity.entity_type == USER)?;
    let value = |value: &described::ValueData| {
        let key = QuotaKey::ALL.into_iter().find(|key| key.wire() == &*value.key)?;
        Some((key, value.value))
    };
    Some((user.to_string(), entry.values.iter().filter_map(value).collect()))
}

fn alteration(user: &str, change: &BTreeMap<QuotaKey, Option<f64>>) -> alter::EntryData {
    let entity =
        alter::EntityData::default().with_entity_type(words::text(USER)).with_entity_name(Some(words::text(user)));
    let op = |(key, value): (&QuotaKey, &Option<f64>)| {
        alter::OpData::default()
            .with_key(words::text(key.wire()))
            .with_value(value.unwrap_or_default())
            .with_remove(value.is_none())
    };
    alter::EntryData::default().with_entity(vec![entity]).with_ops(change.iter().map(op).collect())
}
