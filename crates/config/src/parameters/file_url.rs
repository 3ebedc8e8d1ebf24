//! The address at which a person can look at a file of the repository.

use taskgraph_value::python;

use super::{Parameters, ParametersError};

impl Parameters {
    /// The address of a file, given by its path from the root of the repository; `pretty` for a page that shows
    /// it, else for its plain text.
    ///
    /// What is below `comm/` belongs to the repository in `comm_head_repository`. Fails for a parameter that is
    /// missing, and for a git repository that is not on GitHub.
    ///
    /// ```
    /// # use taskgraph_config::Parameters;
    /// # use taskgraph_value::map;
    /// let parameters = Parameters::from_values(
    ///     map! {
    ///         "repository_type" => "git",
    ///         "head_repository" => "git@github.com:mozilla/pdf.js.git",
    ///         "head_rev" => "abc123",
    ///     },
    ///     false,
    /// );
    /// assert_eq!(
    ///     parameters.file_url("taskcluster/config.yml", true)?,
    ///     "https://github.com/mozilla/pdf.js/blob/abc123/taskcluster/config.yml"
    /// );
    /// # Ok::<(), taskgraph_config::ParametersError>(())
    /// ```
    pub fn file_url(&self, path: &str, pretty: bool) -> Result<String, ParametersError> {
        let mut parts = path.split("comm/");
        let first = parts.next().unwrap_or_default();
        let (path, repository, rev) = match parts.next() {
            Some(path) => (path, "comm_head_repository", "comm_head_rev"),
            None => (first, "head_repository", "head_rev"),
        };
        let shown = |name| Ok::<_, ParametersError>(python::str(self.require(name)?));
        match self.require("repository_type")?.as_str().map(|text| text.as_str()) {
            Some("hg") => {
                let page = if pretty { "file" } else { "raw-file" };
                Ok(format!("{}/{page}/{}/{path}", shown(repository)?, shown(rev)?))
            }
            Some("git") => {
                let page = if pretty { "blob" } else { "raw" };
                let repository = github(self.text(repository)?)?;
                Ok(format!("{repository}/{page}/{}/{path}", shown(rev)?))
            }
            _ => Err(ParametersError::UnknownRepositoryType { repository_type: shown("repository_type")? }),
        }
    }
}

/// The address of a GitHub repository's page.
fn github(repository: &str) -> Result<String, ParametersError> {
    const SSH: &str = "git@github.com:";
    const HTTPS: &str = "https://github.com/";
    if repository.starts_with(HTTPS) {
        return Ok(repository.strip_suffix('/').unwrap_or(repository).to_owned());
    }
    if repository.starts_with(SSH) {
        return Ok(repository.strip_suffix(".git").unwrap_or(repository).replace(SSH, HTTPS));
    }
    Err(ParametersError::NotOnGithub { repository: repository.to_owned() })
}
