//! As whom Klamm signs in. Nothing in here prints a password.

use std::fmt;
use zeroize::Zeroizing;

/// A password. Wiped from memory when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one who has to send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A user name and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The Kafka user.
    pub user: String,
    /// Its password.
    pub password: Password,
}

impl Credentials {
    /// A user name and its password.
    pub fn new(user: impl Into<String>, password: Password) -> Self {
        Self { user: user.into(), password }
    }
}

/// How to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: the listener asks nobody.
    None,
    /// SASL PLAIN: the password travels as it is.
    Plain(Credentials),
    /// SASL SCRAM-SHA-512: both sides prove that they know the password.
    ScramSha512(Credentials),
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// TCP as it is.
    #[default]
    Plaintext,
    /// TLS; answered with `NotSupported` for now.
    Tls,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_password() {
        let sign_in = Authentication::ScramSha512(Credentials::new("admin", Password::new("hunter2")));
        let text = format!("{sign_in:?}");
        assert!(text.contains("admin") && !text.contains("hunter2"), "{text}");
    }
}
