//! Secrets that are shared with receivers, and signatures by the Standard Webhooks specification
//! (<https://github.com/standard-webhooks/standard-webhooks>).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{
    fmt::{self, Write},
    io,
    path::{Path, PathBuf},
};
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

/// What the specification asks of a secret, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
/// So many may be valid at once, while one takes over from another.
const MOST: usize = 4;
/// Larger than any file with so many.
const LARGEST: u64 = 4096;

/// Why there is no secret to sign with. Names the file, and nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is not to be had.
    #[error("could not read the secret file {path}")]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "the secret file {path} must hold a secret of 24 to 64 random bytes in base64 on a line, with or without whsec_ \
         before it; up to four lines while one takes over from another"
    )]
    NotASecret {
        /// Where.
        path: PathBuf,
    },
}

/// The secrets of one receiver, the newest first.
pub(super) struct Secrets(Vec<Hmac<Sha256>>);

impl Secrets {
    /// Reads them. They are read for every message, so that a secret that changes counts at once.
    pub(super) async fn read(path: &Path) -> Result<Self, SecretError> {
        let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
        let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let mut text = Zeroizing::new(String::new());
        file.take(LARGEST).read_to_string(&mut text).await.map_err(unreadable)?;
        Self::parse(&text).ok_or_else(|| SecretError::NotASecret { path: path.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Vec<_> = lines.map(key).collect::<Option<_>>()?;
        (1..=MOST).contains(&keys.len()).then_some(Self(keys))
    }

    /// The signatures of a message, as `webhook-signature` holds them.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut all = String::new();
        for key in &self.0 {
            let mut mac = key.clone();
            for part in [id, ".", &timestamp.to_string(), ".", body] {
                mac.update(part.as_bytes());
            }
            let gap = if all.is_empty() { "" } else { " " };
            // Writing into a text cannot fail.
            let _ = write!(all, "{gap}v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        }
        all
    }
}

fn key(line: &str) -> Option<Hmac<Sha256>> {
    let bytes = Zeroizing::new(STANDARD.decode(line.strip_prefix("whsec_").unwrap_or(line)).ok()?);
    LENGTHS.contains(&bytes.len()).then(|| Hmac::new_from_slice(&bytes).ok())?
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's own libraries are tested with.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signed(text: &str) -> Option<String> {
        let secrets = Secrets::parse(text)?;
        Some(secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#))
    }

    #[test]
    fn signatures_are_those_of_the_specification() {
        for text in [SECRET.to_owned(), format!("whsec_{SECRET}"), format!("\n  whsec_{SECRET}\r\n")] {
            assert_eq!(signed(&text).as_deref(), Some(SIGNATURE));
        }
    }

    #[test]
    fn while_one_secret_takes_over_from_another_both_sign() {
        let other = STANDARD.encode([7; 24]);
        let both = signed(&format!("{other}\nwhsec_{SECRET}")).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!((Some(first), second), (signed(&other).as_deref(), SIGNATURE));
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        let of = |bytes: usize| STANDARD.encode(vec![1; bytes]);
        assert!(signed(&of(24)).is_some() && signed(&of(64)).is_some());
        let many = vec![of(32); 5].join("\n");
        for bad in ["", "\n \n", "hush", "whsec_", "not base64!", &of(23), &of(65), &many, &format!("{SECRET}\nhush")] {
            assert_eq!(signed(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_file_that_will_not_do_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let missing = Secrets::read(&file).await.unwrap_err();
        assert!(matches!(missing, SecretError::Unreadable { .. }));
        std::fs::write(&file, "hunter2").unwrap();
        let bad = Secrets::read(&file).await.unwrap_err();
        assert!(bad.to_string().contains(&file.display().to_string()), "{bad}");
        assert!(!format!("{bad} {bad:?}").contains("hunter2"));
    }
}
