//! Dates with a format specification: the directives of Python's `strftime`, in the C locale.

use std::fmt::Write;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A date, as Python's `str()` shows it, taken apart.
#[derive(Clone, Copy, Debug, Default)]
struct Date<'a> {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// `+01:00`; empty if it has no zone.
    offset: &'a str,
}

/// Writes a date, which is text such as `2024-02-29` or `2001-12-14 21:59:43.100000-05:00`.
pub(super) fn write(out: &mut String, date: &str, spec: &str) -> Result<(), String> {
    let date = Date::read(date).ok_or_else(|| format!("expected a date, found `{date}`"))?;
    let mut chars = spec.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flag = None;
        let mut directive = chars.next();
        while let Some(c @ ('-' | '_' | '0' | '^' | '#')) = directive {
            flag = Some(c);
            directive = chars.next();
        }
        // What is no directive stays as it is.
        if directive.and_then(|directive| date.write(out, directive, flag)).is_none() {
            out.push('%');
            out.extend(flag);
            out.extend(directive);
        }
    }
    Ok(())
}

impl<'a> Date<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (day, time) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = day.splitn(3, '-').map(|part| part.parse().ok());
        let mut date =
            Date { year: parts.next()??, month: parts.next()??, day: parts.next()??, ..Date::default() };
        if time.is_empty() {
            return Some(date);
        }
        let (time, offset) = time.split_at(time.find(['+', '-']).unwrap_or(time.len()));
        date.offset = offset;
        let (time, micros) = time.split_once('.').unwrap_or((time, "0"));
        date.micros = micros.parse().ok()?;
        let mut parts = time.splitn(3, ':').map(|part| part.parse().ok());
        (date.hour, date.minute, date.second) = (parts.next()??, parts.next()??, parts.next()??);
        Some(date)
    }

    /// Days since Sunday.
    fn weekday(&self) -> i64 {
        // Sakamoto's method.
        let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][self.month_index()];
        let year = if self.month < 3 { self.year - 1 } else { self.year };
        (year + year / 4 - year / 100 + year / 400 + shift + self.day).rem_euclid(7)
    }

    fn month_index(&self) -> usize {
        usize::try_from(self.month - 1).unwrap_or_default().min(11)
    }

    /// Days since the start of the year.
    fn day_of_year(&self) -> i64 {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][self.month_index()];
        before + self.day - 1 + i64::from(self.month > 2 && is_leap(self.year))
    }

    /// The year and week of the ISO calendar, whose weeks start on Monday.
    fn iso_week(&self) -> (i64, i64) {
        let monday_based = (self.weekday() + 6) % 7;
        let week = (self.day_of_year() - monday_based + 10) / 7;
        let weeks_of = |year: i64| {
            let last = |year: i64| (year + year / 4 - year / 100 + year / 400).rem_euclid(7);
            if last(year) == 4 || last(year - 1) == 3 { 53 } else { 52 }
        };
        if week < 1 {
            (self.year - 1, weeks_of(self.year - 1))
        } else if week > weeks_of(self.year) {
            (self.year + 1, 1)
        } else {
            (self.year, week)
        }
    }

    fn write(&self, out: &mut String, directive: char, flag: Option<char>) -> Option<()> {
        let weekday = self.weekday();
        let day_name = DAYS[usize::try_from(weekday).unwrap_or_default().min(6)];
        let month_name = MONTHS[self.month_index()];
        let hour_of_12 = (self.hour + 11) % 12 + 1;
        let half = if self.hour < 12 { "AM" } else { "PM" };
        let mut text = |text: &str| {
            match flag {
                Some('^') => out.push_str(&text.to_uppercase()),
                Some('#') if directive == 'p' => out.push_str(&text.to_lowercase()),
                Some('#') => out.push_str(&text.to_uppercase()),
                _ => out.push_str(text),
            }
            Some(())
        };
        let (number, width, fill) = match directive {
            'a' => return text(&day_name[..3]),
            'A' => return text(day_name),
            'b' | 'h' => return text(&month_name[..3]),
            'B' => return text(month_name),
            'p' => return text(half),
            'P' => return text(&half.to_lowercase()),
            'n' => return text("\n"),
            't' => return text("\t"),
            '%' => return text("%"),
            'z' => return text(&self.offset.replace(':', "")),
            'Z' if self.offset.is_empty() => return text(""),
            'Z' if self.offset == "+00:00" => return text("UTC"),
            'Z' => return text(&format!("UTC{}", self.offset)),
            'f' => return text(&format!("{:06}", self.micros)),
            'c' => return self.all(out, "a b e H:M:S Y"),
            'D' | 'x' => return self.all(out, "m/d/y"),
            'F' => return self.all(out, "Y-m-d"),
            'r' => return self.all(out, "I:M:S p"),
            'R' => return self.all(out, "H:M"),
            'T' | 'X' => return self.all(out, "H:M:S"),
            'C' => (self.year / 100, 2, '0'),
            'd' => (self.day, 2, '0'),
            'e' => (self.day, 2, ' '),
            'g' => (self.iso_week().0 % 100, 2, '0'),
            'G' => (self.iso_week().0, 1, '0'),
            'H' => (self.hour, 2, '0'),
            'I' => (hour_of_12, 2, '0'),
            'j' => (self.day_of_year() + 1, 3, '0'),
            'k' => (self.hour, 2, ' '),
            'l' => (hour_of_12, 2, ' '),
            'm' => (self.month, 2, '0'),
            'M' => (self.minute, 2, '0'),
            'S' => (self.second, 2, '0'),
            'u' => ((weekday + 6) % 7 + 1, 1, '0'),
            'U' => ((self.day_of_year() + 7 - weekday) / 7, 2, '0'),
            'V' => (self.iso_week().1, 2, '0'),
            'w' => (weekday, 1, '0'),
            'W' => ((self.day_of_year() + 7 - (weekday + 6) % 7) / 7, 2, '0'),
            'y' => (self.year % 100, 2, '0'),
            'Y' => (self.year, 1, '0'),
            _ => return None,
        };
        let written = match (flag, fill) {
            (Some('-'), _) => write!(out, "{number}"),
            (Some('_'), _) => write!(out, "{number:>width$}"),
            (Some('0'), _) | (_, '0') => write!(out, "{number:0width$}"),
            _ => write!(out, "{number:>width$}"),
        };
        written.ok()
    }

    /// Writes several directives, which are the letters of `form`.
    fn all(&self, out: &mut String, form: &str) -> Option<()> {
        for c in form.chars() {
            if c.is_ascii_alphabetic() { self.write(out, c, None)? } else { out.push(c) }
        }
        Some(())
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(date: &str, spec: &str, expected: &str) {
        let mut out = String::new();
        super::write(&mut out, date, spec).unwrap();
        assert_eq!(out, expected);
    }

    // The expected texts are what Python printed.
    #[test]
    fn directives() {
        check("2024-02-29", "%Y/%m/%d %j %a %A %b %B", "2024/02/29 060 Thu Thursday Feb February");
        check("2024-02-29", "%H:%M:%S.%f [%Z%z] %-d %e|%-m", "00:00:00.000000 [] 29 29|2");
        check("2024-12-30", "%G-W%V-%u %g %U %W %w", "2025-W01-1 25 52 53 1");
        check("2021-01-03", "%G-W%V-%u %U %W", "2020-W53-7 01 00");
        check(
            "2001-12-14 21:59:43.100000-05:00",
            "%c|%x|%X|%p|%I|%l|%z|%Z|%f",
            "Fri Dec 14 21:59:43 2001|12/14/01|21:59:43|PM|09| 9|-0500|UTC-05:00|100000",
        );
        check(
            "2001-12-04 01:02:03+00:00",
            "%D %F %r %R %T %Z %C %y %^a %#p %_d %k",
            "12/04/01 2001-12-04 01:02:03 AM 01:02 01:02:03 UTC 20 01 TUE am  4  1",
        );
        check("2001-12-04", "é%%%n%t", "é%\n\t");
    }

    #[test]
    fn what_is_no_directive() {
        check("2024-02-29", "%Q|%-!|100%", "%Q|%-!|100%");
    }
}
