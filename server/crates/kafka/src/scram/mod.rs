//! SCRAM-SHA-512 (RFC 5802 as Kafka speaks it): the client's half of signing in, and the verifier a new user gets.
//!
//! Like Kafka's own client, names and passwords are taken as UTF-8 without SASLprep.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use rand::{Rng, distr::Alphanumeric};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

/// Fewer are refused by Kafka, and by us when a broker asks for fewer.
pub(crate) const MIN_ITERATIONS: u32 = 4096;
/// More would let a false broker keep us busy; Kafka's own limit is 16,384.
const MAX_ITERATIONS: u32 = 65_536;
const DIGEST: usize = 64;

type Bits = [u8; DIGEST];

/// Why the exchange ended without success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScramError {
    /// The server's message is not one.
    #[error("the server's {0} makes no sense")]
    Malformed(&'static str),
    /// The nonce does not begin with ours.
    #[error("the server answered another client's question")]
    ForeignNonce,
    /// Too few or too many iterations.
    #[error("the server asks for {0} iterations; {MIN_ITERATIONS} to {MAX_ITERATIONS} are accepted")]
    Iterations(u32),
    /// The server said no in its last message.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The server does not know the password either.
    #[error("the server could not prove that it knows the password")]
    NotGenuine,
}

/// The first step: our name and nonce are chosen.
pub(crate) struct Exchange {
    nonce: String,
    first_bare: String,
}

/// The last step: our proof is sent, the server's is awaited.
pub(crate) struct Proven {
    server_signature: Bits,
}

impl Exchange {
    /// Begins with a fresh nonce.
    pub(crate) fn begin(user: &str) -> Self {
        let nonce = rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect();
        Self::with_nonce(user, nonce)
    }

    fn with_nonce(user: &str, nonce: String) -> Self {
        let first_bare = format!("n={},r={nonce}", escape(user));
        Self { nonce, first_bare }
    }

    /// `client-first-message`.
    pub(crate) fn first_message(&self) -> Vec<u8> {
        format!("n,,{}", self.first_bare).into_bytes()
    }

    /// `client-final-message` in answer to `server-first-message`.
    pub(crate) fn prove(self, password: &str, server_first: &[u8]) -> Result<(Vec<u8>, Proven), ScramError> {
        let server_first = std::str::from_utf8(server_first).map_err(|_| ScramError::Malformed("first message"))?;
        let Challenge { nonce, salt, iterations } = Challenge::parse(server_first)?;
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(&self.nonce) {
            return Err(ScramError::ForeignNonce);
        }
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return Err(ScramError::Iterations(iterations));
        }
        let salted = salted_password(password, &salt, iterations);
        let final_bare = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{final_bare}", self.first_bare);
        let mut client_key = hmac(salted.as_slice(), b"Client Key");
        let stored_key = Sha512::digest(client_key);
        let signature = hmac(&stored_key, signed.as_bytes());
        for (key, bit) in client_key.iter_mut().zip(signature) {
            *key ^= bit;
        }
        let proof = STANDARD.encode(client_key);
        client_key.zeroize();
        let server_key = hmac(salted.as_slice(), b"Server Key");
        let server_signature = hmac(&server_key, signed.as_bytes());
        Ok((format!("{final_bare},p={proof}").into_bytes(), Proven { server_signature }))
    }
}

impl Proven {
    /// Checks `server-final-message`.
    pub(crate) fn verify(&self, server_final: &[u8]) -> Result<(), ScramError> {
        let text = std::str::from_utf8(server_final).map_err(|_| ScramError::Malformed("last message"))?;
        let first = text.split(',').next().unwrap_or_default();
        if let Some(refusal) = first.strip_prefix("e=") {
            return Err(ScramError::Refused(refusal.chars().take(200).collect()));
        }
        let signature = first
            .strip_prefix("v=")
            .and_then(|v| STANDARD.decode(v).ok())
            .ok_or(ScramError::Malformed("last message"))?;
        if same(&signature, &self.server_signature) { Ok(()) } else { Err(ScramError::NotGenuine) }
    }
}

struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> Challenge<'a> {
    fn parse(text: &'a str) -> Result<Self, ScramError> {
        let bad = ScramError::Malformed("first message");
        let mut parts = text.split(',');
        let mut next = |prefix: &str| parts.next().and_then(|part| part.strip_prefix(prefix));
        let (Some(nonce), Some(salt), Some(iterations)) = (next("r="), next("s="), next("i=")) else {
            return Err(bad);
        };
        let salt = STANDARD.decode(salt).map_err(|_| bad.clone())?;
        let iterations = iterations.parse().map_err(|_| bad.clone())?;
        if salt.is_empty() { Err(bad) } else { Ok(Self { nonce, salt, iterations }) }
    }
}

/// What a broker stores is derived from this; sent when a user is made.
pub(crate) fn salted_password(password: &str, salt: &[u8], iterations: u32) -> Zeroizing<Bits> {
    Zeroizing::new(pbkdf2::pbkdf2_hmac_array::<Sha512, DIGEST>(password.as_bytes(), salt, iterations))
}

/// A salt for a new user.
pub(crate) fn fresh_salt() -> [u8; 32] {
    rand::rng().random()
}

/// `,` and `=` end fields, so names write them as `=2C` and `=3D`.
fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

fn hmac(key: &[u8], data: &[u8]) -> Bits {
    // A block longer than SHA-512's would have to be hashed first; ours are digests, so pad the key by hand and avoid
    // the constructor that pretends it can fail.
    let mut block = <Hmac<Sha512> as hmac::digest::KeyInit>::new(&padded(key));
    block.update(data);
    block.finalize().into_bytes().into()
}

fn padded(key: &[u8]) -> hmac::digest::Key<Hmac<Sha512>> {
    let mut block = hmac::digest::Key::<Hmac<Sha512>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

/// Compares without telling by the time taken how much was right.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (l, r)| difference | (l ^ r)) == 0
}

#[cfg(test)]
pub(crate) mod tests;
