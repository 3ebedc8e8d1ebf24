//! Whom to trust.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{self, CryptoProvider},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;

use crate::error::Error;

/// Whom the machine trusts.
///
/// Asked when the first server shows a certificate, for it takes a file each of hundreds of certificates. Plain `http`,
/// which is what a task's proxy speaks, works without, and on a machine that has none.
#[derive(Clone, Debug)]
pub(crate) struct Trust(Arc<Loading>);

#[derive(Debug)]
struct Loading {
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, String>>,
}

impl Trust {
    /// Nothing is read yet.
    pub(crate) fn new() -> Trust {
        let provider = Arc::new(crypto::ring::default_provider());
        Trust(Arc::new(Loading { provider, verifier: OnceLock::new() }))
    }

    /// A configuration that trusts whom the machine trusts.
    pub(crate) fn config(&self) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(self.0.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|source| Error::SetUp { source: Box::new(source) })?;
        Ok(builder.dangerous().with_custom_certificate_verifier(self.0.clone()).with_no_client_auth())
    }

    /// Why nobody is trusted, if that is so.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.0.verifier().as_ref().err().map(String::as_str)
    }
}

impl Loading {
    fn verifier(&self) -> &Result<Verifier, String> {
        self.verifier.get_or_init(|| Verifier::new(self.provider.clone()).map_err(|error| error.to_string()))
    }

    fn loaded(&self) -> Result<&Verifier, rustls::Error> {
        self.verifier().as_ref().map_err(|problem| rustls::Error::General(problem.clone()))
    }
}

/// Leaves all decisions to the verifier of the platform.
impl ServerCertVerifier for Loading {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.loaded()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.loaded()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.loaded()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // What the provider can check, the verifier of every platform can.
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
