//! Configuration as brokers see it: values with where they come from.

use super::{
    PerTopic,
    batch::{Lanes, Outcomes, cut, gather},
    words,
};
use crate::{
    Client, ClientError, KafkaError, ProtocolError,
    client::{Ask, Target},
};
use kafka_protocol::messages::{
    DescribeConfigsRequest,
    describe_configs_request::DescribeConfigsResource,
    describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
};
use klamm_model::{BrokerId, ConfigEntry, ConfigSource, GroupId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// What has a configuration of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigResource {
    /// A topic.
    Topic(TopicName),
    /// One broker: its file, and what was set on it dynamically.
    Broker(BrokerId),
    /// What was set dynamically on all brokers together.
    BrokerDefaults,
    /// A consumer group (KIP-848).
    Group(GroupId),
}

impl ConfigResource {
    pub(super) fn wire_type(&self) -> i8 {
        match self {
            Self::Topic(_) => 2,
            Self::Broker(_) | Self::BrokerDefaults => 4,
            Self::Group(_) => 32,
        }
    }

    pub(super) fn wire_name(&self) -> String {
        match self {
            Self::Topic(name) => name.to_string(),
            Self::Broker(id) => id.to_string(),
            Self::BrokerDefaults => String::new(),
            Self::Group(id) => id.to_string(),
        }
    }

    pub(super) fn read(wire_type: i8, name: &str) -> Option<Self> {
        match wire_type {
            2 => words::topic_name(name).map(Self::Topic),
            4 if name.is_empty() => Some(Self::BrokerDefaults),
            4 => name.parse().ok().map(|id| Self::Broker(BrokerId(id))),
            32 => GroupId::new(name).ok().map(Self::Group),
            _ => None,
        }
    }

    /// Only a broker itself knows its file, and takes changes of its own.
    pub(crate) fn only_at(&self) -> Option<BrokerId> {
        match self {
            Self::Broker(id) => Some(*id),
            Self::Topic(_) | Self::BrokerDefaults | Self::Group(_) => None,
        }
    }
}

/// How much to tell of each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigDetail {
    /// The values in force and where they are set.
    Values,
    /// Besides, what would be in force if the setting went away, step by step.
    Synonyms,
    /// Besides, what the key means, in the brokers' words.
    Documentation,
}

/// One configuration value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigValue {
    /// The value; none when it is sensitive, or there is none.
    pub value: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
    /// Whether changing it takes a restart.
    pub read_only: bool,
    /// Whether brokers keep the value to themselves.
    pub sensitive: bool,
    /// What kind of value it is.
    pub kind: ConfigType,
    /// All places where it is set, the one in force first. Empty unless asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// What it means. None unless asked for.
    pub documentation: Option<String>,
}

/// One of the places where a value is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The key there; `log.retention.ms` for a topic's `retention.ms`.
    pub key: String,
    /// The value there.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// Kinds of values (KIP-569).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Kafka's")]
pub enum ConfigType {
    Boolean,
    String,
    Int,
    Short,
    Long,
    Double,
    List,
    Class,
    Password,
    Unknown,
}

/// Who is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedOf {
    /// Whoever does; several of them where much is asked.
    Anybody,
    /// This one.
    Broker(BrokerId),
}

/// A topic answers with all of its forty or so keys, about 2 KB.
const RESOURCES: usize = 500;
/// Or with the few that were asked for.
const FEW_KEYS: usize = 2500;

type Configs = BTreeMap<String, ConfigValue>;
type Settings = BTreeMap<String, ConfigEntry>;
type Answers = Vec<DescribeConfigsResult>;

