//! Dates and times, as Python's `datetime` reads and shows them.

/// A date, perhaps with a time, as written; its numbers may make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    time: Option<Time>,
    /// Whether month and day have two digits.
    padded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    micros: u32,
    /// Minutes from UTC.
    offset: Option<i32>,
}

struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let number = self.0[..count].iter().fold(0, |number, b| number * 10 + u32::from(b - b'0'));
        self.0 = &self.0[count..];
        Some(number)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn blanks(&mut self) -> usize {
        let count = self.0.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.0 = &self.0[count..];
        count
    }
}

impl Timestamp {
    /// Takes text apart that has the form of a date: `2001-1-1`, `2001-12-14t21:59:43.10-05:00`, ...
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan(text.as_bytes());
        let year = scan.digits(4, 4)?;
        scan.take(b'-')?;
        let before = scan.0.len();
        let month = scan.digits(1, 2)?;
        scan.take(b'-')?;
        let day = scan.digits(1, 2)?;
        let padded = before - scan.0.len() == 5;
        let time = if scan.0.is_empty() { None } else { Some(Time::parse(&mut scan)?) };
        scan.0.is_empty().then_some(Timestamp { year, month, day, time, padded })
    }

    /// Whether a plain scalar of this form is a timestamp without being tagged as one.
    pub(super) fn is_implicit(self) -> bool {
        self.time.is_some() || self.padded
    }

    /// What Python's `str()` shows, or why there is no such date or time.
    pub(super) fn to_python(self) -> Result<String, String> {
        let Timestamp { year, month, day, time, .. } = self;
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => 31,
        };
        if year == 0 {
            return Err("there is no year 0".into());
        }
        for (name, value, range) in [("month", month, 1..=12), ("day", day, 1..=days)] {
            check(name, value, range)?;
        }
        let mut text = format!("{year:04}-{month:02}-{day:02}");
        if let Some(time) = time {
            time.write(&mut text)?;
        }
        Ok(text)
    }
}

fn check(name: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("the {name} must be in {}..{}, found {value}", range.start(), range.end()))
}

impl Time {
    fn parse(scan: &mut Scan<'_>) -> Option<Self> {
        if scan.take(b'T').or_else(|| scan.take(b't')).is_none() && scan.blanks() == 0 {
            return None;
        }
        let hour = scan.digits(1, 2)?;
        scan.take(b':')?;
        let minute = scan.digits(2, 2)?;
        scan.take(b':')?;
        let second = scan.digits(2, 2)?;
        let mut micros = 0;
        if scan.take(b'.').is_some() {
            // Six digits count, however many there are.
            for place in 0.. {
                match scan.digits(1, 1) {
                    None => break,
                    Some(digit) if place < 6 => micros += digit * 10u32.pow(5 - place),
                    Some(_) => {}
                }
            }
        }
        scan.blanks();
        let offset = match scan.0.first() {
            None => None,
            Some(b'Z') => scan.take(b'Z').map(|()| 0),
            Some(&sign @ (b'+' | b'-')) => {
                scan.take(sign)?;
                let hours = scan.digits(1, 2)?;
                let minutes = if scan.take(b':').is_some() { scan.digits(2, 2)? } else { 0 };
                let total = i32::try_from(hours * 60 + minutes).ok()?;
                Some(if sign == b'-' { -total } else { total })
            }
            Some(_) => return None,
        };
        Some(Time { hour, minute, second, micros, offset })
    }

    fn write(self, text: &mut String) -> Result<(), String> {
        let Time { hour, minute, second, micros, offset } = self;
        for (name, value, most) in [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59)] {
            check(name, value, 0..=most)?;
        }
        text.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
        if micros > 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        let Some(offset) = offset else { return Ok(()) };
        let minutes = offset.unsigned_abs();
        if minutes >= 24 * 60 {
            return Err("the offset from UTC must be less than 24 hours".into());
        }
        let sign = if offset < 0 { '-' } else { '+' };
        text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        Ok(())
    }
}
