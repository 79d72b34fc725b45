//! PostgreSQL's dates, times and intervals, which reach further than any calendar crate does.

use std::fmt::Write as _;

/// From 1970-01-01 to 2000-01-01, in days.
const EPOCH: i64 = 10_957;
const DAY: i64 = 86_400_000_000;

/// A day counted from 2000-01-01.
pub(super) fn date(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        _ => {
            let (date, era) = civil(i64::from(days) + EPOCH);
            format!("{date}{era}")
        }
    }
}

/// Microseconds since 2000-01-01.
pub(super) fn timestamp(micros: i64, between: char, zone: &str) -> String {
    match micros {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        _ => {
            let (date, era) = civil(micros.div_euclid(DAY) + EPOCH);
            format!("{date}{between}{}{zone}{era}", clock(micros.rem_euclid(DAY)))
        }
    }
}

/// A day counted from 1970-01-01 in the Gregorian calendar, and ` BC` where it lies before year 1.
fn civil(days: i64) -> (String, &'static str) {
    // Years begin in March here, so that the leap day is the last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (shown, mark) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    (format!("{shown:04}-{month:02}-{day:02}"), mark)
}

/// Microseconds since midnight; 24:00:00 is a time.
pub(super) fn clock(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}{}", fraction(micros % 1_000_000))
}

fn fraction(micros: i64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() }
}

/// A time of day with its zone, which comes as seconds west of UTC.
pub(super) fn clock_with_zone(micros: i64, west: i32) -> String {
    let (sign, east) = (if west > 0 { '-' } else { '+' }, west.unsigned_abs());
    let seconds = if east % 60 == 0 { String::new() } else { format!(":{:02}", east % 60) };
    format!("{}{sign}{:02}:{:02}{seconds}", clock(micros), east / 3600, east / 60 % 60)
}

/// As `IntervalStyle = postgres` writes it: `1 year 2 mons -3 days +04:05:06.7`.
pub(super) fn interval(micros: i64, days: i32, months: i32) -> String {
    let mut text = String::new();
    let mut is_negative = false;
    for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if value != 0 {
            let space = if text.is_empty() { "" } else { " " };
            let plus = if is_negative && value > 0 { "+" } else { "" };
            let plural = if value == 1 { "" } else { "s" };
            let _ = write!(text, "{space}{plus}{value} {unit}{plural}");
            is_negative = value < 0;
        }
    }
    if text.is_empty() || micros != 0 {
        let space = if text.is_empty() { "" } else { " " };
        let sign = if micros < 0 {
            "-"
        } else if is_negative {
            "+"
        } else {
            ""
        };
        let all = micros.unsigned_abs();
        let (seconds, rest) = (all / 1_000_000, i64::try_from(all % 1_000_000).unwrap_or(0));
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let _ = write!(text, "{space}{sign}{hour:02}:{minute:02}:{second:02}{}", fraction(rest));
    }
    text
}
