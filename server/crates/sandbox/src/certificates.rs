//! Who is who in the sandbox: its certificate authorities, a certificate for each part, and the key of service accounts.
//!
//! The authorities and the service accounts' key last as long as the state folder, so that a kubeconfig or a token handed
//! out once stays good. Everything else is made anew at each start; it costs milliseconds and follows the addresses.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::error::SandboxError;
use crate::state;

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

/// What a certificate is for.
enum Purpose {
    /// Says who somebody is towards the API server: a user name and groups.
    Client { groups: &'static [&'static str] },
    /// Serves under these names and addresses.
    Server { names: &'static [&'static str], addresses: Vec<Ipv4Addr> },
    /// Serves at an address, and speaks to others of its kind.
    Peer { address: Ipv4Addr },
}

/// An authority: what it signs is believed by those who have its certificate.
pub(crate) struct Authority {
    name: &'static str,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The authority kept under `<folder>/<name>.{crt,key}`, made if it is not there.
    fn open(folder: &Path, name: &'static str) -> Result<Self, SandboxError> {
        let (certificate_path, key_path) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        let params = Self::params(name)?;
        let (key, certificate_pem) =
            if let (Some(key), Some(certificate)) = (read(&key_path)?, read(&certificate_path)?) {
                (KeyPair::from_pem(&key).map_err(failed(name))?, certificate)
            } else {
                let key = KeyPair::generate().map_err(failed(name))?;
                let certificate = params.self_signed(&key).map_err(failed(name))?.pem();
                state::write_private(&key_path, &key.serialize_pem())?;
                state::write_private(&certificate_path, &certificate)?;
                (key, certificate)
            };
        Ok(Self { name, certificate_pem, issuer: Issuer::new(params, key) })
    }

    fn params(name: &str) -> Result<CertificateParams, SandboxError> {
        let mut params = named(name, &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        Ok(params)
    }

    fn issue(&self, name: &str, purpose: &Purpose) -> Result<Identity, SandboxError> {
        let mut params = match purpose {
            Purpose::Client { groups } => named(name, groups)?,
            Purpose::Server { .. } | Purpose::Peer { .. } => named(name, &[])?,
        };
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = match purpose {
            Purpose::Client { .. } => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Purpose::Server { .. } => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Purpose::Peer { .. } => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        };
        let at = |address: &Ipv4Addr| SanType::IpAddress(IpAddr::V4(*address));
        params.subject_alt_names = match purpose {
            Purpose::Client { .. } => Vec::new(),
            Purpose::Peer { address } => vec![at(address)],
            Purpose::Server { names, addresses } => {
                let names = names.iter().map(|name| Ok(SanType::DnsName((*name).try_into()?)));
                let names: Result<Vec<SanType>, rcgen::Error> = names.collect();
                let mut all = names.map_err(failed(name))?;
                all.extend(addresses.iter().map(at));
                all
            }
        };
        let key = KeyPair::generate().map_err(failed(name))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed(name))?;
        Ok(Identity { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}

fn named(name: &str, groups: &[&str]) -> Result<CertificateParams, SandboxError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed(name))?;
    let mut subject = DistinguishedName::new();
    for group in groups {
        subject.push(DnType::OrganizationName, *group);
    }
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    Ok(params)
}

/// Full rights, by a group that the API server exempts from all checks.
const ADMINISTRATORS: &[&str] = &["system:masters"];
/// The names under which pods may look for the API server.
const API_SERVER_NAMES: &[&str] = &[
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
];

/// Everything the parts of the sandbox show and check.
pub(crate) struct Certificates {
    folder: PathBuf,
    cluster: Authority,
}

impl Certificates {
    /// Makes what is missing in the folder, and everything that follows the addresses anew.
    pub(crate) fn prepare(folder: &Path, control_plane: Ipv4Addr) -> Result<Self, SandboxError> {
        state::make_private_folder(folder)?;
        let cluster = Authority::open(folder, "cluster-ca")?;
        let etcd = Authority::open(folder, "etcd-ca")?;
        // Who speaks for others behind the API server: nobody has a certificate of it, but its parts insist that it is there.
        Authority::open(folder, "front-proxy-ca")?;
        let certificates = Self { folder: folder.to_owned(), cluster };

        let server = Purpose::Server { names: API_SERVER_NAMES, addresses: vec![control_plane] };
        certificates.write("apiserver", &certificates.cluster.issue("kube-apiserver", &server)?)?;
        let component = Purpose::Server { names: &["localhost"], addresses: vec![control_plane] };
        certificates.write("components", &certificates.cluster.issue("kubernetes-components", &component)?)?;
        let to_kubelets =
            certificates.cluster.issue("kube-apiserver-kubelet-client", &Purpose::Client { groups: ADMINISTRATORS })?;
        certificates.write("kubelet-client", &to_kubelets)?;
        certificates.write("etcd", &etcd.issue("etcd", &Purpose::Peer { address: control_plane })?)?;
        certificates.write("etcd-client", &etcd.issue("kube-apiserver", &Purpose::Client { groups: &[] })?)?;
        certificates.prepare_service_account_key()?;
        Ok(certificates)
    }

