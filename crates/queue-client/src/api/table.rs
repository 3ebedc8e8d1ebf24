//! Every method of every service. Written by `cargo xtask api-table` from version 106.0.0 of the official Python client.

use super::{
    Method, Service,
    Verb::{Delete, Get, Post, Put},
    method,
};

/// All services, by name.
pub const SERVICES: &[Service] =
    &[AUTH, GITHUB, HOOKS, INDEX, NOTIFY, OBJECT, PURGE_CACHE, QUEUE, SECRETS, WEB_SERVER, WORKER_MANAGER];

const AUTH: Service = Service { name: "auth", version: "v1", methods: AUTH_METHODS };

#[rustfmt::skip]
const AUTH_METHODS: &[Method] = &[
    method("authenticateHawk", Post, "/authenticate-hawk", &[], true),
    method("awsS3Credentials", Get, "/aws/s3/<level>/<bucket>/<prefix>", &["format"], false),
    method("azureAccounts", Get, "/azure/accounts", &[], false),
    method("azureContainerSAS", Get, "/azure/<account>/containers/<container>/<level>", &[], false),
    method("azureContainers", Get, "/azure/<account>/containers", &["continuationToken"], false),
    method("azureTableSAS", Get, "/azure/<account>/table/<table>/<level>", &[], false),
    method("azureTables", Get, "/azure/<account>/tables", &["continuationToken"], false),
    method("client", Get, "/clients/<clientId>", &[], false),
    method("createClient", Put, "/clients/<clientId>", &[], true),
    method("createRole", Put, "/roles/<roleId>", &[], true),
    method("currentScopes", Get, "/scopes/current", &[], false),
    method("deleteClient", Delete, "/clients/<clientId>", &[], false),
    method("deleteRole", Delete, "/roles/<roleId>", &[], false),
    method("disableClient", Post, "/clients/<clientId>/disable", &[], false),
    method("enableClient", Post, "/clients/<clientId>/enable", &[], false),
    method("expandScopes", Post, "/scopes/expand", &[], true),
    method("gcpCredentials", Get, "/gcp/credentials/<projectId>/<serviceAccount>", &[], false),
    method("getEntityHistory", Get, "/audit/<entityType>/<entityId>", &["continuationToken", "limit"], false),
    method("githubRepoToken", Post, "/github/<appName>/<owner>/repo-token", &[], true),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listAuditHistory", Get, "/clients/<clientId>/audit", &["continuationToken", "limit"], false),
    method("listClients", Get, "/clients/", &["prefix", "continuationToken", "limit"], false),
    method("listRoleIds", Get, "/roleids/", &["continuationToken", "limit"], false),
    method("listRoles", Get, "/roles/", &[], false),
    method("listRoles2", Get, "/roles2/", &["continuationToken", "limit"], false),
    method("ping", Get, "/ping", &[], false),
    method("resetAccessToken", Post, "/clients/<clientId>/reset", &[], false),
    method("role", Get, "/roles/<roleId>", &[], false),
    method("sentryDSN", Get, "/sentry/<project>/dsn", &[], false),
    method("testAuthenticate", Post, "/test-authenticate", &[], true),
    method("testAuthenticateGet", Get, "/test-authenticate-get/", &[], false),
    method("updateClient", Post, "/clients/<clientId>", &[], true),
    method("updateRole", Post, "/roles/<roleId>", &[], true),
    method("version", Get, "/__version__", &[], false),
    method("websocktunnelToken", Get, "/websocktunnel/<wstAudience>/<wstClient>", &[], false),
];

const GITHUB: Service = Service { name: "github", version: "v1", methods: GITHUB_METHODS };

