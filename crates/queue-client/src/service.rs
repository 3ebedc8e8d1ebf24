//! The services, with what their most used methods take and answer. [`Cluster::call`] reaches the others.

mod auth;
mod hooks;
mod index;
mod notify;
mod purge_cache;
mod queue;
mod secrets;

pub use auth::Auth;
pub use hooks::Hooks;
pub use index::Index;
pub use notify::{Email, Link, Notify};
pub use purge_cache::PurgeCache;
pub use queue::{Queue, Report};
pub use secrets::{Secret, Secrets};

use crate::{
    api::{Method, SERVICES, Service},
    cluster::Cluster,
};

impl Cluster {
    /// Tasks, groups, artifacts.
    pub fn queue(&self) -> Queue<'_> {
        Queue::new(self)
    }

    /// Tasks by path.
    pub fn index(&self) -> Index<'_> {
        Index::new(self)
    }

    /// Tasks that are made when something asks for them.
    pub fn hooks(&self) -> Hooks<'_> {
        Hooks::new(self)
    }

    /// Scopes.
    pub fn auth(&self) -> Auth<'_> {
        Auth::new(self)
    }

    /// Caches of workers.
    pub fn purge_cache(&self) -> PurgeCache<'_> {
        PurgeCache::new(self)
    }

    /// Secrets.
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets::new(self)
    }

    /// Messages to people.
    pub fn notify(&self) -> Notify<'_> {
        Notify::new(self)
    }
}

/// A method that the table is known to have: the tests call every one.
pub(crate) const fn known(service: &str, method: &str) -> (&'static Service, &'static Method) {
    let mut s = 0;
    while s < SERVICES.len() {
        if same(SERVICES[s].name, service) {
            let mut m = 0;
            while m < SERVICES[s].methods.len() {
                if same(SERVICES[s].methods[m].name, method) {
                    return (&SERVICES[s], &SERVICES[s].methods[m]);
                }
                m += 1;
            }
        }
        s += 1;
    }
    panic!("no such method: fails when compiling, as it is called in constants only")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// A call of a method, which is looked up when compiling.
macro_rules! call {
    ($service:literal, $method:literal, $arguments:expr) => {
        $crate::service::call!($service, $method, $arguments, None)
    };
    ($service:literal, $method:literal, $arguments:expr, $body:expr) => {
        $crate::cluster::Call {
            service: const { $crate::service::known($service, $method).0 },
            method: const { $crate::service::known($service, $method).1 },
            arguments: $arguments,
            query: &[],
            body: $body,
        }
    };
}
pub(crate) use call;
