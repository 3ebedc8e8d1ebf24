//! From the path of a request to the method of a service that it calls.

use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use taskcluster_queue_client::api::{Method, SERVICES, Service, Verb};

/// Arguments that may hold slashes although the path has others: clients do not always escape them.
const GREEDY: [&str; 3] = ["name", "taskQueueId", "workerPoolId"];

/// Services of which something is implemented. The others have only what every service has.
const SERVICES_HERE: [&str; 7] = ["auth", "hooks", "index", "notify", "purge-cache", "queue", "secrets"];
/// What every service has.
const EVERYWHERE: [&str; 4] = ["heartbeat", "lbheartbeat", "ping", "version"];
/// Methods of these services that are not implemented.
const ABSENT: [(&str, &[&str]); 2] = [
    (
        "auth",
        &[
            "awsS3Credentials",
            "azureAccounts",
            "azureContainerSAS",
            "azureContainers",
            "azureTableSAS",
            "azureTables",
            "gcpCredentials",
            "getEntityHistory",
            "githubRepoToken",
            "listAuditHistory",
            "sentryDSN",
            "websocktunnelToken",
        ],
    ),
    (
        "queue",
        &[
            "declareProvisioner",
            "declareWorker",
            "declareWorkerType",
            "getProvisioner",
            "getTaskQueue",
            "getWorker",
            "getWorkerType",
            "listProvisioners",
            "listTaskQueues",
            "listWorkerTypes",
            "listWorkers",
            "quarantineWorker",
        ],
    ),
];

/// A method, and its arguments.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) service: &'static Service,
    pub(crate) method: &'static Method,
    /// Decoded, in the order of the path.
    pub(crate) arguments: Vec<String>,
}

struct Pattern {
    method: &'static Method,
    parts: Vec<Part>,
    /// Where the argument is that may hold slashes.
    greedy: Option<usize>,
    /// Whether the last argument may be missing.
    optional: bool,
}

enum Part {
    Literal(&'static str),
    Argument,
}

/// Finds the method. `path` is without the query, as it was sent.
pub(crate) fn find(verb: &str, path: &str) -> Option<Route> {
    let verb = match verb {
        "GET" | "HEAD" => Verb::Get,
        "POST" => Verb::Post,
        "PUT" => Verb::Put,
        "DELETE" => Verb::Delete,
        _ => return None,
    };
    let (name, rest) = path.strip_prefix("/api/")?.split_once('/')?;
    let (version, rest) = rest.split_once('/')?;
    let (service, patterns) =
        table().iter().find(|(service, _)| service.name == name && service.version == version)?;
    let find = |rest: &str| {
        let segments = rest.split('/').collect::<Vec<_>>();
        patterns.iter().filter(|pattern| pattern.method.verb == verb).find_map(|pattern| {
            Some(Route { service, method: pattern.method, arguments: pattern.matches(&segments)? })
        })
    };
    // A slash at the end does not count, unless it belongs to a name.
    find(rest).or_else(|| find(rest.strip_suffix('/')?))
}

fn is_implemented(service: &str, method: &str) -> bool {
    let absent = ABSENT.iter().any(|(name, methods)| *name == service && methods.contains(&method));
    EVERYWHERE.contains(&method) || SERVICES_HERE.contains(&service) && !absent
}

fn table() -> &'static [(&'static Service, Vec<Pattern>)] {
    static TABLE: OnceLock<Vec<(&'static Service, Vec<Pattern>)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        SERVICES
            .iter()
            .map(|service| {
                let methods =
                    service.methods.iter().filter(|method| is_implemented(service.name, method.name));
                let mut patterns = methods.map(|method| Pattern::new(service, method)).collect::<Vec<_>>();
                // The most specific first.
                patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.literals()));
                (service, patterns)
            })
            .collect()
    })
}

