//! How long to wait, how often to try, how much to take.

use std::time::Duration;

/// Limits of an [`Http`](crate::Http).
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// When and how often to try again.
    pub retry: Retry,
    /// The most time one attempt may take, its body included.
    pub timeout: Duration,
    /// The most time connecting may take.
    pub connect_timeout: Duration,
    /// The most bytes an answer may have, after decompression.
    pub max_bytes: u64,
    /// Whether to go through the proxies that `http_proxy`, `https_proxy` and `no_proxy` in the environment of the
    /// process name.
    pub use_proxies: bool,
}

impl Default for Settings {
    /// Two minutes for an attempt, 30 seconds of it to connect, 1 GiB, and proxies.
    fn default() -> Settings {
        Settings {
            retry: Retry::default(),
            timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(30),
            max_bytes: 1 << 30,
            use_proxies: true,
        }
    }
}

/// When to try again after a failed connection, an incomplete answer, or a status 429 or 5xx.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How many attempts to make at most, the first included; zero counts as one.
    pub attempts: u32,
    /// About how long to wait after the first attempt; twice as long after each further one.
    pub first_delay: Duration,
    /// The most to wait after any attempt, even if the service asks for more.
    pub max_delay: Duration,
}

impl Default for Retry {
    /// Six attempts, waiting about 0.1, 0.2, 0.4, 0.8 and 1.6 seconds in between, 30 seconds at most.
    fn default() -> Retry {
        Retry { attempts: 6, first_delay: Duration::from_millis(100), max_delay: Duration::from_secs(30) }
    }
}

impl Retry {
    /// How long to wait after attempt `attempt` (the first is 1), given a random number from 0 to 1: between half of
    /// the full delay and all of it, so that clients which failed together do not come back together.
    ///
    /// `asked` is what the service asked to wait; it is granted up to `max_delay`.
    ///
    /// ```
    /// use std::time::Duration;
    /// let retry = taskcluster_queue_client::Retry::default();
    /// assert_eq!(retry.delay(3, 1.0, None), Duration::from_millis(400));
    /// assert_eq!(retry.delay(3, 0.0, None), Duration::from_millis(200));
    /// assert_eq!(retry.delay(1, 0.5, Some(Duration::from_secs(9))), Duration::from_secs(9));
    /// ```
    pub fn delay(&self, attempt: u32, random: f64, asked: Option<Duration>) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.first_delay.saturating_mul(1 << doublings).min(self.max_delay);
        let jittered = full.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        jittered.max(asked.unwrap_or_default().min(self.max_delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_never_exceed_the_limit() {
        let retry = Retry::default();
        assert_eq!(retry.delay(u32::MAX, 1.0, None), Duration::from_secs(30));
        assert_eq!(retry.delay(1, f64::MAX, Some(Duration::MAX)), Duration::from_secs(30));
        assert_eq!(retry.delay(0, -1.0, None), Duration::from_millis(50));
        let none = Retry { attempts: 3, first_delay: Duration::ZERO, max_delay: Duration::ZERO };
        assert_eq!(none.delay(2, 1.0, Some(Duration::from_secs(1))), Duration::ZERO);
    }
}
