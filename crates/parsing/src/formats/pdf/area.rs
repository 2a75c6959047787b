//! Rectangles on a page, in points, with y growing upwards as PDF has it.

use pdf_oxide::geometry::Rect;

/// A rectangle on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) bottom: f32,
    pub(super) right: f32,
    pub(super) top: f32,
}

impl Area {
    /// The rectangle between two opposite corners, in either order. Coordinates that are no numbers count as 0.
    pub(super) fn between(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|value| if value.is_finite() { value } else { 0.0 });
        Self { left: x0.min(x1), bottom: y0.min(y1), right: x0.max(x1), top: y0.max(y1) }
    }

    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f32 {
        self.top - self.bottom
    }

    pub(super) fn center_x(&self) -> f32 {
        f32::midpoint(self.left, self.right)
    }

    pub(super) fn center_y(&self) -> f32 {
        f32::midpoint(self.bottom, self.top)
    }

    /// The smallest rectangle around both.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            bottom: self.bottom.min(other.bottom),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
        }
    }

    /// How far the two overlap horizontally; negative is the gap between them.
    pub(super) fn overlap_x(&self, other: &Self) -> f32 {
        self.right.min(other.right) - self.left.max(other.left)
    }

    /// How far the two overlap vertically; negative is the gap between them.
    pub(super) fn overlap_y(&self, other: &Self) -> f32 {
        self.top.min(other.top) - self.bottom.max(other.bottom)
    }

    /// Whether the centre of `other` lies within.
    pub(super) fn holds_center_of(&self, other: &Self) -> bool {
        self.holds(other.center_x(), other.center_y())
    }

    /// Whether the larger part of the height of the lower one of both lies in the other.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let lower = self.height().min(other.height());
        self.overlap_x(other) > 0.0 && self.overlap_y(other) > 0.5 * lower
    }

    /// Whether a point lies within.
    pub(super) fn holds(&self, x: f32, y: f32) -> bool {
        (self.left..=self.right).contains(&x) && (self.bottom..=self.top).contains(&y)
    }
}

impl From<Rect> for Area {
    fn from(rect: Rect) -> Self {
        Self::between(rect.x, rect.y, rect.x + rect.width, rect.y + rect.height)
    }
}

/// The smallest rectangle around all; `None` of none.
pub(super) fn bounds<'a>(areas: impl IntoIterator<Item = &'a Area>) -> Option<Area> {
    areas.into_iter().copied().reduce(|all, area| all.union(&area))
}

/// The middle value; 0 of none.
pub(super) fn median(values: impl IntoIterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.into_iter().collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