#[rustfmt::skip]
const GITHUB_METHODS: &[Method] = &[
    method("badge", Get, "/repository/<owner>/<repo>/<branch>/badge.svg", &[], false),
    method("builds", Get, "/builds", &["continuationToken", "limit", "organization", "repository", "sha", "pullRequest"], false),
    method("cancelBuilds", Post, "/builds/<owner>/<repo>/cancel", &["sha", "pullRequest"], false),
    method("createComment", Post, "/repository/<owner>/<repo>/issues/<number>/comments", &[], true),
    method("createStatus", Post, "/repository/<owner>/<repo>/statuses/<sha>", &[], true),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("latest", Get, "/repository/<owner>/<repo>/<branch>/latest", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("ping", Get, "/ping", &[], false),
    method("renderTaskclusterYml", Post, "/taskcluster-yml", &[], true),
    method("repository", Get, "/repository/<owner>/<repo>", &[], false),
    method("version", Get, "/__version__", &[], false),
];

const HOOKS: Service = Service { name: "hooks", version: "v1", methods: HOOKS_METHODS };

#[rustfmt::skip]
const HOOKS_METHODS: &[Method] = &[
    method("createHook", Put, "/hooks/<hookGroupId>/<hookId>", &[], true),
    method("getHookStatus", Get, "/hooks/<hookGroupId>/<hookId>/status", &[], false),
    method("getTriggerToken", Get, "/hooks/<hookGroupId>/<hookId>/token", &[], false),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("hook", Get, "/hooks/<hookGroupId>/<hookId>", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listHookGroups", Get, "/hooks", &[], false),
    method("listHooks", Get, "/hooks/<hookGroupId>", &[], false),
    method("listLastFires", Get, "/hooks/<hookGroupId>/<hookId>/last-fires", &["continuationToken", "limit"], false),
    method("ping", Get, "/ping", &[], false),
    method("removeHook", Delete, "/hooks/<hookGroupId>/<hookId>", &[], false),
    method("resetTriggerToken", Post, "/hooks/<hookGroupId>/<hookId>/token", &[], false),
    method("triggerHook", Post, "/hooks/<hookGroupId>/<hookId>/trigger", &[], true),
    method("triggerHookWithToken", Post, "/hooks/<hookGroupId>/<hookId>/trigger/<token>", &[], true),
    method("updateHook", Post, "/hooks/<hookGroupId>/<hookId>", &[], true),
    method("version", Get, "/__version__", &[], false),
];

const INDEX: Service = Service { name: "index", version: "v1", methods: INDEX_METHODS };

#[rustfmt::skip]
const INDEX_METHODS: &[Method] = &[
    method("deleteTask", Delete, "/task/<namespace>", &[], false),
    method("findArtifactFromTask", Get, "/task/<indexPath>/artifacts/<name>", &[], false),
    method("findTask", Get, "/task/<indexPath>", &[], false),
    method("findTasksAtIndex", Post, "/tasks/indexes", &["continuationToken", "limit"], true),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("insertTask", Put, "/task/<namespace>", &[], true),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listNamespaces", Get, "/namespaces/<namespace>", &["continuationToken", "limit"], false),
    method("listTasks", Get, "/tasks/<namespace>", &["continuationToken", "limit"], false),
    method("ping", Get, "/ping", &[], false),
    method("version", Get, "/__version__", &[], false),
];

const NOTIFY: Service = Service { name: "notify", version: "v1", methods: NOTIFY_METHODS };

#[rustfmt::skip]
const NOTIFY_METHODS: &[Method] = &[
    method("addDenylistAddress", Post, "/denylist/add", &[], true),
    method("deleteDenylistAddress", Delete, "/denylist/delete", &[], true),
    method("email", Post, "/email", &[], true),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listDenylist", Get, "/denylist/list", &["continuationToken", "limit"], false),
    method("matrix", Post, "/matrix", &[], true),
    method("ping", Get, "/ping", &[], false),
    method("pulse", Post, "/pulse", &[], true),
    method("slack", Post, "/slack", &[], true),
    method("version", Get, "/__version__", &[], false),
];

const OBJECT: Service = Service { name: "object", version: "v1", methods: OBJECT_METHODS };

#[rustfmt::skip]
const OBJECT_METHODS: &[Method] = &[
    method("createUpload", Put, "/upload/<name>", &[], true),
    method("download", Get, "/download/<name>", &[], false),
    method("finishUpload", Post, "/finish-upload/<name>", &[], true),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("object", Get, "/metadata/<name>", &[], false),
    method("ping", Get, "/ping", &[], false),
    method("startDownload", Put, "/start-download/<name>", &[], true),
    method("version", Get, "/__version__", &[], false),
];

const PURGE_CACHE: Service = Service { name: "purge-cache", version: "v1", methods: PURGE_CACHE_METHODS };

#[rustfmt::skip]
const PURGE_CACHE_METHODS: &[Method] = &[
    method("allPurgeRequests", Get, "/purge-cache/list", &["continuationToken", "limit"], false),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("ping", Get, "/ping", &[], false),
    method("purgeCache", Post, "/purge-cache/<workerPoolId>", &[], true),
    method("purgeRequests", Get, "/purge-cache/<workerPoolId>", &["since"], false),
    method("version", Get, "/__version__", &[], false),
];

const QUEUE: Service = Service { name: "queue", version: "v1", methods: QUEUE_METHODS };

#[rustfmt::skip]
const QUEUE_METHODS: &[Method] = &[
    method("artifact", Get, "/task/<taskId>/runs/<runId>/artifact-content/<name>", &[], false),
    method("artifactInfo", Get, "/task/<taskId>/runs/<runId>/artifact-info/<name>", &[], false),
    method("cancelTask", Post, "/task/<taskId>/cancel", &[], false),
    method("cancelTaskGroup", Post, "/task-group/<taskGroupId>/cancel", &[], false),
    method("changeTaskGroupPriority", Post, "/task-group/<taskGroupId>/priority", &[], true),
    method("changeTaskPriority", Post, "/task/<taskId>/priority", &[], true),
    method("claimTask", Post, "/task/<taskId>/runs/<runId>/claim", &[], true),
    method("claimWork", Post, "/claim-work/<taskQueueId>", &[], true),
    method("createArtifact", Post, "/task/<taskId>/runs/<runId>/artifacts/<name>", &[], true),
    method("createTask", Put, "/task/<taskId>", &[], true),
    method("declareProvisioner", Put, "/provisioners/<provisionerId>", &[], true),
    method("declareWorker", Put, "/provisioners/<provisionerId>/worker-types/<workerType>/<workerGroup>/<workerId>", &[], true),
    method("declareWorkerType", Put, "/provisioners/<provisionerId>/worker-types/<workerType>", &[], true),
    method("finishArtifact", Put, "/task/<taskId>/runs/<runId>/artifacts/<name>", &[], true),
    method("getArtifact", Get, "/task/<taskId>/runs/<runId>/artifacts/<name>", &[], false),
    method("getLatestArtifact", Get, "/task/<taskId>/artifacts/<name>", &[], false),
    method("getProvisioner", Get, "/provisioners/<provisionerId>", &[], false),
    method("getTaskGroup", Get, "/task-group/<taskGroupId>", &[], false),
    method("getTaskQueue", Get, "/task-queues/<taskQueueId>", &[], false),
    method("getWorker", Get, "/provisioners/<provisionerId>/worker-types/<workerType>/workers/<workerGroup>/<workerId>", &[], false),
    method("getWorkerType", Get, "/provisioners/<provisionerId>/worker-types/<workerType>", &[], false),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("latestArtifact", Get, "/task/<taskId>/artifact-content/<name>", &[], false),
    method("latestArtifactInfo", Get, "/task/<taskId>/artifact-info/<name>", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listArtifacts", Get, "/task/<taskId>/runs/<runId>/artifacts", &["continuationToken", "limit"], false),
    method("listClaimedTasks", Get, "/task-queues/<taskQueueId>/claimed", &["continuationToken", "limit"], false),
    method("listDependentTasks", Get, "/task/<taskId>/dependents", &["continuationToken", "limit"], false),
    method("listLatestArtifacts", Get, "/task/<taskId>/artifacts", &["continuationToken", "limit"], false),
    method("listPendingTasks", Get, "/task-queues/<taskQueueId>/pending", &["continuationToken", "limit"], false),
    method("listProvisioners", Get, "/provisioners", &["continuationToken", "limit"], false),
    method("listTaskGroup", Get, "/task-group/<taskGroupId>/list", &["continuationToken", "limit"], false),
    method("listTaskQueues", Get, "/task-queues", &["continuationToken", "limit"], false),
    method("listWorkerTypes", Get, "/provisioners/<provisionerId>/worker-types", &["continuationToken", "limit"], false),
    method("listWorkers", Get, "/provisioners/<provisionerId>/worker-types/<workerType>/workers", &["continuationToken", "limit", "quarantined"], false),
    method("pendingTasks", Get, "/pending/<taskQueueId>", &[], false),
    method("ping", Get, "/ping", &[], false),
    method("quarantineWorker", Put, "/provisioners/<provisionerId>/worker-types/<workerType>/workers/<workerGroup>/<workerId>", &[], true),
    method("reclaimTask", Post, "/task/<taskId>/runs/<runId>/reclaim", &[], false),
    method("reportCompleted", Post, "/task/<taskId>/runs/<runId>/completed", &[], false),
    method("reportException", Post, "/task/<taskId>/runs/<runId>/exception", &[], true),
    method("reportFailed", Post, "/task/<taskId>/runs/<runId>/failed", &[], false),
    method("rerunTask", Post, "/task/<taskId>/rerun", &[], false),
    method("scheduleTask", Post, "/task/<taskId>/schedule", &[], false),
    method("sealTaskGroup", Post, "/task-group/<taskGroupId>/seal", &[], false),
    method("status", Get, "/task/<taskId>/status", &[], false),
    method("statuses", Post, "/tasks/status", &["continuationToken", "limit"], true),
    method("task", Get, "/task/<taskId>", &[], false),
    method("taskQueueCounts", Get, "/task-queues/<taskQueueId>/counts", &[], false),
    method("tasks", Post, "/tasks", &["continuationToken", "limit"], true),
    method("version", Get, "/__version__", &[], false),
];

const SECRETS: Service = Service { name: "secrets", version: "v1", methods: SECRETS_METHODS };

#[rustfmt::skip]
const SECRETS_METHODS: &[Method] = &[
    method("get", Get, "/secret/<name>", &[], false),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("list", Get, "/secrets", &["continuationToken", "limit"], false),
    method("ping", Get, "/ping", &[], false),
    method("remove", Delete, "/secret/<name>", &[], false),
    method("set", Put, "/secret/<name>", &[], true),
    method("version", Get, "/__version__", &[], false),
];

const WEB_SERVER: Service = Service { name: "web-server", version: "v1", methods: WEB_SERVER_METHODS };

#[rustfmt::skip]
const WEB_SERVER_METHODS: &[Method] = &[
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("ping", Get, "/ping", &[], false),
    method("taskGroupProfile", Get, "/task-group/<taskGroupId>/profile", &[], false),
    method("taskProfile", Get, "/task/<taskId>/profile", &[], false),
    method("version", Get, "/__version__", &[], false),
];

const WORKER_MANAGER: Service =
    Service { name: "worker-manager", version: "v1", methods: WORKER_MANAGER_METHODS };

#[rustfmt::skip]
const WORKER_MANAGER_METHODS: &[Method] = &[
    method("createWorker", Put, "/workers/<workerPoolId>/<workerGroup>/<workerId>", &[], true),
    method("createWorkerPool", Put, "/worker-pool/<workerPoolId>", &[], true),
    method("deleteWorkerPool", Delete, "/worker-pool/<workerPoolId>", &[], false),
    method("getWorker", Get, "/provisioners/<provisionerId>/worker-types/<workerType>/workers/<workerGroup>/<workerId>", &[], false),
    method("heartbeat", Get, "/__heartbeat__", &[], false),
    method("lbheartbeat", Get, "/__lbheartbeat__", &[], false),
    method("listProviders", Get, "/providers", &["continuationToken", "limit"], false),
    method("listWorkerPoolErrors", Get, "/worker-pool-errors/<workerPoolId>", &["continuationToken", "limit", "launchConfigId", "errorId"], false),
    method("listWorkerPoolLaunchConfigs", Get, "/worker-pool/<workerPoolId>/launch-configs", &["continuationToken", "limit", "includeArchived"], false),
    method("listWorkerPools", Get, "/worker-pools", &["continuationToken", "limit"], false),
    method("listWorkerPoolsStats", Get, "/worker-pools/stats", &["continuationToken", "limit"], false),
    method("listWorkers", Get, "/provisioners/<provisionerId>/worker-types/<workerType>/workers", &["continuationToken", "limit", "launchConfigId", "quarantined", "workerState"], false),
    method("listWorkersForWorkerGroup", Get, "/workers/<workerPoolId>/<workerGroup>", &["continuationToken", "limit"], false),
    method("listWorkersForWorkerPool", Get, "/workers/<workerPoolId>", &["continuationToken", "limit", "launchConfigId", "state"], false),
    method("ping", Get, "/ping", &[], false),
    method("registerWorker", Post, "/worker/register", &[], true),
    method("removeWorker", Delete, "/workers/<workerPoolId>/<workerGroup>/<workerId>", &[], false),
    method("reportWorkerError", Post, "/worker-pool-errors/<workerPoolId>", &[], true),
    method("reregisterWorker", Post, "/worker/reregister", &[], true),
    method("shouldWorkerTerminate", Get, "/workers/<workerPoolId>/<workerGroup>/<workerId>/should-terminate", &[], false),
    method("updateWorker", Post, "/workers/<workerPoolId>/<workerGroup>/<workerId>", &[], true),
    method("updateWorkerPool", Post, "/worker-pool/<workerPoolId>", &[], true),
    method("version", Get, "/__version__", &[], false),
    method("worker", Get, "/workers/<workerPoolId>/<workerGroup>/<workerId>", &[], false),
    method("workerPool", Get, "/worker-pool/<workerPoolId>", &[], false),
    method("workerPoolErrorStats", Get, "/worker-pool-errors/stats", &["workerPoolId"], false),
    method("workerPoolStats", Get, "/worker-pool/<workerPoolId>/stats", &[], false),
];
