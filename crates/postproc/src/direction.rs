//! Directions in fixed point, and how alike two of them are.
//!
//! A component of a unit vector is held as an integer of 16 bits, in units of
//! 2⁻¹⁵: as exact as a float of the same size, and the processor multiplies
//! eight of them at once. A sum of products cannot overflow 32 bits, for no
//! part of it exceeds the product of the two lengths, which is about 2³⁰.

/// What one is in fixed point.
const ONE: f64 = 32_768.0;

/// How many products are summed at once.
const BLOCK: usize = 32;

/// The direction of a vector, or none where it has no length. Components must be finite.
pub(crate) fn of(vector: &[f32]) -> Option<Vec<i16>> {
    let length = vector.iter().map(|&component| f64::from(component).powi(2)).sum::<f64>().sqrt();
    scaled(vector.iter().map(|&component| f64::from(component)), length)
}

/// The direction of a sum of directions, or none where they cancel out.
pub(crate) fn of_sum(sum: &[i64]) -> Option<Vec<i16>> {
    let length = sum.iter().map(|&component| (component as f64).powi(2)).sum::<f64>().sqrt();
    scaled(sum.iter().map(|&component| component as f64), length)
}

fn scaled(components: impl Iterator<Item = f64>, length: f64) -> Option<Vec<i16>> {
    let factor = ONE / length;
    // The cast saturates: exactly one becomes the largest number there is, a little less.
    factor.is_finite().then(|| components.map(|component| (component * factor).round() as i16).collect())
}

/// A component as a float.
pub(crate) fn component(fixed: i16) -> f32 {
    f32::from(fixed) / ONE as f32
}

/// Adds a direction to a sum.
pub(crate) fn add(sum: &mut [i64], direction: &[i16]) {
    for (sum, &component) in sum.iter_mut().zip(direction) {
        *sum += i64::from(component);
    }
}

/// The sum of the products of two directions.
///
/// In blocks whose sums the compiler keeps in one instruction's form; a plain loop takes twice as long.
pub(crate) fn dot(a: &[i16], b: &[i16]) -> i32 {
    let (blocks_of_a, rest_of_a) = a.as_chunks::<BLOCK>();
    let (blocks_of_b, rest_of_b) = b.as_chunks::<BLOCK>();
    let blocks = blocks_of_a.iter().zip(blocks_of_b);
    let sum: i32 = blocks.fold(0, |sum: i32, (a, b)| sum.wrapping_add(products(a, b)));
    sum.wrapping_add(products(rest_of_a, rest_of_b))
}

#[inline]
fn products(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (&a, &b)| sum.wrapping_add(i32::from(a) * i32::from(b)))
}

/// How alike two vectors are, in steps that a float holds exactly: their order
/// is the order of the floats that are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score(i32);

impl Score {
    /// Equal vectors, and nothing else.
    pub(crate) const IDENTICAL: Self = Self(1 << 24);

    /// More than any.
    pub(crate) const UNREACHABLE: Self = Self(Self::IDENTICAL.0 + 1);

    /// From the product of two directions that are not equal.
    #[inline]
    pub(crate) fn of_product(dot: i32) -> Self {
        Self((dot >> 6).clamp(-Self::IDENTICAL.0, Self::IDENTICAL.0 - 1))
    }

    /// Whether the vectors may be equal after all: the product misses one by no more than the rounding of components.
    #[inline]
    pub(crate) fn may_be_identical(self) -> bool {
        self.0 >= Self::IDENTICAL.0 - (1 << 14)
    }

    /// The least score that reaches `threshold`. What is not a number is reached by what is not opposed.
    pub(crate) fn reaching(threshold: f32) -> Self {
        let steps = (f64::from(threshold) * f64::from(Self::IDENTICAL.0)).ceil();
        Self((steps as i32).clamp(-Self::IDENTICAL.0, Self::UNREACHABLE.0))
    }

    /// The least product with a score of this, of vectors that are not equal.
    #[inline]
    pub(crate) fn least_product(self) -> i32 {
        if self.0 <= -Self::IDENTICAL.0 {
            i32::MIN
        } else if self >= Self::IDENTICAL {
            i32::MAX
        } else {
            self.0 << 6
        }
    }

    /// From -1 to 1.
    pub(crate) fn value(self) -> f32 {
        self.0 as f32 / Self::IDENTICAL.0 as f32
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_has_no_length() {
        assert_eq!(of(&[3.0, 4.0]), of(&[0.3e-30, 0.4e-30]));
        assert_eq!(of(&[3.0, 4.0]), of(&[1.5e38, 2.0e38]));
        assert_eq!(of(&[0.0, 0.0]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(of_sum(&[0, 0]), None);
    }

    #[test]
    fn scores_are_those_of_floats() {
        let (a, b) = (of(&[1.0, 2.0, 3.0]).unwrap(), of(&[3.0, 2.0, 1.0]).unwrap());
        let cosine = 10.0 / 14.0;
        assert!((Score::of_product(dot(&a, &b)).value() - cosine).abs() < 1e-4);
        assert!((Score::IDENTICAL.value() - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn no_sum_of_products_overflows() {
        let one = of(&[1.0]).unwrap();
        let opposite = of(&[-1.0]).unwrap();
        assert_eq!(Score::of_product(dot(&opposite, &opposite)).value(), 1.0 - f32::EPSILON / 2.0);
        assert!(Score::of_product(dot(&one, &opposite)).value() <= -0.9999);
        let many = of(&vec![1.0; 10_000]).unwrap();
        assert!(dot(&many, &many) > 0);
    }

    #[test]
    fn a_threshold_is_reached_by_its_own_score_and_nothing_less() {
        for threshold in [-0.9, -0.3, 0.0, 0.1, 0.5, 0.98, 1.0] {
            let least = Score::reaching(threshold);
            assert!(least.value() >= threshold);
            assert!(Score(least.0 - 1).value() < threshold);
        }
        assert!(Score::reaching(2.0) > Score::IDENTICAL);
    }

    #[test]
    fn the_least_product_has_the_score() {
        for score in [-5_000_000, -1, 0, 1, 16_000_000] {
            let product = Score(score).least_product();
            assert_eq!(Score::of_product(product), Score(score));
            assert!(Score::of_product(product - 1) < Score(score));
        }
    }
}
