use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use klamm_model::{Problem, ProblemKind};
use klamm_store::PasswordHash;
use rand::{Rng, RngCore, distr::Alphanumeric};
use std::fmt;
use tokio::sync::{OnceCell, Semaphore};
use zeroize::Zeroizing;

/// A password as somebody typed it. Never prints; wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Longer ones are refused before any work is done with them.
    const MAX_BYTES: usize = 1024;
    /// Fewer characters than this are refused when a password is set.
    const MIN_CHARS: usize = 12;

    /// Keeps what was typed.
    pub fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Whether it may be set as a password.
    pub(crate) fn check_new(&self) -> Result<(), Problem> {
        if self.0.chars().count() < Self::MIN_CHARS || self.0.len() > Self::MAX_BYTES {
            let (least, most) = (Self::MIN_CHARS, Self::MAX_BYTES);
            let detail = format!("password: give one of at least {least} characters and at most {most} bytes");
            return Err(Problem::new(ProblemKind::Invalid, detail));
        }
        Ok(())
    }
}

/// A password that nobody has to make up or type twice: 20 letters and digits, about 119 bits.
pub fn random_password() -> Zeroizing<String> {
    Zeroizing::new(rand::rng().sample_iter(Alphanumeric).take(20).map(char::from).collect())
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Hashes and checks passwords: argon2id with 19 MiB, two passes and one lane, as OWASP's cheat sheet has it.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// Each takes 19 MiB while it runs, and a core: no more at once than this.
    at_once: Semaphore,
    /// The hash of nobody's password: checked when there is no such person, so that the answer takes as long.
    nobody: OnceCell<PasswordHash>,
}

/// The hashing itself failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("failed to hash a password")]
    Hash(#[source] argon2::password_hash::Error),
    #[error("failed to run the password hashing")]
    Task(#[source] tokio::task::JoinError),
    #[error("failed to wait for the password hashing")]
    Closed(#[source] tokio::sync::AcquireError),
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { at_once: Semaphore::new(2), nobody: OnceCell::new() }
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordError> {
        let _slot = self.at_once.acquire().await.map_err(PasswordError::Closed)?;
        tokio::task::spawn_blocking(move || hash_now(&password)).await.map_err(PasswordError::Task)?
    }

    /// Whether the password fits the hash. Without a hash it does the same work and says no.
    pub(crate) async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobodys_hash().await?.clone(),
        };
        let _slot = self.at_once.acquire().await.map_err(PasswordError::Closed)?;
        let fits =
            tokio::task::spawn_blocking(move || fits_now(&password, &hash)).await.map_err(PasswordError::Task)?;
        Ok(fits && known)
    }

    async fn nobodys_hash(&self) -> Result<&PasswordHash, PasswordError> {
        self.nobody
            .get_or_try_init(|| {
                let mut random = [0_u8; 32];
                rand::rng().fill_bytes(&mut random);
                self.hash(Password::new(format!("{random:?}")))
            })
            .await
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| PasswordError::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &Password) -> Result<PasswordHash, PasswordError> {
    let mut salt = [0_u8; 16];
    rand::rng().fill_bytes(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(PasswordError::Hash)?;
    let hash = argon2()?.hash_password(password.0.as_bytes(), &salt).map_err(PasswordError::Hash)?;
    Ok(PasswordHash::new(hash.to_string()))
}

fn fits_now(password: &Password, hash: &PasswordHash) -> bool {
    password.0.len() <= Password::MAX_BYTES
        && argon2::PasswordHash::new(hash.expose())
            .is_ok_and(|hash| Argon2::default().verify_password(password.0.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[tokio::test]
    async fn the_right_password_fits_and_no_other() {
        let passwords = Passwords::new();
        let hash = passwords.hash(password("correct horse battery")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(passwords.verify(password("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("correct horse batterY"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password(""), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("correct horse battery"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_broken_hash_fits_nothing() {
        let passwords = Passwords::new();
        let broken = PasswordHash::new("$argon2id$nonsense".to_owned());
        assert!(!passwords.verify(password("x"), Some(broken)).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused_and_none_prints() {
        assert!(password("elevenchars").check_new().is_err());
        assert!(password("twelve chars").check_new().is_ok());
        assert!(password(&"x".repeat(1025)).check_new().is_err());
        assert_eq!(format!("{:?}", password("hush")), "Password(…)");
    }
}
