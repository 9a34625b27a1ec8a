//! Operands packed once and used again and again.
//!
//! A packed operand is memory of the caller's: a header, which says what it is, then panels as the loops read them.
//! It can be copied elsewhere, but only used in a process that runs on the same ISA. The header is checked each
//! time the operand is used, so that a wrong buffer, type or shape is refused and nothing computed with it.
//!
//! An operand is packed for one side of the engine's product: the engine's C has adjacent rows, so a row-major call
//! is the transposed product, in which A and B change sides.

use super::operand::{Kind, Operand, Place, doubles, singles};
use super::side::Side;
use crate::engine::panels::{Layout, Panels};
use crate::engine::{blocking, passes};
use crate::kernel::dot::{self, DotKernels};
use crate::kernel::kernels;
use crate::platform::memory::{Buffer, LINE};
use crate::scalar::Scalar;
use core::fmt;
use core::mem::offset_of;
use core::ops::Range;

/// A side of the engine's product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// Its rows are the engine's rows of C: A of a column-major call, B of a row-major one.
    Rows = 1,
    /// Its rows are the engine's columns of C.
    Columns = 2,
}

/// Why a packed operand is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedError {
    /// There is no header: this was never packed, or has been written over.
    NotPacked,
    /// Numbers of this type.
    Kind(Kind),
    /// This many rows (of A) or columns (of B) and terms.
    Shape(usize, usize),
    /// Packed for the other layout or as the other operand.
    Side,
    /// Packed for the kernels of another ISA.
    Isa,
    /// Both operands are packed, in blocks of different depth.
    Depth,
    /// Not aligned to 8 bytes.
    Alignment,
}

impl fmt::Display for PackedError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PackedError::NotPacked => write!(f, "there is no packed operand"),
            PackedError::Kind(kind) => write!(f, "its numbers are {}", kind.name()),
            PackedError::Shape(count, k) => write!(f, "its shape is {count} (m or n) by {k} (k)"),
            PackedError::Side => write!(f, "it was packed for another layout or as the other operand"),
            PackedError::Isa => write!(f, "it was packed for another instruction set"),
            PackedError::Depth => write!(f, "the two operands were packed in different blocks"),
            PackedError::Alignment => write!(f, "it is not aligned to 8 bytes"),
        }
    }
}

/// What stands in front of the panels.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Header {
    magic: [u8; 8],
    isa: [u8; 16],
    kind: u32,
    role: u32,
    width: u64,
    bytes: u64,
    tail: u64,
    kc: u64,
    count: u64,
    k: u64,
    /// Where the panels begin, in bytes from the header.
    start: u64,
    /// Checksum of all that stands before it.
    check: u64,
}

const MAGIC: [u8; 8] = *b"zenbpack";

