//! Messages to people.

use serde::Serialize;
use serde_json::json;

use super::call;
use crate::{
    cluster::{Cluster, Sent},
    error::Error,
};

/// The notify service. Every method fails with what the service answers, see [`Error`].
#[derive(Clone, Copy, Debug)]
pub struct Notify<'a> {
    cluster: &'a Cluster,
}

/// An e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Email {
    /// To whom.
    pub address: String,
    /// About what.
    pub subject: String,
    /// The text, in Markdown.
    pub content: String,
    /// Text and address of a link below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A link below an e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

impl<'a> Notify<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Notify { cluster }
    }

    /// Sends an e-mail. Each call sends another one, so it is not repeated if no answer comes.
    pub async fn email(&self, email: &Email) -> Result<Sent<()>, Error> {
        let body = json!(email);
        Ok(self.cluster.call(&call!("notify", "email", &[], Some(&body))).await?.map(|_| ()))
    }
}
