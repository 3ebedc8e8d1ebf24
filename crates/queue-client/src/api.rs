//! The methods of the services: their names, verbs and paths.

mod table;

pub use table::SERVICES;

/// One service of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// As in its URLs, such as `queue` or `purge-cache`.
    pub name: &'static str,
    /// The version of its API, such as `v1`.
    pub version: &'static str,
    /// What it can do, by name.
    pub methods: &'static [Method],
}

/// One method of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// As in the documentation of the services, such as `createTask`.
    pub name: &'static str,
    /// How it is called.
    pub verb: Verb,
    /// The path below that of the service, with its arguments in angle brackets: `/task/<taskId>/status`.
    pub path: &'static str,
    /// The names of its query options.
    pub query: &'static [&'static str],
    /// Whether it takes a body, which is JSON.
    pub takes_body: bool,
}

/// An HTTP verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Makes something be as the body says.
    Put,
    /// Makes something be gone.
    Delete,
}

/// When a request may be sent again although an earlier attempt may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Whenever no answer came: doing it twice has the effect of doing it once.
    Always,
    /// Only if it is certain that the service did nothing: it was not reached, or it refused for load.
    Undone,
}

/// Calls through POST that may be repeated although they have an effect: they bring about a state that they leave
/// alone if it is there already.
const REPEATABLE: [&str; 16] = [
    "cancelTask",
    "cancelTaskGroup",
    "changeTaskGroupPriority",
    "changeTaskPriority",
    "createArtifact",
    "disableClient",
    "enableClient",
    "purgeCache",
    "reportCompleted",
    "reportException",
    "reportFailed",
    "scheduleTask",
    "sealTaskGroup",
    "updateClient",
    "updateHook",
    "updateRole",
];

/// Calls through POST that only read.
const READS: [&str; 7] = [
    "authenticateHawk",
    "expandScopes",
    "findTasksAtIndex",
    "renderTaskclusterYml",
    "statuses",
    "tasks",
    "testAuthenticate",
];

const fn method(
    name: &'static str,
    verb: Verb,
    path: &'static str,
    query: &'static [&'static str],
    takes_body: bool,
) -> Method {
    Method { name, verb, path, query, takes_body }
}

impl Service {
    /// The service of that name.
    pub fn find(name: &str) -> Option<&'static Service> {
        SERVICES.iter().find(|service| service.name == name)
    }

    /// The method of that name.
    ///
    /// ```
    /// use taskcluster_queue_client::api::Service;
    /// let queue = Service::find("queue").unwrap();
    /// assert_eq!(queue.method("status").unwrap().path, "/task/<taskId>/status");
    /// ```
    pub fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().find(|method| method.name == name)
    }
}

impl Method {
    /// The names of the arguments in the path, in order.
    pub fn arguments(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0))
    }

    /// Whether calling it has an effect.
    pub fn changes_something(&self) -> bool {
        match self.verb {
            Verb::Get => false,
            Verb::Post => !READS.contains(&self.name),
            Verb::Put | Verb::Delete => true,
        }
    }

    /// When it may be sent again.
    pub fn repeat(&self) -> Repeat {
        match self.verb {
            Verb::Post if self.changes_something() && !REPEATABLE.contains(&self.name) => Repeat::Undone,
            _ => Repeat::Always,
        }
    }
}

impl Verb {
    /// As it is sent: `GET`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sound() {
        for service in SERVICES {
            assert_eq!(Service::find(service.name), Some(service));
            for method in service.methods {
                assert_eq!(service.method(method.name), Some(method), "{} {}", service.name, method.name);
                assert!(method.path.starts_with('/'), "{}", method.path);
                assert_eq!(method.path.matches('<').count(), method.arguments().count(), "{}", method.path);
            }
        }
    }

    #[test]
    fn arguments_are_named_in_order() {
        let method = Service::find("queue").unwrap().method("getArtifact").unwrap();
        assert_eq!(method.arguments().collect::<Vec<_>>(), ["taskId", "runId", "name"]);
    }

    #[test]
    fn what_doubles_is_not_repeated() {
        let repeat =
            |service: &str, method: &str| Service::find(service).unwrap().method(method).unwrap().repeat();
        assert_eq!(repeat("queue", "createTask"), Repeat::Always);
        assert_eq!(repeat("queue", "tasks"), Repeat::Always);
        assert_eq!(repeat("queue", "claimWork"), Repeat::Undone);
        assert_eq!(repeat("hooks", "triggerHook"), Repeat::Undone);
        assert_eq!(repeat("notify", "email"), Repeat::Undone);
        // The first may have run, and ended, before the second comes.
        assert_eq!(repeat("queue", "rerunTask"), Repeat::Undone);
    }

    #[test]
    fn repeatable_calls_exist() {
        for name in REPEATABLE.into_iter().chain(READS) {
            assert!(SERVICES.iter().any(|service| service.method(name).is_some()), "{name}");
        }
    }
}