impl Header {
    /// The checksum that belongs in it (FNV-1a).
    fn sum(&self) -> u64 {
        // SAFETY: a header has no padding; its bytes up to the checksum.
        let bytes = unsafe {
            core::slice::from_raw_parts((&raw const *self).cast::<u8>(), offset_of!(Header, check))
        };
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// How numbers of a type are packed in this process.
pub(super) struct Format {
    isa: &'static str,
    /// Numbers of a unit of depth.
    unit: usize,
    sides: [Measures; 2],
}

#[derive(Clone, Copy)]
struct Measures {
    width: usize,
    bytes: usize,
    tail: usize,
}

impl Format {
    /// The format for numbers of type `kind`.
    pub(super) fn new(kind: Kind) -> Format {
        match kind {
            Kind::S8 | Kind::U8 => Format::dots(dot::bytes(), size_of::<i32>()),
            Kind::Bf16 => match dot::bf16() {
                Some(kernels) => Format::dots(kernels, 0),
                None => Format::elements::<f32>(),
            },
            Kind::F16 | Kind::F32 => Format::elements::<f32>(),
            Kind::S16 | Kind::F64 => Format::elements::<f64>(),
        }
    }

    fn dots<S>(kernels: &DotKernels<S>, sum: usize) -> Format {
        Format {
            isa: kernels.name,
            unit: kernels.numbers * crate::simd::dot::terms::WORDS,
            sides: [
                Measures { width: kernels.mr, bytes: kernels.a_bytes(), tail: kernels.mr * sum },
                Measures { width: kernels.nr, bytes: kernels.b_bytes(), tail: kernels.nr * sum },
            ],
        }
    }

    fn elements<T: Scalar>() -> Format {
        let kernels = kernels::<T>();
        let side = |width: usize| Measures { width, bytes: width * size_of::<T>(), tail: 0 };
        Format { isa: kernels.level.name(), unit: 1, sides: [side(kernels.mr), side(kernels.nr)] }
    }

    /// Depth of blocks, in units, for a product of `k` numbers.
    pub(super) fn depth(&self, k: usize) -> usize {
        blocking::depth(k.div_ceil(self.unit), self.sides[1].bytes)
    }

    pub(super) fn layout(&self, role: Role, count: usize, k: usize) -> Layout {
        let Measures { width, bytes, tail } = self.sides[role as usize - 1];
        Layout { width, bytes, tail, kc: self.depth(k), count, k: k.div_ceil(self.unit) }
    }

    fn isa(&self) -> [u8; 16] {
        let mut isa = [0; 16];
        isa[..self.isa.len()].copy_from_slice(self.isa.as_bytes());
        isa
    }
}

/// Bytes that a packed operand of `count` rows (of A) or columns (of B) by `k` numbers takes, for whichever side;
/// `None` if that is more than can be addressed.
pub fn size(kind: Kind, count: usize, k: usize) -> Option<usize> {
    let format = Format::new(kind);
    let rows = format.layout(Role::Rows, count, k).size()?;
    let columns = format.layout(Role::Columns, count, k).size()?;
    rows.max(columns).checked_add(size_of::<Header>() + LINE)
}

/// Packs an operand, whose numbers are multiplied by `alpha` if they are `f32` or `f64`.
///
/// # Safety
/// `to` must be writable for [`size`] bytes and aligned to 8; the operand must not be packed already.
pub unsafe fn pack(operand: &Operand, role: Role, alpha: f64, to: *mut u8) {
    let format = Format::new(operand.kind);
    let layout = format.layout(role, operand.count, operand.k);
    let start = (to as usize + size_of::<Header>()).next_multiple_of(LINE) - to as usize;
    let mut header = Header {
        magic: MAGIC,
        isa: format.isa(),
        kind: operand.kind as u32,
        role: role as u32,
        width: layout.width as u64,
        bytes: layout.bytes as u64,
        tail: layout.tail as u64,
        kc: layout.kc as u64,
        count: layout.count as u64,
        k: operand.k as u64,
        start: start as u64,
        check: 0,
    };
    header.check = header.sum();
    // SAFETY: the caller vouches for the memory.
    unsafe {
        each_block(operand, &layout, to.add(start), |rows, k, panels| {
            pack_panels(operand, role, alpha, &layout, rows, k, panels);
        });
        // Last: what failed half way has no header.
        to.cast::<Header>().write_unaligned(header);
    }
}

/// Calls `pack` with the rows, the depths and the place of each block of panels at `to`, on as many threads as pay.
///
/// # Safety
/// There must be room for the panels.
unsafe fn each_block(
    operand: &Operand,
    layout: &Layout,
    to: *mut u8,
    pack: impl Fn(Range<usize>, Range<usize>, *mut u8) + Sync,
) {
    struct Place(*mut u8);
    // SAFETY: the pointer is to panels, of which every thread writes its own.
    unsafe impl Sync for Place {}
    let place = &Place(to);
    let read = operand.count * operand.k * operand.kind.size();
    passes::split(read + layout.size().unwrap_or(0), layout.blocks(GROUP), 1, |blocks| {
        for block in blocks {
            let (rows, k) = layout.block(GROUP, block);
            let panels = place.0.wrapping_add(layout.offset(rows.start, &k));
            pack(rows, k, panels);
        }
    });
}

/// The operand packed into rows of bf16 for one product, and the memory that they are in. None if there is none.
pub(super) fn rows_of_bf16<'a>(
    kernels: &DotKernels<f32>,
    operand: &Operand,
    buffer: &'a mut Option<Buffer>,
) -> Option<Operand<'a>> {
    let layout = Format::new(Kind::Bf16).layout(Role::Rows, operand.count, operand.k);
    let to = buffer.insert(Buffer::take(layout.size()?)?).as_mut_ptr();
    // SAFETY: the buffer has room for the panels, and they are there when they are read.
    let panels = unsafe {
        each_block(operand, &layout, to, |rows, k, to| pack_dots(kernels, operand, Role::Rows, rows, k, to));
        Panels::new(to.cast_const(), layout)
    };
    Some(Operand { place: Place::Packed(Role::Rows, panels), ..*operand })
}

/// Panels that are packed together.
const GROUP: usize = 8;

