//! Rounding to the nearest whole number, to the even one of two as near: without a call, which it would be where the
//! ISA has no instruction for it, and the static library must not need libm.

/// Numbers that can be rounded.
pub(super) trait Round: Copy {
    /// The nearest whole number; NaN and infinities stay.
    fn to_even(self) -> Self;
}

macro_rules! round {
    ($($type:ty: $whole:expr),+) => {$(
        impl Round for $type {
            /// From this number on all are whole, so a sum with it is rounded to one, and subtracting it is exact.
            #[inline(always)]
            fn to_even(self) -> $type {
                let whole = (1u64 << $whole) as $type;
                let shift = whole.copysign(self);
                if self.abs() < whole { ((self + shift) - shift).copysign(self) } else { self }
            }
        }
    )+};
}

round!(f32: 23, f64: 52);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_standard_library() {
        let numbers =
            [0.0, 0.25, 0.5, 0.75, 1.5, 2.5, 3.49, 4194303.5, 4194304.5, 8388607.5, 8388609.0, 1e30];
        for x in numbers.into_iter().chain([f64::INFINITY, 4503599627370495.5, 2251799813685248.5]) {
            for x in [x, -x] {
                assert_eq!(x.to_even().to_bits(), x.round_ties_even().to_bits(), "{x}");
                let x = x as f32;
                assert_eq!(x.to_even().to_bits(), x.round_ties_even().to_bits(), "{x}");
            }
        }
        assert!(f32::NAN.to_even().is_nan() && f64::NAN.to_even().is_nan());
    }
}
