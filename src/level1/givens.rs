//! Plane rotations made: `?rotg`, `?rotmg`.

use crate::scalar::{Real, Scalar};

/// Constructs a plane rotation that takes (a, b) to (r, 0):
///
/// ```text
/// [    c     s ] [a]   [r]
/// [ -conj(s) c ] [b] = [0],   c real, c^2 + |s|^2 = 1
/// ```
///
/// Returns (c, s) and leaves r in `a`. Real: r has the sign of the larger of a and b, and `b` becomes z,
/// from which c and s can be had again. Complex: r has the direction of a, and `b` stays.
/// Numbers are scaled first, so that squares neither overflow nor underflow.
pub fn rotg<T: Scalar>(a: &mut T, b: &mut T) -> (T::Real, T) {
    if T::IS_COMPLEX {
        let (c, s, r) = complex_rotation(*a, *b);
        *a = r;
        (c, s)
    } else {
        let (c, s, r, z) = real_rotation(a.re(), b.re());
        *a = T::from_real(r);
        *b = T::from_real(z);
        (c, T::from_real(s))
    }
}

/// c, s, r and z.
fn real_rotation<R: Real>(a: R, b: R) -> (R, R, R, R) {
    let (zero, one) = (R::ZERO, R::ONE);
    let (size_a, size_b) = (a.abs(), b.abs());
    if size_b == zero {
        return (one, zero, a, zero);
    }
    if size_a == zero {
        return (zero, one, b, one);
    }
    let scale = in_range(if size_a > size_b { size_a } else { size_b });
    let (a_scaled, b_scaled) = (a / scale, b / scale);
    let sign = if size_a > size_b { a } else { b };
    let r = (scale * (a_scaled * a_scaled + b_scaled * b_scaled).sqrt()).copysign(sign);
    let (c, s) = (a / r, b / r);
    let z = if size_a > size_b {
        s
    } else if c != zero {
        one / c
    } else {
        one
    };
    (c, s, r, z)
}

/// `x` moved between the smallest normal number and the inverse of it.
fn in_range<R: Real>(x: R) -> R {
    let (low, high) = (R::MIN_POSITIVE, R::ONE / R::MIN_POSITIVE);
    if x > high {
        high
    } else if x > low {
        x
    } else {
        low
    }
}

/// c, s and r: with `h = sqrt(|f|^2 + |g|^2)`, `c = |f| / h`, `s = (f / |f|) conj(g) / h`, `r = (f / |f|) h`.
///
/// f and g are divided by u, about the larger of them. An f so much smaller that its square would
/// underflow is divided by v, about its own size, instead; its share in h^2 is then `(v / u)^2` of its
/// square.
fn complex_rotation<T: Scalar>(f: T, g: T) -> (T::Real, T, T) {
    let (zero, one) = (T::Real::ZERO, T::Real::ONE);
    if g == T::ZERO {
        return (one, T::ZERO, f);
    }
    let u = in_range(larger(larger_part(f), larger_part(g)));
    let g_scaled = divide(g, u);
    let g_square = square(g_scaled);
    if f == T::ZERO {
        let h = g_square.sqrt();
        return (zero, divide(g_scaled.conj(), h), T::from_real(h * u));
    }
    let small = (T::Real::MIN_POSITIVE / T::Real::EPSILON).sqrt();
    let v = if larger_part(f) / u < small { in_range(larger_part(f)) } else { u };
    let ratio = v / u;
    let f_scaled = divide(f, v);
    let f_square = square(f_scaled);
    let h_square = f_square * ratio * ratio + g_square;
    // Between the smallest f_square and the largest h_square lies half the exponent range.
    let d = f_square.sqrt() * h_square.sqrt();
    let c = f_square / d * ratio;
    let s = g_scaled.conj() * divide(f_scaled, d);
    let r = f_scaled.scale(h_square / d).scale(u);
    (c, s, r)
}

fn larger<R: Real>(x: R, y: R) -> R {
    if x > y || x.is_nan() { x } else { y }
}

fn larger_part<T: Scalar>(x: T) -> T::Real {
    larger(x.re().abs(), x.im().abs())
}

fn square<T: Scalar>(x: T) -> T::Real {
    x.re() * x.re() + x.im() * x.im()
}

fn divide<T: Scalar>(x: T, by: T::Real) -> T {
    T::from_parts(x.re() / by, x.im() / by)
}

/// Constructs a modified rotation: H such that, with `(x, y) = (sqrt(d1) x1, sqrt(d2) y1)`, the second
/// component of `H (x1, y1)` is zero under the new d1 and d2.
///
/// H, d1 and d2 are kept between 2^-24 and 2^24 by powers of 4096. `param` gets a flag and the entries
/// of H that the flag does not imply: -2: H = I, nothing stored; -1: all; 0: h21 and h12, the diagonal
/// is 1; 1: h11 and h22, h12 = 1 and h21 = -1.
pub fn rotmg<R: Real>(d1: &mut R, d2: &mut R, x1: &mut R, y1: R, param: &mut [R; 5]) {
    let (zero, one) = (R::ZERO, R::ONE);
    let two = one + one;
    let p2 = *d2 * y1;
    if *d1 >= zero && p2 == zero {
        param[0] = -two;
        return;
    }
    let mut full = false;
    let (mut h11, mut h21, mut h12, mut h22) = (zero, zero, zero, zero);
    let mut flag = -one;
    if *d1 < zero {
        (*d1, *d2, *x1) = (zero, zero, zero);
        full = true;
    } else {
        let p1 = *d1 * *x1;
        let (q1, q2) = (p1 * *x1, p2 * y1);
        if q1.abs() > q2.abs() {
            (h11, h21, h12, h22) = (one, -y1 / *x1, p2 / p1, one);
            let u = one - h12 * h21;
            if u > zero {
                flag = zero;
                *d1 = *d1 / u;
                *d2 = *d2 / u;
                *x1 *= u;
            } else {
                // Only rounding gets here.
                (*d1, *d2, *x1) = (zero, zero, zero);
                (h11, h21, h12, h22) = (zero, zero, zero, zero);
                full = true;
            }
        } else if q2 < zero {
            (*d1, *d2, *x1) = (zero, zero, zero);
            full = true;
        } else {
            (h11, h21, h12, h22) = (p1 / p2, -one, one, *x1 / y1);
            flag = one;
            let u = one + h11 * h22;
            (*d1, *d2) = (*d2 / u, *d1 / u);
            *x1 = y1 * u;
        }
    }
    let gamma = R::from_f64(4096.0);
    let (low, high) = (one / (gamma * gamma), gamma * gamma);
    let out_of_range = |d: R| d != zero && (d.abs() <= low || d.abs() >= high) && d.abs() <= R::MAX;
    while out_of_range(*d1) {
        full = true;
        if d1.abs() <= low {
            *d1 *= high;
            *x1 = *x1 / gamma;
            (h11, h12) = (h11 / gamma, h12 / gamma);
        } else {
            *d1 *= low;
            *x1 *= gamma;
            (h11, h12) = (h11 * gamma, h12 * gamma);
        }
    }
    while out_of_range(*d2) {
        full = true;
        if d2.abs() <= low {
            *d2 *= high;
            (h21, h22) = (h21 / gamma, h22 / gamma);
        } else {
            *d2 *= low;
            (h21, h22) = (h21 * gamma, h22 * gamma);
        }
    }
    if full {
        *param = [-one, h11, h21, h12, h22];
    } else if flag == zero {
        [param[0], param[2], param[3]] = [zero, h21, h12];
    } else {
        [param[0], param[1], param[4]] = [one, h11, h22];
    }
}
