//! Configuration: one TOML file, overridden by `KLAMM_<SECTION>_<KEY>` variables, overridden by flags. Parsed once, at the
//! start; a key nobody knows is an error, because it is most often a typing mistake in a key somebody relies on.

mod webhooks;

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// Variables that begin with `KLAMM_` but are not settings: `make run` and the sandbox read them.
const NOT_SETTINGS: &[&str] = &["KLAMM_STATE", "KLAMM_PORT", "KLAMM_CONFIG", "KLAMM_PARTS", "KLAMM_LOG"];

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("could not read the configuration file {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is not TOML: {reason}")]
    Parse { path: PathBuf, reason: String },
    #[error("the configuration is not valid: {reason}")]
    Invalid { reason: String },
    #[error(
        "the variable {variable} names no setting; settings are KLAMM_<SECTION>_<KEY>, for example KLAMM_HTTP_LISTEN"
    )]
    UnknownVariable { variable: String },
}

/// Everything that can be configured. `klamm config check` prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The portal's door.
    pub(crate) http: Http,
    /// Where people, sessions, requests and audit are kept.
    pub(crate) database: Database,
    /// Which Kubernetes.
    pub(crate) kubernetes: Kubernetes,
    /// The reconcilers.
    pub(crate) operator: Operator,
    /// The rules about what may be asked for.
    pub(crate) policies: Policies,
    /// What is said while it runs.
    pub(crate) log: Log,
    /// Programs elsewhere that are told of requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) webhooks: Vec<webhooks::Webhook>,
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Where pages and API listen.
    pub(crate) listen: SocketAddr,
    /// Where `/metrics`, `/healthz` and `/readyz` listen.
    pub(crate) metrics_listen: SocketAddr,
    /// Folder of the built pages: styles, fonts and the browser's half.
    pub(crate) site: PathBuf,
    /// Addresses of proxies that end TLS in front of Klamm; only their `X-Forwarded-*` headers count.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// `https://…` as people type it, when a proxy ends TLS: the Origin that mutations must come from.
    pub(crate) public_url: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            metrics_listen: SocketAddr::from(([127, 0, 0, 1], 3001)),
            site: PathBuf::from("target/site"),
            trusted_proxies: Vec::new(),
            public_url: None,
        }
    }
}

/// `[database]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    /// `sqlite:///path/klamm.db` or `postgres://user:password@host/database`.
    pub(crate) url: String,
    /// Whether what is measured is kept here too, for thirty days; memory has a day of it in any case.
    pub(crate) keep_history: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://klamm.db".to_owned(), keep_history: true }
    }
}

/// `[kubernetes]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Kubernetes {
    /// A kubeconfig; absent means the ServiceAccount of the pod, or else `KUBECONFIG`.
    pub(crate) kubeconfig: Option<PathBuf>,
}

/// `[operator]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Operator {
    /// Whether this process reconciles at all.
    pub(crate) enabled: bool,
    /// Brokers run `<image_repository>:<kafka version>` unless a cluster names an image.
    pub(crate) image_repository: String,
    /// Namespace of the Lease that decides which replica acts.
    pub(crate) lease_namespace: String,
    /// The operator's name in the label `generator` of the Secrets it makes for workloads.
    pub(crate) id: String,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            enabled: true,
            image_repository: "klamm.dev/kafka".to_owned(),
            lease_namespace: "klamm-system".to_owned(),
            id: klamm_resources::injection::DEFAULT_GENERATOR.to_owned(),
        }
    }
}

/// `[policies]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policies {
    /// A TOML document, read again whenever it changes; without one nothing may be asked for.
    pub(crate) file: Option<PathBuf>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `text` for people, `json` for machines.
    pub(crate) format: LogFormat,
    /// A filter in the form of `tracing`'s `EnvFilter`: `info`, `info,klamm_operator=debug`.
    pub(crate) filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Reads `file`, where there is one, and lays `variables` over it.
    pub(crate) fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = match file {
            Some(path) => read(path)?,
            None => toml::Table::new(),
        };
        let ours = variables.into_iter().filter(|(name, _)| name.starts_with("KLAMM_"));
        for (variable, value) in ours.collect::<BTreeMap<_, _>>() {
            if !NOT_SETTINGS.contains(&variable.as_str()) {
                overlay(&mut table, &variable, &value)?;
            }
        }
        let config = Self::deserialize(toml::Value::Table(table))
            .map_err(|error| ConfigError::Invalid { reason: error.message().to_owned() })?;
        if !klamm_resources::injection::is_label_value(&config.operator.id) {
            let reason =
                "operator.id becomes a label: 1 to 63 letters, digits, hyphens, underscores and dots".to_owned();
            return Err(ConfigError::Invalid { reason });
        }
        config.webhooks()?;
        Ok(config)
    }

    /// The effective configuration, without secrets.
    pub(crate) fn printed(&self) -> Result<String, toml::ser::Error> {
        let mut shown = self.clone();
        shown.database.url = without_password(&shown.database.url);
        shown.webhooks.iter_mut().for_each(webhooks::Webhook::hide);
        toml::to_string_pretty(&shown)
    }
}

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    text.parse().map_err(|error: toml::de::Error| ConfigError::Parse {
        path: path.to_owned(),
        reason: error.message().to_owned(),
    })
}