impl Pattern {
    fn new(service: &'static Service, method: &'static Method) -> Pattern {
        let mut greedy = None;
        let parts = method
            .path
            .trim_matches('/')
            .split('/')
            .enumerate()
            .map(|(index, part)| match part.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
                Some(name) => {
                    if GREEDY.contains(&name) {
                        greedy = Some(index);
                    }
                    Part::Argument
                }
                None => Part::Literal(part),
            })
            .collect();
        // The top of the index has no name.
        let optional = service.name == "index" && method.name.starts_with("list");
        Pattern { method, parts, greedy, optional }
    }

    fn literals(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part, Part::Literal(_))).count()
    }

    /// The arguments, if these segments of a path fit.
    fn matches(&self, segments: &[&str]) -> Option<Vec<String>> {
        if self.optional && segments.len() + 1 == self.parts.len() {
            let literal =
                |(part, given): (&Part, &&str)| matches!(part, Part::Literal(part) if part == given);
            return self.parts.iter().zip(segments).all(literal).then(|| vec![String::new()]);
        }
        let extra = segments.len().checked_sub(self.parts.len())?;
        if extra > 0 && self.greedy.is_none() {
            return None;
        }
        let mut arguments = Vec::new();
        let mut at = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let take = if self.greedy == Some(index) { extra + 1 } else { 1 };
            let given = segments.get(at..at + take)?;
            at += take;
            match part {
                Part::Literal(literal) if given != [*literal] => return None,
                Part::Literal(_) => {}
                Part::Argument => {
                    let given = given.join("/");
                    if given.is_empty() {
                        return None;
                    }
                    arguments.push(decode(&given));
                }
            }
        }
        Some(arguments)
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The options of a query, decoded.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(verb: &str, path: &str, expected: Option<(&str, &[&str])>) {
        let found = find(verb, path);
        let found = found
            .as_ref()
            .map(|route| (route.method.name, route.arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(found, expected.map(|(name, arguments)| (name, arguments.to_vec())), "{verb} {path}");
    }

    #[test]
    fn methods_by_verb_and_path() {
        check("GET", "/api/queue/v1/task/T", Some(("task", &["T"])));
        check("HEAD", "/api/queue/v1/task/T", Some(("task", &["T"])));
        check("PUT", "/api/queue/v1/task/T", Some(("createTask", &["T"])));
        check("DELETE", "/api/queue/v1/task/T", None);
        check("GET", "/api/queue/v1/task/T/status", Some(("status", &["T"])));
        check("GET", "/api/queue/v1/ping", Some(("ping", &[])));
        check("POST", "/api/queue/v1/tasks/status", Some(("statuses", &[])));
        check("GET", "/api/queue/v2/task/T", None);
        check("GET", "/api/nothing/v1/task/T", None);
        check("GET", "/api/queue/v1/", None);
        check("GET", "/api/queue/v1/task/", None);
        check("GET", "/", None);
    }

    #[test]
    fn a_slash_at_the_end_does_not_count() {
        check("GET", "/api/auth/v1/roles", Some(("listRoles", &[])));
        check("GET", "/api/auth/v1/roles/", Some(("listRoles", &[])));
        check("GET", "/api/auth/v1/clients", Some(("listClients", &[])));
        check("GET", "/api/queue/v1/task/T/status/", Some(("status", &["T"])));
        check("GET", "/api/queue/v1/task/T/artifacts/x/", Some(("getLatestArtifact", &["T", "x/"])));
    }

    #[test]
    fn the_top_of_the_index_has_no_name() {
        check("GET", "/api/index/v1/tasks", Some(("listTasks", &[""])));
        check("GET", "/api/index/v1/namespaces/", Some(("listNamespaces", &[""])));
        check("GET", "/api/index/v1/tasks/a.b", Some(("listTasks", &["a.b"])));
        check("GET", "/api/index/v1/task", None);
    }

    #[test]
    fn what_is_not_implemented_is_not_there() {
        check("PUT", "/api/queue/v1/provisioners/p", None);
        check("GET", "/api/auth/v1/sentry/p/dsn", None);
        check("GET", "/api/github/v1/builds", None);
        check("GET", "/api/github/v1/ping", Some(("ping", &[])));
        for (service, methods) in ABSENT {
            let service = Service::find(service).unwrap();
            for method in methods {
                assert!(service.method(method).is_some(), "{method}");
            }
        }
    }

    #[test]
    fn names_and_queues_may_hold_slashes_escaped_or_not() {
        let latest = Some(("getLatestArtifact", &["T", "public/a b.txt"][..]));
        check("GET", "/api/queue/v1/task/T/artifacts/public/a%20b.txt", latest);
        check("GET", "/api/queue/v1/task/T/artifacts/public%2Fa%20b.txt", latest);
        let of_run = Some(("getArtifact", &["T", "0", "public/artifacts/x"][..]));
        check("GET", "/api/queue/v1/task/T/runs/0/artifacts/public/artifacts/x", of_run);
        let counts = Some(("taskQueueCounts", &["a/b"][..]));
        check("GET", "/api/queue/v1/task-queues/a/b/counts", counts);
        check("GET", "/api/queue/v1/task-queues/a%2Fb/counts", counts);
        check("POST", "/api/queue/v1/claim-work/a%2Fb", Some(("claimWork", &["a/b"])));
    }

    #[test]
    fn queries_are_decoded() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            parse_query("a=1&b=x%26y+z&c&=&"),
            [pair("a", "1"), pair("b", "x&y z"), pair("c", ""), pair("", "")]
        );
        assert_eq!(parse_query(""), []);
    }
}
