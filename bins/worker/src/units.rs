//! Numbers as people read them.

pub(crate) use gdg_operations::units::{bytes, counted, thousands};
use std::time::Duration;

/// A span of time in its two largest units: `350 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_units_that_fit() {
        for (millis, text) in
            [(350, "350 ms"), (2_400, "2.4 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min")]
        {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
    }
}