/// `KLAMM_HTTP_METRICS_LISTEN=…` sets `http.metrics_listen`.
fn overlay(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::UnknownVariable { variable: variable.to_owned() };
    let path = variable.strip_prefix("KLAMM_").ok_or_else(unknown)?.to_lowercase();
    let (section, key) = path.split_once('_').ok_or_else(unknown)?;
    let known = toml::Table::try_from(Config::default()).map_err(|_| unknown())?;
    let optional = matches!((section, key), ("http", "public_url") | ("kubernetes", "kubeconfig"));
    let default = known.get(section).and_then(|keys| keys.get(key));
    if default.is_none() && !optional {
        return Err(unknown());
    }
    let invalid = |what: &str| ConfigError::Invalid { reason: format!("{variable} must be {what}, not {value:?}") };
    let value = match default {
        Some(toml::Value::Boolean(_)) => toml::Value::Boolean(value.parse().map_err(|_| invalid("true or false"))?),
        Some(toml::Value::Array(_)) => toml::Value::Array(
            value.split(',').filter(|item| !item.is_empty()).map(|item| item.trim().into()).collect(),
        ),
        _ => toml::Value::String(value.to_owned()),
    };
    let keys = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    keys.as_table_mut().ok_or_else(unknown)?.insert(key.to_owned(), value);
    Ok(())
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let name = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{name}:…@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(None, variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn variables_lie_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("klamm.toml");
        std::fs::write(&file, "[http]\nlisten = \"127.0.0.1:4000\"\n[operator]\nenabled = true\n").unwrap();
        let variables = [
            ("KLAMM_OPERATOR_ENABLED", "false"),
            ("KLAMM_HTTP_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2"),
            ("KLAMM_HTTP_PUBLIC_URL", "https://klamm.example"),
            ("HOME", "/root"),
            ("KLAMM_STATE", ".klamm"),
        ];
        let config = Config::load(Some(&file), variables.map(|(k, v)| (k.to_owned(), v.to_owned()))).unwrap();
        assert_eq!(config.http.listen.port(), 4000);
        assert!(!config.operator.enabled);
        assert_eq!(config.http.trusted_proxies.len(), 2);
        assert_eq!(config.http.public_url.as_deref(), Some("https://klamm.example"));
    }

    #[test]
    fn unknown_keys_and_variables_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("klamm.toml");
        std::fs::write(&file, "[http]\nlissen = \"127.0.0.1:4000\"\n").unwrap();
        let error = Config::load(Some(&file), []).unwrap_err().to_string();
        assert!(error.contains("lissen"), "{error}");
        assert!(matches!(load(&[("KLAMM_HTTP_LISSEN", "x")]), Err(ConfigError::UnknownVariable { .. })));
        assert!(matches!(load(&[("KLAMM_HTTP", "x")]), Err(ConfigError::UnknownVariable { .. })));
        assert!(matches!(load(&[("KLAMM_OPERATOR_ENABLED", "yes")]), Err(ConfigError::Invalid { .. })));
        assert!(matches!(load(&[("KLAMM_OPERATOR_ID", "no label")]), Err(ConfigError::Invalid { .. })));
        assert_eq!(load(&[]).unwrap().operator.id, "kafka-topic-operator");
    }

    #[test]
    fn what_is_printed_can_be_read_again_and_has_no_password() {
        let config = load(&[("KLAMM_DATABASE_URL", "postgres://klamm:hunter2@db/klamm")]).unwrap();
        let printed = config.printed().unwrap();
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(toml::from_str::<Config>(&printed).is_ok());
    }
}
