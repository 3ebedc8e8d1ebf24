//! How long to wait, how often to try, how much to take, how much at once.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Limits of an [`Http`](crate::Http), and its clock.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When and how often to try again.
    pub retry: Retry,
    /// The most time to wait for an answer to begin, and between two pieces of it.
    pub timeout: Duration,
    /// The most time connecting may take.
    pub connect_timeout: Duration,
    /// The most bytes an answer that is kept in memory may have, after decompression. Files have no limit.
    pub max_bytes: u64,
    /// How many requests may be under way at once; zero counts as one. The services answer no faster beyond ten.
    pub concurrency: usize,
    /// Whether to go through the proxies that `http_proxy`, `https_proxy` and `no_proxy` in the environment of the
    /// process name.
    pub use_proxies: bool,
    /// What requests are signed with: services refuse requests of long ago.
    pub clock: Clock,
}

impl Default for Settings {
    /// A minute to wait, 30 seconds to connect, 1 GiB, ten requests at once, proxies, and the clock of the machine.
    fn default() -> Settings {
        Settings {
            retry: Retry::default(),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(30),
            max_bytes: 1 << 30,
            concurrency: 10,
            use_proxies: true,
            clock: Clock::machine(),
        }
    }
}

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that says what the function says.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The clock of the machine.
    pub fn machine() -> Clock {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is given as an argument")]
        Clock::new(SystemTime::now)
    }

    /// The time.
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// When to try again after a failed connection, an incomplete answer, or a status 429 or 5xx.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How many attempts to make at most, the first included; zero counts as one.
    pub attempts: u32,
    /// About how long to wait after the first attempt; twice as long after each further one.
    pub first_delay: Duration,
    /// The most to wait after any attempt, unless the service asks for more.
    pub max_delay: Duration,
    /// The most to wait because the service asks for it (`Retry-After`).
    pub max_asked: Duration,
}

impl Default for Retry {
    /// Six attempts, waiting about 0.1, 0.2, 0.4, 0.8 and 1.6 seconds in between, 30 seconds at most, or as long as the
    /// service asks, five minutes at most.
    fn default() -> Retry {
        Retry {
            attempts: 6,
            first_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(30),
            max_asked: Duration::from_secs(300),
        }
    }
}

impl Retry {
    /// How long to wait after attempt `attempt` (the first is 1), given a random number from 0 to 1: between half of
    /// the full delay and all of it, so that clients which failed together do not come back together.
    ///
    /// `asked` is what the service asked to wait; it is granted up to `max_asked`.
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
        jittered.max(asked.unwrap_or_default().min(self.max_asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_never_exceed_the_limit() {
        let retry = Retry::default();
        assert_eq!(retry.delay(u32::MAX, 1.0, None), Duration::from_secs(30));
        assert_eq!(retry.delay(1, f64::MAX, Some(Duration::MAX)), Duration::from_secs(300));
        assert_eq!(retry.delay(0, -1.0, None), Duration::from_millis(50));
        let none = Retry {
            attempts: 3,
            first_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
            max_asked: Duration::ZERO,
        };
        assert_eq!(none.delay(2, 1.0, Some(Duration::from_secs(1))), Duration::ZERO);
    }
}
