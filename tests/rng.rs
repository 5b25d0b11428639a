//! Random streams: one a trial, apart from one another, and right in distribution.

use hpo_core::rng::Rng;
use rand::RngExt as _;

fn mean_and_deviation(draws: &[f64]) -> (f64, f64) {
    let count = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / count;
    let square = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    (mean, square.sqrt())
}

#[test]
fn every_distribution_of_rand_draws_from_it() {
    let mut rng = Rng::derive(1, 2);
    assert!((5..9).contains(&rng.random_range(5..9)));
    let (_coin, number): (bool, u8) = (rng.random(), rng.random());
    assert!(u32::from(number) < 256);
}

#[test]
fn uniform_and_normal_numbers_have_their_moments() {
    let mut rng = Rng::derive(11, 0);
    let draws: Vec<f64> = (0..100_000).map(|_| rng.unit()).collect();
    assert!(draws.iter().all(|x| (0.0..1.0).contains(x)));
    let (mean, deviation) = mean_and_deviation(&draws);
    // Four standard errors: 0.0037 and 0.0012.
    assert!((mean - 0.5).abs() < 0.0037, "{mean}");
    assert!((deviation - 12_f64.sqrt().recip()).abs() < 0.0012, "{deviation}");
    let draws: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
    let (mean, deviation) = mean_and_deviation(&draws);
    assert!(mean.abs() < 0.013 && (deviation - 1.0).abs() < 0.009, "{mean} {deviation}");
    let beyond = draws.iter().filter(|x| x.abs() > 1.959_964).count();
    assert!(beyond.abs_diff(5_000) < 276, "{beyond}");
}

#[test]
fn integers_are_uniform_where_64_bits_do_not_divide() {
    let mut rng = Rng::derive(3, 3);
    // Three quarters of 2^64: without rejection the lower third would come twice as often.
    let last = (u64::MAX / 4) * 3;
    let below = (0..30_000).filter(|_| rng.below_or_at(last) <= last / 3).count();
    assert!(below.abs_diff(10_000) < 330, "{below}");
    assert_eq!(rng.below_or_at(0), 0);
    assert!((0..100).any(|_| rng.below_or_at(u64::MAX) > u64::MAX / 2));
}

/// Streams of neighbouring trials, seeds and attempts, column by column: each a fair sample, no two
/// hanging together.
#[test]
fn streams_are_apart() {
    let streams: [&dyn Fn(u64) -> Rng; 3] =
        [&|i| Rng::derive(5, i), &|i| Rng::derive(i, 5), &|i| {
            Rng::retry(5, 5, u32::try_from(i).unwrap())
        }];
    for stream in streams {
        let first: Vec<f64> = (0..20_000).map(|i| stream(i).unit() - 0.5).collect();
        let (mean, _) = mean_and_deviation(&first);
        assert!(mean.abs() < 0.0082, "{mean}");
        let lagged: Vec<f64> = first.windows(2).map(|pair| pair[0] * pair[1] * 12.0).collect();
        let (correlation, _) = mean_and_deviation(&lagged);
        assert!(correlation.abs() < 0.0283, "{correlation}");
    }
}

#[test]
fn the_same_stream_is_the_same_again() {
    let draw = |mut rng: Rng| (0..5).map(|_| rng.unit()).collect::<Vec<_>>();
    assert_eq!(draw(Rng::derive(1, 2)), draw(Rng::derive(1, 2)));
    assert_eq!(draw(Rng::retry(1, 2, 3)), draw(Rng::retry(1, 2, 3)));
    assert_ne!(draw(Rng::retry(1, 2, 3)), draw(Rng::retry(1, 2, 4)));
    assert_ne!(draw(Rng::retry(1, 2, 1)), draw(Rng::derive(1, 2)));
}
