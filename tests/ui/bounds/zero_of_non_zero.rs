use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=8)]
    number: std::num::NonZeroU32,
}

fn main() {}
