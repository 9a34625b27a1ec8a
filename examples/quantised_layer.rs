//! A layer of a neural network in 8-bit integers and in bf16, next to the same layer in single precision.
//!
//! ```text
//! y = silu(x W^T + bias)        x: tokens x inputs, W: outputs x inputs
//! ```
//!
//! In integers, weights are `i8`, symmetric, with a step for each output; activations are `u8` with one step and a
//! zero point. Prints the errors relative to the largest output, and panics if they are larger than they should be.
//!
//! `cargo run --release --example quantised_layer`

use half::bf16;
use zenblas::level3::gemm;
use zenblas::lowp::{Activation, Epilogue, Operand, Out, Per, bytes_into, halves_into};
use zenblas::view::{MatMut, MatRef};

const TOKENS: usize = 37;
const INPUTS: usize = 768;
const OUTPUTS: usize = 320;

/// The `rows` x `cols` matrix that a slice holds row after row.
fn by_rows<E: Copy>(numbers: &[E], rows: usize, cols: usize) -> MatRef<'_, E> {
    assert_eq!(numbers.len(), rows * cols);
    // SAFETY: as many numbers as the matrix has.
    unsafe { MatRef::new(numbers.as_ptr(), rows, cols, cols as isize, 1) }
}

/// The same, to be written.
fn by_rows_mut<E: Copy>(numbers: &mut [E], rows: usize, cols: usize) -> MatMut<'_, E> {
    assert_eq!(numbers.len(), rows * cols);
    // SAFETY: as many numbers as the matrix has.
    unsafe { MatMut::new(numbers.as_mut_ptr(), rows, cols, cols as isize, 1) }
}

fn main() {
    let mut state = 12345u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let x: Vec<f32> = (0..TOKENS * INPUTS).map(|_| random() + 0.3).collect();
    let weights: Vec<f32> = (0..OUTPUTS * INPUTS).map(|_| 0.1 * random()).collect();
    let bias: Vec<f32> = (0..OUTPUTS).map(|_| random()).collect();

    // In single precision.
    let mut wanted: Vec<f32> = (0..TOKENS).flat_map(|_| bias.iter().copied()).collect();
    gemm(
        1.0,
        by_rows(&x, TOKENS, INPUTS),
        by_rows(&weights, OUTPUTS, INPUTS).t(),
        1.0,
        by_rows_mut(&mut wanted, TOKENS, OUTPUTS),
    );
    wanted.iter_mut().for_each(|y| *y /= 1.0 + (-*y).exp());

    // Activations: x = step (number + zero).
    let (low, high) = x.iter().fold((0f32, 0f32), |(low, high), &x| (low.min(x), high.max(x)));
    let step = (high - low) / 255.0;
    let zero = (low / step).round() as i32;
    let small_x: Vec<u8> = x.iter().map(|x| ((x / step).round() as i32 - zero).clamp(0, 255) as u8).collect();

    // Weights: w = step of its output times the number.
    let mut scales = Vec::new();
    let mut small_weights: Vec<i8> = Vec::new();
    for row in weights.chunks_exact(INPUTS) {
        let weight_step = row.iter().fold(0f32, |largest, w| largest.max(w.abs())) / 127.0;
        small_weights.extend(row.iter().map(|w| (w / weight_step).round() as i8));
        scales.push(step * weight_step);
    }

    let last = Epilogue {
        scale: Per::Column(&scales),
        bias: Per::Column(&bias),
        activation: Activation::Silu,
        ..Epilogue::default()
    };
    // An operand is A by rows, or B by columns: the rows of W are the columns of W^T.
    let (a, b) = (
        Operand::new(by_rows(&small_x, TOKENS, INPUTS)),
        Operand::new(by_rows(&small_weights, OUTPUTS, INPUTS)),
    );
    let mut got = vec![0f32; TOKENS * OUTPUTS];
    bytes_into(&a, zero, &b, 0, &last, Out::F32(by_rows_mut(&mut got, TOKENS, OUTPUTS))).expect("memory");
    report("int8", &got, &wanted, 0.02);

    // In bf16 there is nothing to scale.
    let [small_x, small_weights] =
        [&x, &weights].map(|numbers| numbers.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>());
    let last = Epilogue { scale: Per::All(1.0), ..last };
    let (a, b) = (
        Operand::new(by_rows(&small_x, TOKENS, INPUTS)),
        Operand::new(by_rows(&small_weights, OUTPUTS, INPUTS)),
    );
    halves_into(&a, &b, &last, Out::F32(by_rows_mut(&mut got, TOKENS, OUTPUTS))).expect("memory");
    report("bf16", &got, &wanted, 0.01);
}

fn report(name: &str, got: &[f32], wanted: &[f32], limit: f32) {
    let largest = wanted.iter().fold(0f32, |largest, y| largest.max(y.abs()));
    let error = got.iter().zip(wanted).fold(0f32, |error, (got, y)| error.max((got - y).abs()));
    println!("{name} layer: largest error {:.2} % of the largest output", 100.0 * error / largest);
    assert!(error < limit * largest, "{error} of {largest}");
}

#[test]
fn the_layers_are_near() {
    main();
}
