//! Finding the factor of a group of values such that small integers times the factor come near them.
//!
//! All blocks of 256 values are quantised in the same three steps: a real scale (and offset) for each group by
//! itself, found here; these scales as integers of a common factor; then the integers of the values, given the scale
//! that they have really got. Errors are weighted with the values' magnitudes, since large weights matter more.

/// A group's scale, and the offset that is subtracted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Scale.
    pub scale: f32,
    /// Offset, not negative.
    pub below: f32,
}

/// How finely scales near the obvious one are tried: in parts of an integer step at the end of the range.
const TRIES: core::ops::RangeInclusive<i8> = -9..=9;

/// The scale for integers `-half .. half`: `x` is about `scale q`.
pub fn symmetric(values: &[f32], half: f32) -> f32 {
    let extreme = super::legacy::extreme(values);
    if extreme.abs() < 1e-15 {
        return 0.0;
    }
    let mut best = (0.0, 0.0);
    for part in TRIES {
        let inverse = -(half + 0.1 * f32::from(part)) / extreme;
        let (mut with_values, mut with_itself) = (0.0f32, 0.0f32);
        for &x in values {
            let q = (x * inverse).round_ties_even().clamp(-half, half - 1.0);
            with_values += x * x * q * x;
            with_itself += x * x * q * q;
        }
        let gain = with_values * with_values / with_itself;
        if with_itself > 0.0 && gain > best.0 {
            best = (gain, with_values / with_itself);
        }
    }
    best.1
}

/// The scale and offset for integers `0 ..= most`: `x` is about `scale q - below`, `below` not negative.
pub fn with_offset(values: &[f32], most: f32) -> Line {
    let count = values.len() as f32;
    let average = (values.iter().map(|x| x * x).sum::<f32>() / count).sqrt();
    let least = values.iter().copied().fold(0.0, f32::min);
    let largest = values.iter().copied().fold(least, f32::max);
    if largest <= least {
        return Line::default();
    }
    let mut best = (f32::INFINITY, Line::default());
    for part in TRIES {
        let inverse = (most + 0.1 * f32::from(part)) / (largest - least);
        let integer = |x: f32| ((x - least) * inverse).round_ties_even().clamp(0.0, most);
        // Weighted least squares of x = scale q - below.
        let [mut w, mut wx, mut wq, mut wqq, mut wqx] = [0.0f32; 5];
        for &x in values {
            let (weight, q) = (average + x.abs(), integer(x));
            w += weight;
            wx += weight * x;
            wq += weight * q;
            wqq += weight * q * q;
            wqx += weight * q * x;
        }
        let determinant = w * wqq - wq * wq;
        if determinant <= 0.0 || wqq <= 0.0 {
            continue;
        }
        let mut line =
            Line { scale: (w * wqx - wx * wq) / determinant, below: (wq * wqx - wqq * wx) / determinant };
        if line.below < 0.0 {
            line = Line { scale: wqx / wqq, below: 0.0 };
        }
        let error: f32 = values
            .iter()
            .map(|&x| {
                let off = line.scale * integer(x) - line.below - x;
                (average + x.abs()) * off * off
            })
            .sum();
        if error < best.0 && line.scale > 0.0 {
            best = (error, line);
        }
    }
    best.1
}

/// The integer `0 ..= most` for `x`, given scale and offset; 0 where the scale is.
pub fn integer(x: f32, line: Line, least: f32, most: f32) -> i32 {
    if line.scale == 0.0 {
        return 0;
    }
    ((x + line.below) / line.scale).round_ties_even().clamp(least, most) as i32
}