    /// The certificate of the cluster's authority.
    pub(crate) fn cluster_ca_pem(&self) -> &str {
        &self.cluster.certificate_pem
    }

    /// Somebody with full rights, under a name that shows in audit and in managed fields.
    pub(crate) fn administrator(&self, name: &str) -> Result<Identity, SandboxError> {
        self.cluster.issue(name, &Purpose::Client { groups: ADMINISTRATORS })
    }

    /// A part of Kubernetes whose rights the API server's own roles give it.
    pub(crate) fn component(&self, name: &str) -> Result<Identity, SandboxError> {
        self.cluster.issue(name, &Purpose::Client { groups: &[] })
    }

    /// The certificate a kubelet serves with.
    pub(crate) fn kubelet(&self, node: &str, address: Ipv4Addr) -> Result<Identity, SandboxError> {
        self.cluster.issue(&format!("system:node:{node}"), &Purpose::Server { names: &[], addresses: vec![address] })
    }

    /// Path of the certificate written under this name.
    pub(crate) fn certificate_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.crt"))
    }

    /// Path of the key written under this name.
    pub(crate) fn key_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// Path of the public half of the service accounts' key.
    pub(crate) fn service_account_public_key(&self) -> PathBuf {
        self.folder.join("service-accounts.pub")
    }

    fn prepare_service_account_key(&self) -> Result<(), SandboxError> {
        let private = self.key_path("service-accounts");
        let key = if let Some(pem) = read(&private)? {
            KeyPair::from_pem(&pem).map_err(failed("service accounts"))?
        } else {
            let key = KeyPair::generate().map_err(failed("service accounts"))?;
            state::write_private(&private, &key.serialize_pem())?;
            key
        };
        state::write_private(&self.service_account_public_key(), &key.public_key_pem())
    }

    fn write(&self, name: &str, identity: &Identity) -> Result<(), SandboxError> {
        state::write_private(&self.key_path(name), &identity.key_pem)?;
        state::write_private(&self.certificate_path(name), &identity.certificate_pem)
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Certificates")
            .field("folder", &self.folder)
            .field("authority", &self.cluster.name)
            .finish_non_exhaustive()
    }
}

fn failed(subject: &str) -> impl FnOnce(rcgen::Error) -> SandboxError {
    let subject = subject.to_owned();
    move |source| SandboxError::Certificate { subject, source }
}

fn read(path: &Path) -> Result<Option<String>, SandboxError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SandboxError::file("read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 1);

    #[test]
    fn what_was_handed_out_stays_good_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = Certificates::prepare(folder.path(), ADDRESS).unwrap();
        let lasting =
            ["cluster-ca.crt", "cluster-ca.key", "etcd-ca.crt", "service-accounts.key", "service-accounts.pub"];
        let contents = || lasting.map(|name| fs::read_to_string(folder.path().join(name)).unwrap());
        let before = contents();
        let served_before = fs::read_to_string(first.certificate_path("apiserver")).unwrap();

        let second = Certificates::prepare(folder.path(), ADDRESS).unwrap();

        assert_eq!(contents(), before);
        assert_eq!(first.cluster_ca_pem(), second.cluster_ca_pem());
        assert_ne!(fs::read_to_string(second.certificate_path("apiserver")).unwrap(), served_before);
    }

    #[test]
    fn keys_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        Certificates::prepare(folder.path(), ADDRESS).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", entry.path().display());
        }
    }
}