/// # Safety
/// `to` must have room for the panels.
unsafe fn pack_panels(
    operand: &Operand,
    role: Role,
    alpha: f64,
    layout: &Layout,
    rows: Range<usize>,
    k: Range<usize>,
    to: *mut u8,
) {
    let panels = || {
        rows.clone().step_by(layout.width).enumerate().map(|(panel, first)| {
            let to = to.wrapping_add(panel * (k.len() * layout.bytes + layout.tail));
            (first..(first + layout.width).min(rows.end), to)
        })
    };
    // SAFETY: the caller vouches for `to`; the kernels are those of the format.
    unsafe {
        match (operand.kind, dot::bf16()) {
            (Kind::S8 | Kind::U8, _) => {
                pack_dots(dot::bytes(), operand, role, rows, k, to);
            }
            (Kind::Bf16, Some(kernels)) => {
                pack_dots(kernels, operand, role, rows, k, to);
            }
            (Kind::Bf16 | Kind::F16 | Kind::F32, _) => {
                for (rows, to) in panels() {
                    pack_elements(&singles(operand), role, alpha as f32, rows, k.clone(), to);
                }
            }
            (Kind::S16 | Kind::F64, _) => {
                for (rows, to) in panels() {
                    pack_elements(&doubles(operand, 0.0), role, alpha, rows, k.clone(), to);
                }
            }
        }
    }
}

/// # Safety
/// As for [`pack_panels`].
unsafe fn pack_dots<S>(
    kernels: &DotKernels<S>,
    operand: &Operand,
    role: Role,
    rows: Range<usize>,
    k: Range<usize>,
    to: *mut u8,
) {
    let side = Side::new(operand, role);
    // SAFETY: the caller vouches for `to`; the kernels are this process's.
    unsafe {
        match role {
            Role::Rows => side.pack_rows(kernels, rows, k, to),
            Role::Columns => side.pack_cols(kernels, rows, k, to),
        }
    }
}

/// # Safety
/// As for [`pack_panels`].
unsafe fn pack_elements<T: Scalar>(
    operand: &crate::engine::operand::Operand<T>,
    role: Role,
    alpha: T,
    rows: Range<usize>,
    k: Range<usize>,
    to: *mut u8,
) {
    use crate::engine::operand::Packer;
    let kernels = kernels::<T>();
    let width = if role == Role::Rows { kernels.mr } else { kernels.nr };
    let packer = Packer { level: kernels.level, pack: kernels.pack, width };
    let elements = k.len() * width;
    // SAFETY: the kernels are this process's; the caller vouches for `to`.
    unsafe {
        operand.pack(packer, rows, k, to.cast());
        if alpha != T::ONE {
            for x in core::slice::from_raw_parts_mut(to.cast::<T>(), elements) {
                *x = if alpha == T::ZERO { T::ZERO } else { alpha * *x };
            }
        }
    }
}

/// The packed operand at `from`, which must be one of type `kind`, `count` by `k`, for side `role`.
///
/// # Safety
/// `from` must be null, or readable as far as a header goes, and if one is there, as far as it says, for the lifetime.
pub unsafe fn open<'a>(
    from: *const u8,
    kind: Kind,
    role: Role,
    count: usize,
    k: usize,
) -> Result<Operand<'a>, PackedError> {
    if from.is_null() {
        return Err(PackedError::NotPacked);
    }
    // SAFETY: the caller vouches for it.
    let header = unsafe { from.cast::<Header>().read_unaligned() };
    if header.magic != MAGIC || header.check != header.sum() {
        return Err(PackedError::NotPacked);
    }
    if header.kind != kind as u32 {
        let found = Kind::ALL.into_iter().find(|&kind| kind as u32 == header.kind);
        return Err(found.map_or(PackedError::NotPacked, PackedError::Kind));
    }
    if header.role != role as u32 {
        return Err(PackedError::Side);
    }
    if header.count != count as u64 || header.k != k as u64 {
        return Err(PackedError::Shape(header.count as usize, header.k as usize));
    }
    let format = Format::new(kind);
    let layout = Layout { kc: header.kc as usize, ..format.layout(role, count, k) };
    let sizes = [layout.width as u64, layout.bytes as u64, layout.tail as u64];
    if header.isa != format.isa() || [header.width, header.bytes, header.tail] != sizes || layout.kc == 0 {
        return Err(PackedError::Isa);
    }
    let data = from.wrapping_add(header.start as usize);
    if !(data as usize).is_multiple_of(8) {
        return Err(PackedError::Alignment);
    }
    // SAFETY: the header says so.
    let panels = unsafe { Panels::new(data, layout) };
    Ok(Operand { kind, count, k, place: Place::Packed(role, panels) })
}

/// Whether two operands, if both are packed, are so in blocks of the same depth.
pub fn agree(a: &Operand, b: &Operand) -> bool {
    match (a.panels(), b.panels()) {
        (Some(a), Some(b)) => a.layout().kc == b.layout().kc,
        _ => true,
    }
}
