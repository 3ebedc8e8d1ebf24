//! Lists that the services give out page by page.

use futures_util::{Stream, TryStreamExt, stream};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    api::{Method, Service},
    cluster::{Call, Cluster},
    error::Error,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    continuation_token: Option<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// A [`Call`] that outlives who made it.
struct Listing {
    cluster: Cluster,
    service: &'static Service,
    method: &'static Method,
    arguments: Vec<String>,
    query: Vec<(String, String)>,
    body: Option<Value>,
    /// Of the page that comes next. Nothing if there is none.
    token: Option<Token>,
}

enum Token {
    First,
    After(String),
}

impl Listing {
    async fn page(mut self) -> Result<Option<(Value, Listing)>, Error> {
        let token = match self.token.take() {
            None => return Ok(None),
            Some(Token::First) => None,
            Some(Token::After(token)) => Some(token),
        };
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let mut query: Vec<_> =
            self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        query.extend(token.iter().map(|token| ("continuationToken", token.as_str())));
        let call = Call {
            service: self.service,
            method: self.method,
            arguments: &arguments,
            query: &query,
            body: self.body.as_ref(),
        };
        let page: Page = self.cluster.read(&call).await?;
        let next = page.continuation_token.filter(|next| !next.is_empty());
        if next.is_some() && next == token {
            return Err(Error::EndlessList { asked: call.shown() });
        }
        self.token = next.map(Token::After);
        Ok(Some((Value::Object(page.rest), self)))
    }
}

impl Cluster {
    /// What a call answers, page by page: a page is asked for when it is polled. The pages are as the service gave
    /// them, but for their continuation token. After an error there is nothing more.
    ///
    /// Fails as [`Cluster::call`], and with [`Error::EndlessList`].
    pub fn pages(&self, call: &Call<'_>) -> impl Stream<Item = Result<Value, Error>> + Send + use<> {
        let listing = Listing {
            cluster: self.clone(),
            service: call.service,
            method: call.method,
            arguments: call.arguments.iter().map(|&argument| argument.to_owned()).collect(),
            query: call.query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: call.body.cloned(),
            token: Some(Token::First),
        };
        stream::try_unfold(listing, Listing::page)
    }

    /// The items that a list has under a key, page by page.
    pub(crate) fn items<T: DeserializeOwned + Send>(
        &self,
        call: &Call<'_>,
        key: &'static str,
    ) -> impl Stream<Item = Result<Vec<T>, Error>> + Send + use<T> {
        let asked = call.shown();
        self.pages(call).and_then(move |mut page| {
            let items = page.get_mut(key).map(Value::take).unwrap_or_default();
            let items = serde_json::from_value(items);
            let asked = asked.clone();
            std::future::ready(items.map_err(|source| Error::BadAnswer { asked, source }))
        })
    }

    /// All the items that a list has under a key.
    pub(crate) async fn all<T: DeserializeOwned + Send>(
        &self,
        call: &Call<'_>,
        key: &'static str,
    ) -> Result<Vec<T>, Error> {
        self.items(call, key).try_concat().await
    }
}
