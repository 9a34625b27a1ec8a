//! Products with quantised weights: `C <- A W^T`, A in single precision, W in the block formats of ggml and GGUF.
//!
//! ```text
//!   Problem::multiply   product.rs       activations to 8 bits, then the engine's loops
//!     -> quantise       activations.rs   a row of A to 8-bit blocks
//!     -> unpack         weights.rs       blocks of W to a panel of bytes and scales   (each format: unpack)
//!     -> tile           tile.rs          T tokens x the rows of a panel; what is computed stands there
//!     -> single         single.rs        one token x rows straight from their blocks
//! ```
//!
//! | files | formats |
//! |---|---|
//! | `legacy.rs` | Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 |
//! | `k_offset.rs`, `k_symmetric.rs` | Q2_K Q4_K Q5_K; Q3_K Q6_K |
//! | `four.rs` | IQ4_NL IQ4_XS MXFP4 |
//!
//! A new format is an implementation of [`format::BlockFormat`] and a row of [`FORMATS`], which drives tests and
//! benches. The kernels are generic over the format and over the instruction set ([`crate::simd::dot`]); `kernels.rs`
//! has the table. Called by `interface`; calls `engine`, `simd`, `platform`.

pub mod activations;
pub mod format;
pub mod four;
pub mod k_offset;
pub mod k_symmetric;
pub mod kernels;
pub mod legacy;
pub mod packed;
pub mod product;
mod search;
pub mod single;
pub mod tile;
pub mod weights;

use crate::simd::dot::DotLevel;
use format::{BlockFormat, Decoded};
use kernels::Kernels;

/// A block format, for code that does not know it when compiled.
#[derive(Debug)]
pub struct Format {
    /// ggml's number.
    pub number: i32,
    /// ggml's name.
    pub name: &'static str,
    /// Values of a block.
    pub values: usize,
    /// Bytes of a block.
    pub bytes: usize,
    /// Values that share a scale.
    pub group: usize,
    /// Whether groups have offsets.
    pub offsets: bool,
    /// A block in numbers.
    pub decode: fn(&[u8]) -> Decoded,
    /// Values of whole blocks.
    pub dequantize: fn(&[u8], &mut [f32]),
    /// Blocks of values, of which there are as many as fill the blocks.
    pub quantize: fn(&[f32], &mut [u8]),
    /// The kernels for an ISA.
    pub kernels: fn(DotLevel) -> &'static Kernels,
}

impl Format {
    const fn new<F: BlockFormat>(number: i32) -> Format {
        Format {
            number,
            name: F::NAME,
            values: F::VALUES,
            bytes: F::BYTES,
            group: F::GROUP,
            offsets: F::OFFSETS,
            decode: F::decode,
            dequantize: format::dequantize::<F>,
            quantize: format::quantize::<F>,
            kernels: kernels::kernels::<F>,
        }
    }

    /// The format with ggml's number.
    pub fn numbered(number: i32) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.number == number)
    }

    /// Bytes of a row of `k` values, a multiple of the block.
    pub fn row_bytes(&self, k: usize) -> usize {
        k / self.values * self.bytes
    }
}

/// Every format.
pub static FORMATS: [Format; 13] = [
    Format::new::<legacy::Q4_0>(2),
    Format::new::<legacy::Q4_1>(3),
    Format::new::<legacy::Q5_0>(6),
    Format::new::<legacy::Q5_1>(7),
    Format::new::<legacy::Q8_0>(8),
    Format::new::<k_offset::Q2K>(10),
    Format::new::<k_symmetric::Q3K>(11),
    Format::new::<k_offset::Q4K>(12),
    Format::new::<k_offset::Q5K>(13),
    Format::new::<k_symmetric::Q6K>(14),
    Format::new::<four::Iq4Nl>(20),
    Format::new::<four::Iq4Xs>(23),
    Format::new::<four::Mxfp4>(39),
];

#[cfg(test)]
mod tests;
