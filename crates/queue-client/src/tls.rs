//! Whom to trust.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::Error;

/// A configuration that trusts what the machine trusts. If that is nobody, the reason is returned beside one that
/// trusts nobody: plain `http`, which is what a task's proxy speaks, must work on a machine without certificates.
pub(crate) fn config() -> Result<(ClientConfig, Option<String>), Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::SetUp { source: Box::new(source) })?;
    match builder.clone().with_platform_verifier() {
        Ok(builder) => Ok((builder.with_no_client_auth(), None)),
        Err(error) => {
            let builder = builder.with_root_certificates(RootCertStore::empty());
            Ok((builder.with_no_client_auth(), Some(error.to_string())))
        }
    }
}
