//! What is special about bands; products and solutions with symmetric and triangular ones are among those of
//! dense and packed storage.

use super::*;

for_every_type! {
    band_products => check_gbmv;
    far_from_the_band => check_far_infinities;
    threads_alike => check_threads_alike;
}

fn check_gbmv<T: Scalar>() {
    let shapes = [(1, 1), (5, 5), (4, 9), (9, 4), (40, 40), (17, 150), (150, 17), (300, 290)];
    for_all_layouts(13, |(incx, incy), by_rows, side, random| {
        for (m, n) in shapes {
            for (lower, upper) in [(0, 0), (1, 0), (0, 2), (1, 1), (3, 5), (20, 17), (150, 2), (400, 400)] {
                let trans = TRANS[random.bits() as usize % 4];
                let pad = random.bits() as usize % 2;
                let (storage, rs, cs, first) = band(m, n, (lower, upper), by_rows, pad);
                let a = storage.hold::<T>(m, n, side, random);
                let full = Full::new(m, n, |i, j| storage.get(&a, i, j).unwrap_or(c64::ZERO)).op(trans);
                // SAFETY: the band's elements.
                let mat = unsafe { MatRef::new(a.as_ptr().add(first), m, n, rs, cs) };
                let view = BandRef { mat, lower, upper }.op(trans);
                let x = Operand::<T>::random(full.cols, incx, side, random);
                let mut y = Operand::<T>::random(full.rows, incy, side, random);
                let (alpha, beta): (T, T) = (random.element(), random.element());
                let want = combine(alpha, &full.times(&x.values()), beta, &y.values());
                gbmv(alpha, view, x.view(), beta, y.view_mut());
                y.check(&want, 4 * full.cols, &(m, n, lower, upper, trans, incx, incy, by_rows));
            }
        }
    });
}

/// Diagonals beside the main one: few, which are solved row by row and multiplied diagonal by diagonal, and many.
const WIDTHS: [usize; 2] = [3, 70];
/// The same for an order of [`FAR`], which is small because an emulated CPU runs it too.
const WIDTHS_OF_FAR: [usize; 2] = [3, 45];
const FAR: usize = 120;

/// What is infinite or no number in x stays with the rows whose bands meet it.
fn check_far_infinities<T: Scalar>() {
    on_every_level(|_| {
        let mut random = Random::new(20);
        let (n, bad) = (FAR, FAR / 2);
        for k in WIDTHS_OF_FAR {
            let shrink = T::Real::from_f64(0.1 / k as f64);
            let mut a: Vec<T> = (0..n * (k + 1)).map(|_| random.element::<T>().scale(shrink)).collect();
            let tame: Vec<T> = (0..n).map(|_| random.element()).collect();
            let mut wild = tame.clone();
            wild[bad] = T::from_real(T::Real::MAX + T::Real::MAX);
            for (uplo, by_rows) in UPLOS.into_iter().flat_map(|uplo| [(uplo, false), (uplo, true)]) {
                let upper = uplo == Uplo::Upper;
                // Where the main diagonal is: the last of each line or the first.
                let first = if upper != by_rows { k } else { 0 };
                (0..n).for_each(|i| a[i * (k + 1) + first] = T::ONE);
                let (rs, cs) = if by_rows { (k as isize, 1) } else { (1, k as isize) };
                // SAFETY: bands of k + 1 diagonals.
                let mat = unsafe { MatRef::new(a.as_ptr().add(first), n, n, rs, cs) };
                let triangle = TriRef { mat, uplo, diag: Diag::NonUnit };
                let symmetric = SymRef { mat, uplo, symmetry: Symmetry::Hermitian };
                let (below, above) = if upper { (0, k) } else { (k, 0) };
                let band = BandRef { mat, lower: below, upper: above };
                // Rows whose bands meet column `bad` are those up to `above` before it and `below` after it.
                let check = |name: &str, before: usize, behind: usize, f: &dyn Fn(&[T]) -> Vec<T>| {
                    for (i, (x, y)) in f(&tame).into_iter().zip(f(&wild)).enumerate() {
                        let meets = bad <= i + before && i <= bad + behind;
                        let same = bits(x) == bits(y);
                        assert_eq!(same, !meets, "{name}, k {k}, {uplo:?}, by rows {by_rows}, row {i}");
                    }
                };
                check("gbmv", above, below, &|x| {
                    let mut y = vec![T::ONE; n];
                    gbmv(T::ONE, band, VecRef::from_slice(x), T::ONE, VecMut::from_slice(&mut y));
                    y
                });
                check("sbmv", k, k, &|x| {
                    let mut y = vec![T::ONE; n];
                    sbmv(T::ONE, symmetric, k, VecRef::from_slice(x), T::ONE, VecMut::from_slice(&mut y));
                    y
                });
                check("tbmv", above, below, &|x| {
                    let mut y = x.to_vec();
                    tbmv(triangle, k, VecMut::from_slice(&mut y));
                    y
                });
                // What is solved after it has it in all of its sums.
                let (before, behind) = if upper { (n, 0) } else { (0, n) };
                check("tbsv", before, behind, &|x| {
                    let mut y = x.to_vec();
                    tbsv(triangle, k, VecMut::from_slice(&mut y));
                    y
                });
            }
        }
    });
}

/// Threads change no bit of what bands give, at sizes that straddle the blocks that they share.
fn check_threads_alike<T: Scalar>() {
    on_every_level(|_| {
        let mut random = Random::new(21);
        for (n, k) in [130, 390, 601].into_iter().flat_map(|n| WIDTHS.map(|k| (n, k))) {
            let a: Vec<T> = (0..n * (k + 1)).map(|_| random.element()).collect();
            let x: Vec<T> = (0..n).map(|_| random.element()).collect();
            let source = VecRef::from_slice(&x);
            for (uplo, by_rows) in UPLOS.into_iter().flat_map(|uplo| [(uplo, false), (uplo, true)]) {
                let first = if (uplo == Uplo::Upper) != by_rows { k } else { 0 };
                let (rs, cs) = if by_rows { (k as isize, 1) } else { (1, k as isize) };
                // SAFETY: bands of k + 1 diagonals.
                let mat = unsafe { MatRef::new(a.as_ptr().add(first), n, n, rs, cs) };
                let symmetric = SymRef { mat, uplo, symmetry: Symmetry::Hermitian };
                let what = (n, k, uplo, by_rows);
                assert_threads_alike(&x, &("hbmv", what), &|y| {
                    sbmv(T::ONE, symmetric, k, source, T::ONE, VecMut::from_slice(y));
                });
                let (lower, upper) = if uplo == Uplo::Upper { (0, k) } else { (k, 0) };
                for trans in TRANS {
                    let band = BandRef { mat, lower, upper }.op(trans);
                    assert_threads_alike(&x, &("gbmv", what, trans), &|y| {
                        gbmv(T::ONE, band, source, T::ONE, VecMut::from_slice(y));
                    });
                    let triangle = TriRef { mat, uplo, diag: Diag::NonUnit }.op(trans);
                    assert_threads_alike(&x, &("tbmv", what, trans), &|x| {
                        tbmv(triangle, k, VecMut::from_slice(x));
                    });
                }
            }
        }
    });
}
