//! Every numeric type, its bounds, scales and grids.

use std::num::{NonZero, NonZeroI16, NonZeroU8, NonZeroU32, NonZeroUsize};

use hpo_core::SearchSpace;
use hpo_core::space::{Prior, ReadError, Reader, Value, WriteError, Writer};

use super::{all, as_float, as_int, float, int, only, round_trip};

macro_rules! whole_types {
    ($($name:ident $ty:ty: $low:expr, $high:expr;)+) => {$(
        #[test]
        fn $name() {
            #[derive(Debug, PartialEq, SearchSpace)]
            struct Number {
                #[search_space(range = <$ty>::MIN..=<$ty>::MAX)]
                number: $ty,
            }
            assert_eq!(Number::space(), all([("number", int($low, $high))]));
            for number in [<$ty>::MIN, <$ty>::MAX, <$ty>::MAX / 2] {
                round_trip(&Number { number });
            }
        }
    )+};
}
whole_types! {
    whole_i8 i8: -128, 127;
    whole_i16 i16: -32_768, 32_767;
    whole_i32 i32: -2_147_483_648, 2_147_483_647;
    whole_i64 i64: i64::MIN.into(), i64::MAX.into();
    whole_isize isize: isize::MIN as i128, isize::MAX as i128;
    whole_u8 u8: 0, 255;
    whole_u16 u16: 0, 65_535;
    whole_u32 u32: 0, 4_294_967_295;
    whole_u64 u64: 0, u64::MAX.into();
    whole_usize usize: 0, usize::MAX as i128;
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Literals {
    #[search_space(range = -9_223_372_036_854_775_808..=9_223_372_036_854_775_807)]
    a: i64,
    #[search_space(range = 0..=18_446_744_073_709_551_615)]
    b: u64,
    #[search_space(range = -5..=0x10)]
    c: i128,
    #[search_space(range = 0..=18_446_744_073_709_551_615)]
    d: u128,
    #[search_space(range = -1e-3..=1.5)]
    e: f64,
    #[search_space(range = -2.5..=2_000.0)]
    f: f32,
    #[search_space(range = 3u8..=9u8)]
    g: u8,
    #[search_space(range = (1)..=(4))]
    h: u8,
}

#[test]
fn literals_are_exact() {
    let parts = [
        ("a", int(i64::MIN.into(), i64::MAX.into())),
        ("b", int(0, u64::MAX.into())),
        ("c", int(-5, 16)),
        ("d", int(0, u64::MAX.into())),
        ("e", float(-1e-3, 1.5)),
        ("f", float(-2.5, 2000.0)),
        ("g", int(3, 9)),
        ("h", int(1, 4)),
    ];
    assert_eq!(Literals::space(), all(parts));
    let config = Literals {
        a: i64::MIN,
        b: u64::MAX,
        c: -5,
        d: u64::MAX.into(),
        e: 0.1,
        f: 0.1,
        g: 3,
        h: 4,
    };
    assert_eq!(round_trip(&config)[1], Value::Unsigned(u64::MAX));
}

#[derive(Debug, PartialEq, SearchSpace)]
struct NonZeros {
    #[search_space(range = 1..=255)]
    a: NonZeroU8,
    #[search_space(range = -5..=-1)]
    b: NonZeroI16,
    #[search_space(range = 1..=9)]
    c: NonZero<u64>,
    #[search_space(range = LEAST..=NonZeroU32::MAX.get())]
    d: NonZeroU32,
    #[search_space(range = 1..10)]
    e: std::num::NonZeroUsize,
}
const LEAST: u32 = 1;

#[test]
fn non_zeros_have_bounds_of_the_integer_within() {
    let parts = [
        ("a", int(1, 255)),
        ("b", int(-5, -1)),
        ("c", int(1, 9)),
        ("d", int(1, u32::MAX.into())),
        ("e", int(1, 9)),
    ];
    assert_eq!(NonZeros::space(), all(parts));
    let nine = NonZeroUsize::new(9).expect("not 0");
    let config = NonZeros {
        a: NonZeroU8::MIN,
        b: NonZeroI16::new(-3).expect("not 0"),
        c: NonZero::<u64>::MIN,
        d: NonZeroU32::MAX,
        e: nine,
    };
    round_trip(&config);
    assert_eq!(
        NonZeros::read(&mut Reader::new(&[Value::Int(0)])),
        Err(ReadError::Unfit {
            field: "a",
            value: Value::Int(0),
            expected: "core::num::nonzero::NonZero<u8>"
        })
    );
}

type Rate = f32;
mod limits {
    pub(super) const LOW: f32 = 1e-5;
    pub(super) const fn high() -> f32 {
        0.7
    }
}

#[derive(Debug, PartialEq, SearchSpace)]
struct Constants {
    #[search_space(range = limits::LOW..=limits::high(), log)]
    rate: Rate,
    #[search_space(range = 0.1..=0.7)]
    literal: f32,
    #[search_space(range = Self::LOW..=Self::LOW * 4, log, step = 2, default = Self::LOW)]
    units: u16,
    #[search_space(range = 0.0..=std::f64::consts::PI, prior(center = Constants::CENTER, spread = 1))]
    angle: f64,
}

impl Constants {
    const LOW: u16 = 8;
    const CENTER: f64 = 3.0;
}

#[test]
fn bounds_are_constant_expressions() {
    let Some(space) = parts(Constants::space()) else { unreachable!() };
    let [rate, literal, units, angle]: [_; 4] = space.try_into().expect("four parts");
    let rate = as_float(rate);
    assert!(rate.log);
    // The ends of a single-precision range are single-precision numbers: what is read stays within.
    assert_eq!((rate.low, rate.high), (f64::from(1e-5_f32), f64::from(0.7_f32)));
    assert_eq!(literal, float(0.1_f32.into(), 0.7_f32.into()));
    let units = as_int(units);
    assert_eq!(
        (units.low, units.high, units.log, units.step, units.default),
        (8, 32, true, Some(2), Some(8))
    );
    assert_eq!(as_float(angle).prior, Some(Prior { center: 3.0, spread: 1.0 }));
    round_trip(&Constants { rate: 0.1, literal: 0.7, units: 16, angle: 1.0 });
}

#[allow(clippy::needless_pass_by_value, reason = "so that a call is short")]
fn parts(space: hpo_core::space::Space) -> Option<Vec<hpo_core::space::Space>> {
    match space.untyped() {
        hpo_core::space::Space::All(parts) => {
            Some(parts.into_iter().map(|part| part.space).collect())
        }
        _ => None,
    }
}

#[derive(SearchSpace)]
struct Exclusive {
    #[search_space(range = 0..10, step = 3)]
    _number: u8,
}

#[derive(SearchSpace)]
struct ExclusiveLog {
    #[search_space(range = 1..LIMIT, log, step = 2)]
    _number: u8,
}
const LIMIT: u8 = 100;

#[test]
fn an_exclusive_range_ends_on_its_grid() {
    assert_eq!(as_int(only(Exclusive::space())).high, 9);
    assert_eq!(as_int(only(ExclusiveLog::space())).high, 64);
}

#[derive(SearchSpace)]
struct Grid {
    #[search_space(range = 0.1..=0.7, step = 0.1, default = 0.3, prior(center = 0.5, spread = 0.25))]
    _number: f64,
}

#[test]
fn all_words_on_a_number() {
    let number = as_float(only(Grid::space()));
    assert_eq!((number.low, number.high, number.log), (0.1, 0.7, false));
    assert_eq!((number.step, number.default), (Some(0.1), Some(0.3)));
    assert_eq!(number.prior, Some(Prior { center: 0.5, spread: 0.25 }));
}

#[test]
fn what_does_not_fit_is_an_error_with_the_field_in_it() {
    let e = |values: &[Value]| {
        Literals::read(&mut Reader::new(values)).expect_err("does not fit").to_string()
    };
    assert_eq!(e(&[]), "`a` has no value: the values end before it");
    assert_eq!(e(&[Value::Float(1.0)]), "`a` cannot be Float(1.0): not a value of i64");
    assert_eq!(e(&[Value::Int(1), Value::Int(-1)]), "`b` cannot be Int(-1): not a value of u64");
    let nan = Literals { a: 1, b: 1, c: 1, d: 1, e: f64::NAN, f: 0.0, g: 3, h: 1 };
    assert_eq!(nan.write(&mut Writer::new()), Err(WriteError::Unfit { field: "e" }));
    let large = Literals { d: u128::MAX, e: 0.0, ..nan };
    assert_eq!(large.write(&mut Writer::new()), Err(WriteError::Unfit { field: "d" }));
}

/// Any double that lies within the ends of a single-precision range is read as a number within
/// them.
#[test]
fn single_precision_stays_within_its_ends() {
    let (low, high) = (f64::from(0.1_f32), f64::from(0.7_f32));
    for step in 0..=1000 {
        let value = (low + (high - low) * f64::from(step) / 1000.0).min(high);
        let values = [Value::Float(0.1), Value::Float(value), Value::Int(8), Value::Float(1.0)];
        let config = Constants::read(&mut Reader::new(&values)).expect("a config");
        assert!((0.1..=0.7).contains(&config.literal), "{value} became {}", config.literal);
    }
}

/// The rules count in 128 bits, which a product of two 64-bit numbers may exceed.
#[test]
fn rules_do_not_overflow() {
    use hpo_core::__private::{Both, Number, Rule};
    let both = |int: i128| Both { float: 0.0, int };
    let number = Number {
        float: false,
        nonzero: false,
        low: both(1 << 63),
        high: both(u64::MAX.into()),
        exclusive: false,
        log: true,
        step: Some(both(u64::MAX.into())),
        default: None,
        prior: None,
    };
    assert!(!number.obeys(Rule::StepDivides));
}
