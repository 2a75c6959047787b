//! What is wrong, and what to do about it.

use crate::layout::{Painter, Tone, WIDTH, wrap};
use gdg_operations::alerts::{Alert, Severity};
use std::fmt::Write as _;

/// The alerts, each with its evidence and advice.
pub(crate) fn alerts(alerts: &[Alert], painter: Painter) -> String {
    if alerts.is_empty() {
        return format!("{}\n", painter.paint("nothing is wrong", Tone::Good));
    }
    let mut text = String::new();
    for (index, alert) in alerts.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let subject = if alert.subject.is_empty() { String::new() } else { format!("  {}", alert.subject) };
        let severity = painter.paint(&alert.severity.as_str().to_uppercase(), tone(alert.severity));
        let kind = painter.paint(&alert.kind.as_str().replace('_', " "), Tone::Heading);
        let _ = writeln!(text, "{severity}  {kind}{}", crate::layout::fit(&subject, 40));
        text.push_str(&wrap(&alert.evidence, "  ", WIDTH));
        text.push_str(&wrap(&format!("→ {}", alert.advice), "  ", WIDTH));
    }
    text
}

/// How a severity is meant.
pub(crate) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical => Tone::Bad,
        Severity::Warning => Tone::Warning,
    }
}