impl Client {
    /// Configurations with all keys, by resource.
    pub async fn describe_configs(
        &self,
        resources: &BTreeSet<ConfigResource>,
        detail: ConfigDetail,
    ) -> Result<BTreeMap<ConfigResource, Result<Configs, KafkaError>>, ClientError> {
        let send = |turn, resources: Vec<ConfigResource>| async move {
            let answers = self.describe_piece(turn, &resources, detail).await?;
            Ok(answers.iter().filter_map(outcome).collect::<Outcomes<_, _>>())
        };
        let (alone, together): (Vec<_>, Vec<_>) = resources.iter().cloned().partition(|r| r.only_at().is_some());
        let mut pieces = cut(together, RESOURCES, |_| 1);
        pieces.extend(alone.into_iter().map(|resource| vec![resource]));
        gather(pieces, Lanes::Four, ConfigResource::clone, send).await
    }

    /// Only what is set on these topics themselves. Brokers cannot be asked for that alone, so the rest is dropped piece by
    /// piece: for thousands of topics this is much leaner than [`Self::describe_configs`].
    pub async fn describe_topic_settings(
        &self,
        topics: &BTreeSet<TopicName>,
    ) -> Result<PerTopic<BTreeMap<String, ConfigEntry>>, ClientError> {
        let send = |turn, topics: Vec<TopicName>| async move {
            let resources: Vec<_> = topics.into_iter().map(ConfigResource::Topic).collect();
            let answers = self.describe_piece(turn, &resources, ConfigDetail::Values).await?;
            Ok(answers.iter().filter_map(settings).collect::<Outcomes<_, _>>())
        };
        let topics = topics.iter().cloned().collect();
        gather(cut(topics, RESOURCES, |_| 1), Lanes::Four, TopicName::clone, send).await
    }

    /// Some keys of topics as one broker has them, with what it fills in where a topic says nothing. Those that it does not know
    /// are left out.
    pub async fn describe_topic_keys(
        &self,
        topics: &BTreeSet<TopicName>,
        keys: &[&str],
        from: AskedOf,
    ) -> Result<PerTopic<Configs>, ClientError> {
        let send = |turn, topics: Vec<TopicName>| async move {
            let resources: Vec<_> = topics.into_iter().map(ConfigResource::Topic).collect();
            let request = request(&resources, Some(keys), ConfigDetail::Values);
            let target = match from {
                AskedOf::Anybody => Target::Spread(turn),
                AskedOf::Broker(broker) => Target::Broker(broker),
            };
            let answers = self.ask(Ask::look(&request).to(target)).await?.results;
            let of_topic = |(resource, outcome)| match resource {
                ConfigResource::Topic(name) => Some((name, outcome)),
                ConfigResource::Broker(_) | ConfigResource::BrokerDefaults | ConfigResource::Group(_) => None,
            };
            Ok(answers.iter().filter_map(outcome).filter_map(of_topic).collect::<Outcomes<_, _>>())
        };
        let topics = topics.iter().cloned().collect();
        gather(cut(topics, FEW_KEYS, |_| 1), Lanes::Four, TopicName::clone, send).await
    }

    /// All keys of a topic as one broker has them: each fills in from its own configuration what the topic does not set.
    pub async fn describe_topic_at(&self, broker: BrokerId, topic: &TopicName) -> Result<Configs, ClientError> {
        let resource = ConfigResource::Topic(topic.clone());
        let request = request(&[resource], None, ConfigDetail::Synonyms);
        self.only_answer(&request, broker).await
    }

    /// Some keys of a broker. Those that it does not have are left out.
    pub async fn describe_broker_keys(&self, broker: BrokerId, keys: &[&str]) -> Result<Configs, ClientError> {
        let request = request(&[ConfigResource::Broker(broker)], Some(keys), ConfigDetail::Values);
        self.only_answer(&request, broker).await
    }

    /// The answer of one broker about the one thing it was asked about.
    async fn only_answer(&self, request: &DescribeConfigsRequest, broker: BrokerId) -> Result<Configs, ClientError> {
        const WHAT: &str = "DescribeConfigs";
        let results = self.ask(Ask::look(request).to(Target::Broker(broker))).await?.results;
        let (_, outcome) = results
            .iter()
            .find_map(outcome)
            .ok_or(ClientError::Protocol { what: WHAT, source: ProtocolError::Mismatched { what: WHAT } })?;
        outcome.map_err(|source| ClientError::Broker { what: WHAT, source })
    }

