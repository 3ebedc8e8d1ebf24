//! What can go wrong: for whoever starts a cluster, and for who calls it.

use std::path::PathBuf;

use serde_json::Value;

/// Why a cluster could not be started or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The state file cannot be opened, read or written.
    #[error("cannot use the state file {}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What the operating system or SQLite says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state file was written by another program.
    #[error("{} is not a state file of a local cluster: another program wrote it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The state file was written by a newer version of this program.
    #[error("{} was written by a newer version (format {found}, this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The state file failed after the cluster had been started.
    #[error("the state file failed")]
    Storage(#[source] rusqlite::Error),
    /// No such task.
    #[error("there is no task {0}")]
    NoTask(String),
    /// No such task group.
    #[error("there is no task group {0}")]
    NoGroup(String),
    /// A task is not in a state in which a worker could resolve it.
    #[error("task {task} is {state}{because}")]
    NotRunnable {
        /// The task.
        task: String,
        /// Its state.
        state: String,
        /// More about it, such as which dependencies it waits for. Empty or beginning with a comma or colon.
        because: String,
    },
    /// What the service said to a call made on behalf of a worker.
    #[error("{0}")]
    Refused(String),
}

/// An error that the services report, with the status it is reported with.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The `requestInfo.payload` to show instead of the body of the call.
    pub(crate) payload: Option<Box<Value>>,
    /// What was written before the error stays written.
    pub(crate) keep: bool,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into(), payload: None, keep: false }
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(404, "ResourceNotFound", message)
    }

    /// 409.
    pub(crate) fn conflict(message: impl Into<String>) -> ApiError {
        ApiError::new(409, "RequestConflict", message)
    }

    /// 400, for what a schema cannot say.
    pub(crate) fn input_error(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "InputError", message)
    }

    /// 400, for a body that its schema refuses.
    pub(crate) fn input_validation(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "InputValidationError", message)
    }

    /// 400, for arguments in the path or the query.
    pub(crate) fn invalid_arguments(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "InvalidRequestArguments", message)
    }

    /// 400, for a body that is no JSON.
    pub(crate) fn malformed(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "MalformedPayload", message)
    }

    /// 401.
    pub(crate) fn unauthenticated(message: impl Into<String>) -> ApiError {
        ApiError::new(401, "AuthenticationFailed", message)
    }

    /// 403.
    pub(crate) fn insufficient_scopes(message: impl Into<String>) -> ApiError {
        ApiError::new(403, "InsufficientScopes", message)
    }

    /// What an unknown path is answered, or a method that this cluster does not have.
    pub(crate) fn unknown_route() -> ApiError {
        ApiError::new(404, "", "Not found")
    }

    /// 500. The caller learns nothing of the cause.
    pub(crate) fn internal() -> ApiError {
        ApiError::new(
            500,
            "InternalServerError",
            "Internal Server Error, the cluster could not carry out the request",
        )
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(_: rusqlite::Error) -> ApiError {
        ApiError::internal()
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(_: serde_json::Error) -> ApiError {
        ApiError::internal()
    }
}
