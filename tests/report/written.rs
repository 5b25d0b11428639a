// Renewed by `HPO_PAGE=overwrite cargo test -p hpo-tests report::typed`.

use std::num::{NonZeroI16, NonZeroU8};

use hpo_core::prelude::*;

use crate::report::zoo::*;

const ADAM: &str = "adam";

pub(super) fn numbers() -> Vec<Numbers> {
    vec![
Numbers { rate: 0.0006280583245504604, weight: -3.342117479718734, grid: 4.5, factor: 4.0, single: 0.6, huge: -2.873116447160326e306, tiny: 5.432276482496208e-235, believed: 3.1052779972969904, small: 135, signed: 7, open: 12, powers: 256, counted: std::num::NonZeroU8::new(85).unwrap(), below: std::num::NonZeroI16::new(-33).unwrap(), width: 5, wide: -1756556123745294382, constant: 20067, r#type: Box::new(41), },
Numbers { rate: 0.005237557991765857, weight: 1.2034200491350768, grid: 4.0, factor: 16.0, single: 0.5, huge: -5.749831112708332e306, tiny: 8.469252904590889e-243, believed: 3.170268567496853, small: 158, signed: -24, open: 3, powers: 256, counted: std::num::NonZeroU8::new(81).unwrap(), below: std::num::NonZeroI16::new(-28).unwrap(), width: 31, wide: 7323678862801113056, constant: 27240, r#type: Box::new(28), },
Numbers { rate: 0.007368432246337693, weight: -3.6065897640549114, grid: 3.5, factor: 16.0, single: 0.3, huge: 1.3834855369449919e306, tiny: 4.0082660100588845e-243, believed: 2.279652769684387, small: 45, signed: -31, open: 3, powers: 32, counted: std::num::NonZeroU8::new(42).unwrap(), below: std::num::NonZeroI16::new(-12).unwrap(), width: 4, wide: 3956496838066041388, constant: 3074, r#type: Box::new(35), },
Numbers { rate: 5.754153664513127e-5, weight: 2.34087898430733, grid: 3.5, factor: 4.0, single: 0.9, huge: -7.957532155143983e306, tiny: 6.69828548966699e-237, believed: 4.1210214835630286, small: 128, signed: 53, open: 18, powers: 256, counted: std::num::NonZeroU8::new(153).unwrap(), below: std::num::NonZeroI16::new(-22).unwrap(), width: 2, wide: -8811260590267937959, constant: 13305, r#type: Box::new(26), },
Numbers { rate: 0.0013261038280968957, weight: -0.5213596260073494, grid: 3.0, factor: 1.0, single: 0.4, huge: -9.777294980392853e306, tiny: 1.1400085466513071e-213, believed: 2.7663294520600568, small: 158, signed: 58, open: 3, powers: 64, counted: std::num::NonZeroU8::new(33).unwrap(), below: std::num::NonZeroI16::new(-35).unwrap(), width: 28, wide: -1863154145530317170, constant: 2788, r#type: Box::new(46), },
Numbers { rate: 2.4568562853001348e-5, weight: 3.361860536850558, grid: 7.5, factor: 4.0, single: 0.9, huge: -4.4724328837138325e306, tiny: 5.5734052889701355e-282, believed: 3.3326582249078873, small: 171, signed: -40, open: 15, powers: 128, counted: std::num::NonZeroU8::new(81).unwrap(), below: std::num::NonZeroI16::new(-26).unwrap(), width: 21, wide: -337726540020534022, constant: 34708, r#type: Box::new(9), },
Numbers { rate: 0.00703405399702828, weight: 1.7209862175997763, grid: 5.5, factor: 64.0, single: 0.7, huge: 9.022383165562396e306, tiny: 3.32528144167664e-284, believed: 3.659295541109359, small: 191, signed: 77, open: 3, powers: 32, counted: std::num::NonZeroU8::new(146).unwrap(), below: std::num::NonZeroI16::new(-38).unwrap(), width: 2, wide: 8847574788687500172, constant: 3494, r#type: Box::new(35), },
Numbers { rate: 0.00017422961339147208, weight: -1.5394865996936202, grid: 5.0, factor: 1.0, single: 0.1, huge: -3.4590880862549603e306, tiny: 6.326487792850081e-262, believed: 2.3402089046852907, small: 115, signed: 45, open: 9, powers: 64, counted: std::num::NonZeroU8::new(167).unwrap(), below: std::num::NonZeroI16::new(-5).unwrap(), width: 32, wide: -2133229323112611745, constant: 634, r#type: Box::new(19), },
    ]
}

pub(super) fn choices() -> Vec<Choices> {
    vec![
Choices { text: "d\\ne".to_owned(), named: String::from(ADAM), borrowed: "x", letter: '"', batch: 32, real: 1e-7, patience: Some(3), kernel: Kernel::Rbf { gamma: 0.5 }, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: true, },
Choices { text: "( é )".to_owned(), named: "sgd".to_owned(), borrowed: "x", letter: '"', batch: 32, real: 1.0, patience: Some(3), kernel: Kernel::Rbf { gamma: 0.5 }, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: false, },
Choices { text: "( é )".to_owned(), named: String::from(ADAM), borrowed: "x", letter: '"', batch: 16, real: 1e-7, patience: Some(3), kernel: Kernel::Linear, hidden: Choices::SMALL.to_vec(), count: Choices::SMALL.len(), flag: false, },
Choices { text: "a \"b\" , c".to_owned(), named: "sgd".to_owned(), borrowed: "x", letter: '"', batch: 64, real: 1.0, patience: Some(3), kernel: Kernel::Poly(-1), hidden: vec![64, 32], count: Choices::SMALL.len(), flag: true, },
Choices { text: "( é )".to_owned(), named: String::from(ADAM), borrowed: "x", letter: '\'', batch: 32, real: 1.0, patience: Some(3), kernel: Kernel::Linear, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: true, },
Choices { text: "a \"b\" , c".to_owned(), named: "sgd".to_owned(), borrowed: "y", letter: '\'', batch: 64, real: 1.0, patience: None, kernel: Kernel::Rbf { gamma: 0.5 }, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: false, },
Choices { text: "( é )".to_owned(), named: "sgd".to_owned(), borrowed: "y", letter: '\u{202e}', batch: 64, real: 2.5, patience: None, kernel: Kernel::Poly(-1), hidden: vec![64, 32], count: Choices::SMALL.len(), flag: true, },
Choices { text: "d\\ne".to_owned(), named: String::from(ADAM), borrowed: "y", letter: '\'', batch: 16, real: 1.0, patience: None, kernel: Kernel::Linear, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: true, },
Choices { text: "a \"b\" , c".to_owned(), named: "sgd".to_owned(), borrowed: "y", letter: '\u{202e}', batch: 16, real: 2.5, patience: None, kernel: Kernel::Linear, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: false, },
Choices { text: "d\\ne".to_owned(), named: String::from(ADAM), borrowed: "x", letter: '"', batch: 16, real: 1.0, patience: None, kernel: Kernel::Linear, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: false, },
Choices { text: "d\\ne".to_owned(), named: String::from(ADAM), borrowed: "y", letter: '"', batch: 32, real: 1e-7, patience: None, kernel: Kernel::Rbf { gamma: 0.5 }, hidden: vec![64, 32], count: Choices::SMALL.len(), flag: false, },
Choices { text: "( é )".to_owned(), named: String::from(ADAM), borrowed: "y", letter: '\'', batch: 32, real: 1.0, patience: Some(3), kernel: Kernel::Poly(-1), hidden: Choices::SMALL.to_vec(), count: Choices::SMALL.len(), flag: true, },
    ]
}

pub(super) fn trees() -> Vec<Nested<Part, 4>> {
    vec![
Nested { maybe: Some(0.2911176575175791), sizes: vec![18, 28, 16, 31], betas: [2.45554112928372, 2.670902651174351], layers: vec![ Layer { unit_count: 80, activation: Some("relu".to_owned()), }, Layer { unit_count: 32, activation: None, }, Layer { unit_count: 64, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 32, activation: None, }, true, ), alone: (true,), part: Part::Empty {}, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: Some(0.5752137530709422), sizes: vec![27, 23, 12], betas: [2.5792784510174465, 2.486061490926876], layers: vec![ Layer { unit_count: 64, activation: None, }, Layer { unit_count: 128, activation: None, }, Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, Layer { unit_count: 112, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, true, ), alone: (false,), part: Part::Pair(9, false, Default::default()), parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: Some(0.27458813974656804), sizes: vec![24, 15, 26], betas: [2.5760295653592986, 2.0915205834122323], layers: vec![ Layer { unit_count: 48, activation: None, }, Layer { unit_count: 48, activation: None, }, ], pair: ( Layer { unit_count: 112, activation: None, }, true, ), alone: (false,), part: Part::Pair(7, true, Default::default()), parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: None, sizes: vec![14, 18, 52, 9, 30], betas: [2.8441312450307437, 2.632765634850527], layers: vec![ Layer { unit_count: 128, activation: Some("tanh".to_owned()), }, Layer { unit_count: 80, activation: None, }, Layer { unit_count: 16, activation: Some("relu".to_owned()), }, Layer { unit_count: 112, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 80, activation: None, }, true, ), alone: (false,), part: Part::Boxed(Box::new(Some(Newtype(Inner { x: -0.026575165742821705, })))), parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 4, },
Nested { maybe: Some(0.46741502337454066), sizes: vec![11, 16, 8], betas: [2.8705690810725715, 2.295913327556985], layers: vec![ Layer { unit_count: 112, activation: None, }, Layer { unit_count: 80, activation: None, }, Layer { unit_count: 32, activation: Some("relu".to_owned()), }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 64, activation: None, }, true, ), alone: (true,), part: Part::Boxed(Box::new(Some(Newtype(Inner { x: -0.4715697353940016, })))), parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: None, sizes: vec![53, 15, 51, 14, 11, 25], betas: [2.8516262409079, 2.2998109312407053], layers: vec![ Layer { unit_count: 112, activation: None, }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, Layer { unit_count: 128, activation: None, }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 128, activation: None, }, true, ), alone: (false,), part: Part::Boxed(Box::new(Some(Newtype(Inner { x: 0.901098601164837, })))), parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: Some(0.607561638599986), sizes: vec![53, 32, 58, 11], betas: [2.697088496635964, 2.95090417880572], layers: vec![ Layer { unit_count: 16, activation: None, }, Layer { unit_count: 96, activation: None, }, Layer { unit_count: 16, activation: Some("relu".to_owned()), }, Layer { unit_count: 96, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 16, activation: Some("relu".to_owned()), }, true, ), alone: (false,), part: Part::r#Raw { r#fn: 4, }, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 4, },
Nested { maybe: None, sizes: vec![23, 10, 9], betas: [2.327045595687252, 2.388011626743922], layers: vec![ Layer { unit_count: 80, activation: Some("relu".to_owned()), }, Layer { unit_count: 80, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 128, activation: None, }, false, ), alone: (false,), part: Part::Boxed(Box::new(Some(Newtype(Inner { x: 0.43190132817950033, })))), parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: None, sizes: vec![36, 35, 8, 52, 13], betas: [2.015516250609087, 2.779980907948889], layers: vec![ Layer { unit_count: 128, activation: Some("relu".to_owned()), }, Layer { unit_count: 128, activation: None, }, ], pair: ( Layer { unit_count: 112, activation: None, }, true, ), alone: (false,), part: Part::r#Raw { r#fn: 80, }, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: Some(0.25287783742722997), sizes: vec![20, 10, 15], betas: [2.274052612615268, 2.200562724322959], layers: vec![ Layer { unit_count: 32, activation: Some("relu".to_owned()), }, Layer { unit_count: 112, activation: Some("tanh".to_owned()), }, Layer { unit_count: 112, activation: None, }, Layer { unit_count: 80, activation: None, }, ], pair: ( Layer { unit_count: 112, activation: Some("tanh".to_owned()), }, false, ), alone: (false,), part: Part::r#Raw { r#fn: 56, }, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: None, sizes: vec![51, 21, 24], betas: [2.3669411769433317, 2.130631510996782], layers: vec![ Layer { unit_count: 96, activation: None, }, Layer { unit_count: 128, activation: None, }, Layer { unit_count: 64, activation: None, }, ], pair: ( Layer { unit_count: 16, activation: None, }, true, ), alone: (false,), part: Part::Pair(3, false, Default::default()), parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: Some(0.4298386576104214), sizes: vec![8, 19, 15, 30, 41], betas: [2.3862480470799325, 2.7531880255333507], layers: vec![ Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, Layer { unit_count: 16, activation: None, }, Layer { unit_count: 48, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 48, activation: Some("relu".to_owned()), }, true, ), alone: (false,), part: Part::Newtype(Newtype(Inner { x: -0.486322702082429, })), parts: [Box::new(Off::Off), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: None, sizes: vec![11, 12, 33], betas: [2.67554383490195, 2.4526512898226187], layers: vec![ Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, Layer { unit_count: 80, activation: None, }, Layer { unit_count: 32, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 16, activation: Some("relu".to_owned()), }, true, ), alone: (true,), part: Part::Empty {}, parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: None, sizes: vec![53, 21, 13], betas: [2.9387219312757047, 2.8882186179562446], layers: vec![ Layer { unit_count: 128, activation: Some("tanh".to_owned()), }, Layer { unit_count: 128, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 64, activation: None, }, false, ), alone: (false,), part: Part::Unit, parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: Some(0.5829531498925846), sizes: vec![27, 26, 32, 32, 21], betas: [2.614641861341549, 2.0447927899222593], layers: vec![ Layer { unit_count: 32, activation: Some("tanh".to_owned()), }, Layer { unit_count: 16, activation: Some("relu".to_owned()), }, Layer { unit_count: 80, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 96, activation: None, }, false, ), alone: (true,), part: Part::Pair(4, true, Default::default()), parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: Some(0.37253015868007466), sizes: vec![48, 16, 28, 34], betas: [2.811772726548933, 2.8145713307358013], layers: vec![ Layer { unit_count: 16, activation: Some("relu".to_owned()), }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 96, activation: None, }, true, ), alone: (false,), part: Part::r#Raw { r#fn: 10, }, parts: [Box::new(Off::Off), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: Some(0.4855189785994061), sizes: vec![15, 58, 17], betas: [2.1556597265414172, 2.30857974391982], layers: vec![ Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, Layer { unit_count: 64, activation: Some("relu".to_owned()), }, Layer { unit_count: 48, activation: Some("relu".to_owned()), }, Layer { unit_count: 112, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 48, activation: Some("relu".to_owned()), }, true, ), alone: (true,), part: Part::Unit, parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: Some(0.4381005861095979), sizes: vec![22, 12, 12], betas: [2.369411728445291, 2.012406776116501], layers: vec![ Layer { unit_count: 64, activation: None, }, Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 16, activation: Some("relu".to_owned()), }, false, ), alone: (false,), part: Part::Unit, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 4, },
Nested { maybe: None, sizes: vec![11, 8, 8, 20, 27, 37], betas: [2.7590671673890057, 2.1600805571369603], layers: vec![ Layer { unit_count: 128, activation: None, }, Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, Layer { unit_count: 96, activation: None, }, ], pair: ( Layer { unit_count: 32, activation: None, }, false, ), alone: (true,), part: Part::Pair(2, false, Default::default()), parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: None, sizes: vec![9, 27, 19, 43], betas: [2.202222300520184, 2.446179685054971], layers: vec![ Layer { unit_count: 112, activation: None, }, Layer { unit_count: 80, activation: None, }, Layer { unit_count: 80, activation: None, }, ], pair: ( Layer { unit_count: 16, activation: Some("relu".to_owned()), }, false, ), alone: (true,), part: Part::Empty {}, parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: Some(0.6840551586192498), sizes: vec![29, 9, 31, 11, 24, 8], betas: [2.522873773511924, 2.240368335554267], layers: vec![ Layer { unit_count: 64, activation: Some("relu".to_owned()), }, Layer { unit_count: 112, activation: None, }, Layer { unit_count: 128, activation: Some("tanh".to_owned()), }, Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 32, activation: Some("tanh".to_owned()), }, true, ), alone: (true,), part: Part::r#Raw { r#fn: 18, }, parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: Some(0.29391528649822507), sizes: vec![26, 11, 19, 17], betas: [2.075741813241799, 2.408217494715918], layers: vec![ Layer { unit_count: 80, activation: None, }, Layer { unit_count: 64, activation: None, }, ], pair: ( Layer { unit_count: 128, activation: None, }, false, ), alone: (true,), part: Part::Pair(5, false, Default::default()), parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: None, sizes: vec![51, 13, 15, 27], betas: [2.925471716403988, 2.257539865377918], layers: vec![ Layer { unit_count: 16, activation: None, }, Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, Layer { unit_count: 48, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 64, activation: None, }, false, ), alone: (false,), part: Part::Tuple(), parts: [Box::new(Off::Off), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 4, },
Nested { maybe: None, sizes: vec![18, 36], betas: [2.2081416568915766, 2.324560728209989], layers: vec![ Layer { unit_count: 96, activation: Some("relu".to_owned()), }, Layer { unit_count: 96, activation: None, }, Layer { unit_count: 64, activation: None, }, Layer { unit_count: 48, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 48, activation: None, }, true, ), alone: (false,), part: Part::Empty {}, parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: Some(0.33356848013333845), sizes: vec![13, 39, 10, 23], betas: [2.8065209125092876, 2.3846668577172925], layers: vec![ Layer { unit_count: 112, activation: Some("tanh".to_owned()), }, Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, ], pair: ( Layer { unit_count: 48, activation: None, }, false, ), alone: (true,), part: Part::Tuple(), parts: [Box::new(Off::Off), Box::new(Off::Off)], wrapped: Wrapped { shuffle: true, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
Nested { maybe: None, sizes: vec![18, 8, 13, 13], betas: [2.0308024748862854, 2.77630357110621], layers: vec![ Layer { unit_count: 128, activation: None, }, Layer { unit_count: 48, activation: None, }, ], pair: ( Layer { unit_count: 32, activation: None, }, false, ), alone: (true,), part: Part::Empty {}, parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: None, sizes: vec![34, 42, 36], betas: [2.8526244102618876, 2.269674724219298], layers: vec![ Layer { unit_count: 16, activation: Some("tanh".to_owned()), }, Layer { unit_count: 32, activation: Some("relu".to_owned()), }, Layer { unit_count: 48, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 64, activation: Some("tanh".to_owned()), }, false, ), alone: (false,), part: Part::r#Raw { r#fn: 56, }, parts: [Box::new(Off::On), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 3, },
Nested { maybe: None, sizes: vec![59, 9, 8, 20, 19], betas: [2.4205201936197778, 2.1101128029191782], layers: vec![ Layer { unit_count: 48, activation: Some("relu".to_owned()), }, Layer { unit_count: 128, activation: None, }, Layer { unit_count: 64, activation: None, }, Layer { unit_count: 96, activation: None, }, ], pair: ( Layer { unit_count: 64, activation: Some("relu".to_owned()), }, true, ), alone: (true,), part: Part::Empty {}, parts: [Box::new(Off::Off), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 1, },
Nested { maybe: Some(0.3155255372310545), sizes: vec![20, 49], betas: [2.519949694612247, 2.378711984733603], layers: vec![ Layer { unit_count: 64, activation: Some("tanh".to_owned()), }, Layer { unit_count: 112, activation: Some("relu".to_owned()), }, ], pair: ( Layer { unit_count: 96, activation: Some("relu".to_owned()), }, false, ), alone: (false,), part: Part::Newtype(Newtype(Inner { x: 0.9641804486768732, })), parts: [Box::new(Off::Off), Box::new(Off::On)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 4, },
Nested { maybe: None, sizes: vec![13, 25, 49], betas: [2.0926249193364836, 2.7093451926337235], layers: vec![ Layer { unit_count: 32, activation: Some("relu".to_owned()), }, Layer { unit_count: 96, activation: None, }, Layer { unit_count: 80, activation: Some("relu".to_owned()), }, Layer { unit_count: 112, activation: None, }, ], pair: ( Layer { unit_count: 96, activation: None, }, false, ), alone: (false,), part: Part::Tuple(), parts: [Box::new(Off::On), Box::new(Off::Off)], wrapped: Wrapped { shuffle: false, unit: Unit, }, seed: SEED, cache: Default::default(), bounded: 2, },
    ]
}

#[derive(SearchSpace)]
pub(super) struct Lower {
    #[search_space(fixed = 1.0)]
    pub(super) factor: f64,
    #[search_space(range = 1e-6..=0.01, log)]
    pub(super) rate: f64,
    #[search_space(range = -8.0..=4.0, default = 0.5)]
    pub(super) weight: f64,
    #[search_space(range = 0.0..=8.0, step = 0.5)]
    pub(super) grid: f64,
    #[search_space(range = 0.0..=0.9, step = 0.1)]
    pub(super) single: f32,
    #[search_space(range = -2e307..=1e307)]
    pub(super) huge: f64,
    #[search_space(range = 1e-301..=1e-200, log)]
    pub(super) tiny: f64,
    #[search_space(range = 0.0..=9.0, prior(center = 3.0, spread = 1.0))]
    pub(super) believed: f64,
    #[search_space(range = 1..=200)]
    pub(super) small: u8,
    #[search_space(range = -128..=100)]
    pub(super) signed: i8,
    #[search_space(range = 8..=256, log, step = 2, default = 64)]
    pub(super) powers: u64,
    #[search_space(range = 1..=200)]
    pub(super) counted: NonZeroU8,
    #[search_space(range = -57..=-5)]
    pub(super) below: NonZeroI16,
    #[search_space(range = 1..=32, rename = "w")]
    pub(super) width: usize,
    #[search_space(range = -9223372036854775808..=9000000000000000000)]
    pub(super) wide: i64,
    #[search_space(range = 75..=65000, log)]
    pub(super) constant: u16,
    #[search_space(range = 1..=50)]
    pub(super) r#type: Box<i32>,
}

#[derive(SearchSpace)]
pub(super) struct Upper {
    #[search_space(range = 1e-5..=0.1, log)]
    pub(super) rate: f64,
    #[search_space(range = -4.0..=8.0, default = 0.5)]
    pub(super) weight: f64,
    #[search_space(range = 2.0..=11.0, step = 0.5)]
    pub(super) grid: f64,
    #[search_space(range = 1.0..=1024.0, log, step = 4.0)]
    pub(super) factor: f64,
    #[search_space(range = 0.1..=1.3, step = 0.1)]
    pub(super) single: f32,
    #[search_space(range = -1e307..=2e307)]
    pub(super) huge: f64,
    #[search_space(range = 1e-300..=1e-199, log)]
    pub(super) tiny: f64,
    #[search_space(range = 2.0..=12.5, prior(center = 3.0, spread = 1.0))]
    pub(super) believed: f64,
    #[search_space(range = 3..=255)]
    pub(super) small: u8,
    #[search_space(range = -100..=127)]
    pub(super) signed: i8,
    #[search_space(range = 3..=24, step = 3)]
    pub(super) open: u32,
    #[search_space(range = 16..=1024, log, step = 2, default = 64)]
    pub(super) powers: u64,
    #[search_space(range = 4..=255)]
    pub(super) counted: NonZeroU8,
    #[search_space(range = -40..=-1)]
    pub(super) below: NonZeroI16,
    #[search_space(range = 2..=47, rename = "w")]
    pub(super) width: usize,
    #[search_space(range = -9000000000000000000..=9223372036854775807)]
    pub(super) wide: i64,
    #[search_space(range = 300..=65535, log)]
    pub(super) constant: u16,
    #[search_space(range = 5..=72)]
    pub(super) r#type: Box<i32>,
}

#[derive(SearchSpace)]
pub(super) struct LowerTree {
    #[search_space(len = 2..=6, range = 2..=64, log)]
    pub(super) sizes: Vec<u32>,
    #[search_space(range = 1.5..=3.0)]
    pub(super) betas: [f64; 2],
}

#[derive(SearchSpace)]
pub(super) struct UpperTree {
    #[search_space(range = 0.25..=1.0, default = None)]
    pub(super) maybe: Option<f64>,
    #[search_space(len = 2..=6, range = 8..=256, log)]
    pub(super) sizes: Vec<u32>,
    #[search_space(range = 2.0..=3.5)]
    pub(super) betas: [f64; 2],
    #[search_space(range = 1..=5)]
    pub(super) bounded: usize,
}

#[derive(SearchSpace)]
pub(super) struct Longer {
    #[search_space(len = 2..=8, range = 8..=64, log)]
    pub(super) sizes: Vec<u32>,
}

#[derive(SearchSpace)]
pub(super) struct FixedNumbers {
    #[search_space(fixed = 2.8325457484541987)]
    pub(super) weight: f64,
    #[search_space(fixed = 6.0)]
    pub(super) grid: f64,
    #[search_space(fixed = 1.0)]
    pub(super) factor: f64,
    #[search_space(fixed = 0.3)]
    pub(super) single: f32,
    #[search_space(fixed = -4.25422958819706e305)]
    pub(super) huge: f64,
    #[search_space(fixed = 9.540896631108402e-210)]
    pub(super) tiny: f64,
    #[search_space(fixed = 190)]
    pub(super) small: u8,
    #[search_space(fixed = 72)]
    pub(super) signed: i8,
    #[search_space(fixed = 15)]
    pub(super) open: u32,
    #[search_space(fixed = 16)]
    pub(super) powers: u64,
    #[search_space(fixed = 26)]
    pub(super) width: usize,
    #[search_space(fixed = 5939387246434152764)]
    pub(super) wide: i64,
    #[search_space(fixed = Box::new(34))]
    pub(super) r#type: Box<i32>,
    #[search_space(range = 1e-6..=0.01, log)]
    pub(super) rate: f64,
}

#[derive(SearchSpace)]
pub(super) struct FixedChoices {
    #[search_space(fixed = String::from(ADAM))]
    pub(super) named: String,
    #[search_space(fixed = "x")]
    pub(super) borrowed: &'static str,
    #[search_space(fixed = 64)]
    pub(super) batch: u32,
    #[search_space(fixed = Some(3))]
    pub(super) patience: Option<u32>,
    #[search_space(fixed = Choices::SMALL.to_vec())]
    pub(super) hidden: Vec<usize>,
    #[search_space(fixed = true)]
    pub(super) flag: bool,
}

#[derive(SearchSpace)]
pub(super) struct FixedTree {
    #[search_space(len = 2..=6, range = 17..=17)]
    pub(super) sizes: Vec<u32>,
}

