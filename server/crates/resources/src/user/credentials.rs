//! The texts in a user's Secret: the keys the talk's operator wrote, with the login module of SCRAM, and the one-line
//! form that newer clients read.

use k8s_openapi::ByteString;
use std::collections::BTreeMap;

/// Key of the name in Kafka.
pub const KEY_USERNAME: &str = "username";
/// Key of the password.
pub const KEY_PASSWORD: &str = "password";
/// Key of the addresses, separated by commas.
pub const KEY_BOOTSTRAP_SERVER: &str = "bootstrap.server";
/// Key of the client property `sasl.jaas.config`.
pub const KEY_SASL_JAAS_CONFIG: &str = "sasl.jaas.config";
/// Key of the file for `java.security.auth.login.config`.
pub const KEY_JAAS_FILE: &str = "kafka-client-jaas.conf";

const LOGIN_MODULE: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";

/// A text that cannot stand between quotes in a JAAS configuration. The text itself is not told: it may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} contains a quote, a backslash or a control character, which a JAAS configuration cannot hold")]
pub struct Unquotable {
    /// `user name` or `password`.
    pub what: &'static str,
}

/// The client property `sasl.jaas.config`.
pub fn sasl_jaas_config(username: &str, password: &str) -> Result<String, Unquotable> {
    let (username, password) = (quoted("user name", username)?, quoted("password", password)?);
    Ok(format!("{LOGIN_MODULE} required username={username} password={password};"))
}

/// The file for `java.security.auth.login.config`, laid out as the talk's operator did.
pub fn jaas_file(username: &str, password: &str) -> Result<String, Unquotable> {
    let (username, password) = (quoted("user name", username)?, quoted("password", password)?);
    Ok(format!("KafkaClient {{\n {LOGIN_MODULE} required\n username={username}\n password={password};\n}};"))
}

/// Everything in a user's Secret.
pub fn secret_data(
    username: &str,
    password: &str,
    bootstrap_servers: &str,
) -> Result<BTreeMap<String, ByteString>, Unquotable> {
    let jaas_config = sasl_jaas_config(username, password)?;
    let jaas_file = jaas_file(username, password)?;
    let entries = [
        (KEY_USERNAME, username.to_owned()),
        (KEY_PASSWORD, password.to_owned()),
        (KEY_BOOTSTRAP_SERVER, bootstrap_servers.to_owned()),
        (KEY_SASL_JAAS_CONFIG, jaas_config),
        (KEY_JAAS_FILE, jaas_file),
    ];
    Ok(entries.into_iter().map(|(key, text)| (key.to_owned(), ByteString(text.into_bytes()))).collect())
}

fn quoted(what: &'static str, text: &str) -> Result<String, Unquotable> {
    if text.contains(['"', '\\']) || text.contains(char::is_control) {
        return Err(Unquotable { what });
    }
    Ok(format!("\"{text}\""))
}
