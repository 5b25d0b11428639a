use hpo_core::SearchSpace;

const BOUNDS: std::ops::RangeInclusive<u32> = 1..=10;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = BOUNDS)]
    number: u32,
}

fn main() {}