    async fn describe_piece(
        &self,
        turn: usize,
        resources: &[ConfigResource],
        detail: ConfigDetail,
    ) -> Result<Answers, ClientError> {
        let request = request(resources, None, detail);
        let target = resources.first().and_then(ConfigResource::only_at).map_or(Target::Spread(turn), Target::Broker);
        Ok(self.ask(Ask::look(&request).to(target)).await?.results)
    }
}

/// Asks for these keys of all of these, or for all keys.
fn request(resources: &[ConfigResource], keys: Option<&[&str]>, detail: ConfigDetail) -> DescribeConfigsRequest {
    let resource = |resource: &ConfigResource| {
        DescribeConfigsResource::default()
            .with_resource_type(resource.wire_type())
            .with_resource_name(words::text(&resource.wire_name()))
            .with_configuration_keys(keys.map(|keys| keys.iter().map(|key| words::text(key)).collect()))
    };
    DescribeConfigsRequest::default()
        .with_resources(resources.iter().map(resource).collect())
        .with_include_synonyms(detail != ConfigDetail::Values)
        .with_include_documentation(detail == ConfigDetail::Documentation)
}

fn settings(result: &DescribeConfigsResult) -> Option<(TopicName, Result<Settings, KafkaError>)> {
    let name = words::topic_name(&result.resource_name)?;
    let set = result.configs.iter().filter(|config| source(config.config_source) == ConfigSource::Topic);
    let entry = |config: &DescribeConfigsResourceResult| {
        let value = config.value.as_deref().map(str::to_owned);
        (config.name.to_string(), ConfigEntry { value, source: ConfigSource::Topic })
    };
    let checked = KafkaError::check(result.error_code, result.error_message.as_deref());
    Some((name, checked.map(|()| set.map(entry).collect())))
}

fn outcome(result: &DescribeConfigsResult) -> Option<(ConfigResource, Result<Configs, KafkaError>)> {
    let resource = ConfigResource::read(result.resource_type, &result.resource_name)?;
    let checked = KafkaError::check(result.error_code, result.error_message.as_deref());
    Some((resource, checked.map(|()| result.configs.iter().map(value).collect())))
}

fn value(result: &DescribeConfigsResourceResult) -> (String, ConfigValue) {
    let synonyms = result.synonyms.iter().map(|synonym| ConfigSynonym {
        key: synonym.name.to_string(),
        value: synonym.value.as_deref().map(str::to_owned),
        source: source(synonym.source),
    });
    let value = ConfigValue {
        value: result.value.as_deref().map(str::to_owned),
        source: source(result.config_source),
        read_only: result.read_only,
        sensitive: result.is_sensitive,
        kind: kind(result.config_type),
        synonyms: synonyms.collect(),
        documentation: result.documentation.as_deref().map(str::to_owned),
    };
    (result.name.to_string(), value)
}

fn source(wire: i8) -> ConfigSource {
    match wire {
        1 => ConfigSource::Topic,
        2 => ConfigSource::DynamicBroker,
        3 => ConfigSource::DynamicDefaultBroker,
        4 => ConfigSource::StaticBroker,
        5 => ConfigSource::Default,
        8 => ConfigSource::Group,
        _ => ConfigSource::Unknown,
    }
}

fn kind(wire: i8) -> ConfigType {
    match wire {
        1 => ConfigType::Boolean,
        2 => ConfigType::String,
        3 => ConfigType::Int,
        4 => ConfigType::Short,
        5 => ConfigType::Long,
        6 => ConfigType::Double,
        7 => ConfigType::List,
        8 => ConfigType::Class,
        9 => ConfigType::Password,
        _ => ConfigType::Unknown,
    }
}
