//! Calendar events of systemd (`systemd.time(7)`): "Mon..Fri *-*-* 09:00:00", "*:0/15".

use super::understood;

/// Day of the week, date, time, zone.
const MOST_WORDS: usize = 4;

/// Whether `text` is probably such an event.
pub(super) fn is_calendar_event(text: &str) -> bool {
    let words = text.split_ascii_whitespace();
    words.clone().count() <= MOST_WORDS
        && words.into_iter().any(|word| is_date(word) || is_time(word) || is_range_of_days(word))
}

fn is_date(word: &str) -> bool {
    let parts = word.split('-');
    word.contains('*') && (2..=3).contains(&parts.clone().count()) && parts.into_iter().all(is_component)
}

fn is_time(word: &str) -> bool {
    word.contains(':') && word.contains(['*', '/', '.']) && word.split(':').all(is_component)
}

fn is_range_of_days(word: &str) -> bool {
    word.contains("..") && word.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

fn is_component(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'*' | b'/' | b',' | b'.' | b'~'))
}

/// The event as six fields of cron; `None` for what cron cannot say.
pub(super) fn as_cron(event: &str) -> Option<String> {
    let mut words = event.split_ascii_whitespace().peekable();
    let weekday = words.next_if(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()));
    let date = words.next_if(|word| !word.contains(':')).unwrap_or("*-*-*");
    let time = words.next().unwrap_or("0:0:0");
    if words.next().is_some() {
        return None;
    }
    let (["*", month, day] | [month, day]) = date.split('-').collect::<Vec<_>>()[..] else { return None };
    let (hour, minute, second) = match time.split(':').collect::<Vec<_>>()[..] {
        [hour, minute] => (hour, minute, "0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let fields = [second, minute, hour, day, month, weekday.unwrap_or("*")].map(field);
    understood(fields.join(" "))
}

/// A component as a field of cron: ranges with one hyphen, numbers without leading zeros.
fn field(component: &str) -> String {
    let number = component.parse::<u32>().map(|number| number.to_string());
    number.unwrap_or_else(|_| component.replace("..", "-"))
}
